//! What leaves for a client.

use super::flights::Sent;
use super::{Checked, NAMELESS, Oracle};
use crate::simulation::ledger::Number;
use crate::simulation::topics::topic_number;
use crate::wire::{Packet, Publish, property::id};

impl Oracle {
    /// The broker has written this packet of so many bytes to a connection.
    ///
    /// # Errors
    /// It must not have.
    pub fn emitted(&mut self, link: u64, packet: &Packet, size: usize) -> Checked {
        let conn = self.conn(link)?;
        if conn.dismissed {
            return Err(format!("{} behind DISCONNECT", packet.name()));
        }
        if !conn.greeted && !matches!(packet, Packet::Connack(_) | Packet::Auth(_)) {
            return Err(format!("{} before CONNACK", packet.name()));
        }
        let most = conn.hello.as_ref().map_or(0, |hello| hello.maximum_packet_size);
        if most > 0 && size > most as usize {
            return Err(format!("{} of {size} bytes, the client takes {most}", packet.name()));
        }
        self.reach.packet_out(packet);
        match packet {
            Packet::Connack(connack) => self.connack(link, connack),
            Packet::Publish(publish) => self.delivered(link, publish),
            Packet::Puback(of) => self.acknowledged(link, 0x40, of),
            Packet::Pubrec(of) => self.acknowledged(link, 0x50, of),
            Packet::Pubrel(of) => self.pubrel_out(link, of.packet_identifier, of.code),
            Packet::Pubcomp(of) => self.pubcomp_out(link, of.packet_identifier, of.code),
            Packet::Suback(of) => self.suback(link, of),
            Packet::Unsuback(of) => self.unsuback(link, of),
            Packet::Pingresp => self.answer(link, 0xD0, 0).map(drop),
            Packet::Disconnect(of) => {
                self.reach.disconnect(of.code);
                self.conn(link)?.dismissed = true;
                Ok(())
            }
            Packet::Auth(of) => {
                let done = of.code == 0;
                if done { self.answer(link, 0xF0, 0).map(drop) } else { Ok(()) }
            }
        }
    }

    fn delivered(&mut self, link: u64, publish: &Publish) -> Checked {
        let client = self.client_of(link)?;
        if self.sessions[client].online != Some(link) {
            // A client that was taken over, or said DISCONNECT, still gets what was written before.
            if let Some(number) = self.ledger.find(&publish.payload)?.filter(|_| publish.retain) {
                self.sessions[client].loosen_replays(|of| of == number);
            }
            return Ok(());
        }
        let topic = self.topic_of(link, publish)?;
        let number = self.ledger.find(&publish.payload)?;
        if let Some(number) = number {
            let message = self.ledger.get(number);
            if message.topic != topic || publish.qos > message.qos {
                return Err(format!(
                    "message {number} on {} at QoS {} comes on {} at QoS {}",
                    message.topic_name(),
                    message.qos,
                    crate::simulation::topics::TOPICS[usize::from(topic)],
                    publish.qos
                ));
            }
        }
        if publish.qos > 0 && self.fly(link, number, publish)? == Sent::Again {
            return Ok(());
        }
        match number {
            None => self.nameless_copy(client, topic),
            Some(number) => self.copy(link, client, number, publish),
        }
    }

    /// A first copy of a message for a client.
    fn copy(&mut self, link: u64, client: usize, number: Number, publish: &Publish) -> Checked {
        self.check_properties(link, number, publish)?;
        if !publish.duplicate {
            self.check_expiry(link, number, publish)?;
        }
        if publish.retain && self.replayed(client, number, publish)? {
            return Ok(());
        }
        self.live_copy(client, number, publish)
    }

    /// Topic aliases of the broker ([MQTT-3.1.2-26], [MQTT-3.1.2-27]).
    fn topic_of(&mut self, link: u64, publish: &Publish) -> Checked<u16> {
        let conn = self.conn(link)?;
        let alias = publish.properties.number(id::TOPIC_ALIAS).map(|alias| alias as u16);
        let named = topic_number(&publish.topic);
        let Some(alias) = alias else {
            return named.ok_or_else(|| format!("a message on {:?}, where nobody publishes", publish.topic));
        };
        let most = conn.hello.as_ref().map_or(0, |hello| hello.alias_maximum);
        if alias == 0 || alias > most {
            return Err(format!("topic alias {alias}, the client takes {most}"));
        }
        match named {
            Some(topic) => drop(conn.aliases.insert(alias, topic)),
            None if !publish.topic.is_empty() => return Err(format!("a message on {:?}", publish.topic)),
            None => {}
        }
        conn.aliases.get(&alias).copied().ok_or_else(|| format!("topic alias {alias} stands for nothing"))
    }

    /// A message without payload tells nobody which it is: it has to be one that its receiver may have.
    fn nameless_copy(&mut self, client: usize, topic: u16) -> Checked {
        if self.has_or_had(client, topic) {
            return Ok(());
        }
        Err(format!("an empty message on topic {topic} without a subscription ({NAMELESS})"))
    }
}
