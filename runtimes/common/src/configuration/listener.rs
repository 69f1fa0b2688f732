//! `[[listeners]]`: where clients reach the broker.

use std::net::{Ipv4Addr, SocketAddr};

use super::problem::{Place, Problems};
use super::reader::Reader;
use super::value::{Node, Value};

/// One listener, as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerSettings {
    /// Where it listens. Port 0 takes a free one.
    pub address: SocketAddr,
}

/// What an address looks like, for messages.
const WANTED: &str = "ADDRESS:PORT, such as \"127.0.0.1:1883\" or \"[::1]:1883\"";

/// Reads the list of listeners; each with the place of its address.
pub(super) fn listeners(root: &mut Reader<'_>) -> Vec<(Place, ListenerSettings)> {
    let Some(Node { place, value }) = root.take("listeners") else { return Vec::new() };
    let nodes = match value {
        Value::Array(nodes) if !nodes.is_empty() => nodes,
        Value::Array(_) => {
            root.problems
                .push(&place, "`listeners` is empty; leave it out to listen on 127.0.0.1:1883".into());
            return Vec::new();
        }
        other => {
            root.wrong("listeners", &place, &other, "each listener under a line [[listeners]]");
            return Vec::new();
        }
    };
    let read = |(index, node)| listener(index, node, root.problems);
    nodes.into_iter().enumerate().filter_map(read).collect()
}

fn listener(index: usize, node: Node, problems: &mut Problems) -> Option<(Place, ListenerSettings)> {
    let path = format!("listeners.{index}");
    let table = match node.value {
        Value::Table(table) => table,
        other => {
            let sentence = format!("`{path}` is {}; write a table with the key `address`", other.describe());
            problems.push(&node.place, sentence);
            return None;
        }
    };
    let mut reader = Reader::new(path.clone(), table, problems);
    let address = reader.take("address");
    reader.finish();
    let Some(Node { place, value }) = address else {
        problems.push(&node.place, format!("`{path}` has no address; write address = \"127.0.0.1:1883\""));
        return None;
    };
    let Value::Text(text) = value else {
        problems.push(&place, format!("`{path}.address` is {}; write {WANTED}", value.describe()));
        return None;
    };
    let address = address_of(&text, &place, problems)?;
    Some((place, ListenerSettings { address }))
}

/// Reads an address with its port; `localhost` is 127.0.0.1.
pub(super) fn address_of(text: &str, place: &Place, problems: &mut Problems) -> Option<SocketAddr> {
    if let Some(Ok(port)) = text.strip_prefix("localhost:").map(str::parse) {
        return Some((Ipv4Addr::LOCALHOST, port).into());
    }
    let address = text.parse().ok();
    if address.is_none() {
        problems.push(place, format!("{text:?} is not an address with a port; write {WANTED}"));
    }
    address
}

/// Reports addresses that are there twice, and those that need a word of consent.
pub(super) fn check(listeners: &[(Place, ListenerSettings)], allow_anonymous: bool, problems: &mut Problems) {
    for (index, (place, listener)) in listeners.iter().enumerate() {
        let address = listener.address;
        let earlier = listeners.iter().take(index);
        if address.port() != 0 && earlier.into_iter().any(|(_, other)| other.address == address) {
            problems.push(place, format!("{address} is listened on already; leave out one of the two"));
        }
        if !allow_anonymous && !address.ip().to_canonical().is_loopback() {
            let loopback = if address.is_ipv4() { "127.0.0.1" } else { "[::1]" };
            problems.push(
                place,
                format!(
                    "{address} can be reached from other machines, and anybody could connect; write \
                     --allow-anonymous, or `allow_anonymous = true` in the file, if that is meant, or \
                     listen on {loopback}:{}",
                    address.port()
                ),
            );
        }
    }
}
