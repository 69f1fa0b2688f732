//! At which step a wrong answer has to be noticed.

use std::collections::HashMap;

use crate::harness::Steps;
use crate::targets::{Mutation, Seen, SeenPacket};
use crate::wire::property::id;
use crate::wire::{Decoded, Packet, decode};

/// The step at which a script has to fail at the latest; `None` is the end. `seen` and `good` are of the good run,
/// `mutated` is of the other.
pub(super) fn step(
    mutation: Mutation,
    at: usize,
    seen: &Seen,
    good: &Steps,
    mutated: &Steps,
) -> Option<usize> {
    if mutation == Mutation::KeepOpen {
        return good.of_end(seen.closes.get(at)?.0);
    }
    let packet = seen.packets.get(at)?;
    let (link, last) = (packet.link.0, last_alike(packet, seen));
    match mutation {
        Mutation::Drop => good.of_packet(link, last),
        // With the copy before it, it is one further behind.
        Mutation::Double => mutated.of_packet(link, last + 1),
        _ => good.of_packet(link, packet.number),
    }
}

/// The number of the last of the packets that follow this one on its connection and look just like it.
fn last_alike(packet: &SeenPacket, seen: &Seen) -> usize {
    let mut aliases = HashMap::new();
    let of_link = seen.packets.iter().filter(|it| it.link == packet.link);
    let mut looks = of_link.map(|it| (it.number, look(it, &mut aliases))).skip(packet.number);
    let Some((_, wanted)) = looks.next() else { return packet.number };
    let last = looks
        .filter(|(_, look)| is_publish(look) == is_publish(&wanted))
        .take_while(|(_, look)| *look == wanted)
        .last();
    last.map_or(packet.number, |(number, _)| number)
}

/// The packet, without what a script cannot know: the packet identifier of a message that comes for the first time,
/// and whether its topic comes as an alias.
fn look(packet: &SeenPacket, aliases: &mut HashMap<u32, String>) -> Option<Packet> {
    match decode(&packet.bytes, packet.version) {
        Ok(Decoded::Whole(Packet::Publish(mut publish), _)) => {
            publish.size = 0;
            if let Some(alias) = publish.properties.number(id::TOPIC_ALIAS) {
                if publish.topic.is_empty() {
                    publish.topic = aliases.get(&alias).cloned().unwrap_or_default();
                }
                aliases.insert(alias, publish.topic.clone());
                publish.properties.0.retain(|property| property.id != id::TOPIC_ALIAS);
            }
            if !publish.duplicate {
                publish.packet_identifier = 0;
            }
            Some(Packet::Publish(publish))
        }
        Ok(Decoded::Whole(packet, _)) => Some(packet),
        _ => None,
    }
}

/// Messages and answers may overtake each other.
fn is_publish(packet: &Option<Packet>) -> bool {
    matches!(packet, Some(Packet::Publish(_)))
}
