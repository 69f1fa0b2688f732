//! Somebody who comes when a conversation has ended anywhere, and has to be served.

use super::driver::Driver;
use crate::targets::Setup;
use crate::version::Version;
use crate::wire::{Connect, Outgoing, pingreq, publish, subscribe};

const TOPIC: &str = "newcomer";
const VERSION: Version = Version::V3_1_1;

/// Connects, subscribes, publishes and gets what was published, as far as the setup lets anybody.
pub(super) fn is_served(driver: &mut Driver, setup: Setup) -> Result<(), String> {
    let link = driver.open(None);
    let mut expected = Vec::new();
    for (packet, bytes, answer) in talk(setup) {
        driver.write(link, std::iter::once(&bytes[..]));
        expected.extend(answer);
        let answers = driver.answers(link);
        if answers.bytes != expected {
            return Err(format!("a newcomer got {answers:02x?} up to the answer to {packet}"));
        }
    }
    driver.cut(link);
    Ok(())
}

/// Packets and the answers to them.
fn talk(setup: Setup) -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let connect = Connect::new("newcomer").encode(VERSION);
    if setup == Setup::NobodyConnects {
        return vec![("CONNECT", connect, vec![0x20, 2, 0, 5])];
    }
    let message = publish(TOPIC).payload("here").encode(VERSION);
    let mut talk = vec![
        ("CONNECT", connect, vec![0x20, 2, 0, 0]),
        ("SUBSCRIBE", subscribe(1).filter(TOPIC, 0).encode(VERSION), vec![0x90, 3, 0, 1, 0]),
        ("PINGREQ", pingreq().encode(VERSION), vec![0xD0, 0]),
    ];
    // While memory is short, who publishes is read no further.
    if setup != Setup::LittleMemory {
        talk.insert(2, ("PUBLISH", message.clone(), message));
    }
    talk
}
