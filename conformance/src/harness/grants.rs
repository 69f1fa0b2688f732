//! What a server may send at all: no message at a higher QoS than any that it granted (3.1.1 [MQTT-3.8.4-6], 5.0
//! [MQTT-3.8.4-8]).

use crate::wire::Packet;

/// What was granted on a connection.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Grants {
    /// A session of an earlier connection may have others.
    resumed: bool,
    /// The highest QoS of SUBACK.
    highest: Option<u8>,
}

impl Grants {
    /// Judges a packet from the server.
    ///
    /// # Errors
    /// Why it may not be sent.
    pub(super) fn see(&mut self, packet: &Packet) -> Result<(), String> {
        match packet {
            Packet::Connack(connack) => self.resumed |= connack.session_present,
            Packet::Suback(suback) => {
                let granted = suback.codes.iter().copied().filter(|code| *code < 0x80).max();
                self.highest = self.highest.max(granted);
            }
            Packet::Publish(publish) if !self.resumed => {
                if let Some(highest) = self.highest.filter(|highest| publish.qos > *highest) {
                    return Err(format!("sent at QoS {}, no more than {highest} was granted", publish.qos));
                }
            }
            _ => {}
        }
        Ok(())
    }
}
