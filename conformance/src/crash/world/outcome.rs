//! What must be true in the end.

use std::collections::BTreeMap;

use hushwing_core::Broker;

use super::{Checked, GROUPS, TOPICS, World};
use crate::Version;
use crate::crash::client::{Client, Entry, Fate};
use crate::crash::ledger::Message;
use crate::crash::topic::is_shared;

impl World {
    /// Everybody comes back (some only after their wills are due), and everything that was promised is there.
    pub fn conclude(&mut self, broker: &mut Broker) -> Checked {
        let seconds = *self.random.pick(&[0, 0, 3, 200]);
        if seconds > 0 {
            self.settle(broker, false)?;
            self.pass(broker, seconds * 1_000_000)?;
        }
        self.settle(broker, true)?;
        self.check_messages()?;
        self.check_wills()?;
        self.disk.check_references(|_| false)?;
        self.probe(broker)
    }

    fn check_messages(&self) -> Checked {
        for (number, message) in self.ledger.messages.iter().enumerate() {
            if !message.accepted || message.refused {
                continue;
            }
            for (owner, generation) in &message.required {
                let client = &self.clients[*owner];
                let has = client.got.contains_key(&(number as u32));
                if client.generation == *generation && !has {
                    return Err(format!("{} never got message {number}: {message:?}", client.name));
                }
            }
        }
        self.check_groups()?;
        for client in &self.clients {
            if !client.incoming.is_empty() {
                return Err(format!("{} waits for PUBREL of {:?}", client.name, client.incoming));
            }
        }
        Ok(())
    }

    /// A message for a group reaches one of its members. At QoS 1 more of them may see it, but if it was
    /// accepted, one does. At QoS 2 it is lost with the session that was to have it ([MQTT-4.8.2-5]).
    fn check_groups(&self) -> Checked {
        let shared = |(_, message): &(usize, &Message)| is_shared(&message.topic);
        for (number, message) in self.ledger.messages.iter().enumerate().filter(shared) {
            let got = || self.clients.iter().filter_map(|client| client.got.get(&(number as u32)));
            let (exactly, at_least): (u32, u32) =
                (got().map(|got| got.exactly).sum(), got().map(|got| got.at_least).sum());
            if exactly > 1 {
                return Err(format!("message {number} reached {exactly} members at QoS {}", message.qos));
            }
            let owed = message.qos == 1 && message.accepted && !message.refused;
            if owed && self.has_anchor() && exactly + at_least == 0 {
                return Err(format!("no member ever got message {number}: {message:?}"));
            }
        }
        Ok(())
    }

    /// Whether the first client is in every group.
    fn has_anchor(&self) -> bool {
        let is_member = |name: &str| self.clients[0].subscriptions.iter().any(|of| of.filter == name);
        GROUPS.iter().all(|(name, _)| is_member(name))
    }

    fn check_wills(&self) -> Checked {
        let witness = &self.clients[0];
        for client in &self.clients {
            for will in &client.wills {
                let published = witness.got.contains_key(&will.message);
                let qos = self.ledger.get(will.message)?.qos;
                match will.fate {
                    Fate::Never if published => {
                        return Err(format!("{}: the will {will:?} was published", client.name));
                    }
                    Fate::Due if !published && qos > 0 => {
                        return Err(format!("{}: the will {will:?} was not published", client.name));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// One more client sees what is retained, and publishes to every topic: whoever subscribes gets it, and
    /// nobody else.
    fn probe(&mut self, broker: &mut Broker) -> Checked {
        let number = self.clients.len();
        self.clients.push(Client::new(number, Version::V5_0));
        let entry = Entry { clean: true, receive_maximum: 100, ..Entry::default() };
        self.connect(broker, number, 0, &entry)?;
        self.settle(broker, true)?;
        let bytes = self.clients[number].subscribe(self.step, "#", 2, false, &mut self.ledger);
        self.send(number, bytes);
        self.settle(broker, true)?;
        self.check_retained(number)?;
        for topic in TOPICS {
            self.step += 1;
            let message = self.message(number, topic, 2, false, false);
            let bytes = self.clients[number].publish(message, &self.ledger)?;
            self.send(number, bytes);
        }
        self.settle(broker, true)?;
        self.check_messages()
    }

    /// A client that is connected sends something.
    pub fn send(&mut self, number: usize, bytes: Vec<u8>) {
        if let Some(link) = self.clients[number].link.and_then(|link| self.links.get_mut(&link)) {
            link.to_broker.extend(bytes);
        }
    }

    fn check_retained(&self, number: usize) -> Checked {
        let found: &BTreeMap<String, u32> = &self.clients[number].retained;
        TOPICS.iter().try_for_each(|topic| self.ledger.check_retained(topic, found.get(*topic).copied()))
    }
}
