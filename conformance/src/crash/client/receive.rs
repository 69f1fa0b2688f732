//! What a client does with a packet, and what it holds against the broker.

use hushwing_core::{ConnectionId, Instant};

use super::knowledge::Exists;
use super::{Asking, Client, Owed, Phase};
use crate::Version;
use crate::crash::ledger::Ledger;
use crate::crash::topic::{is_shared, matches, without_share_name};
use crate::wire::property::id;
use crate::wire::{Connack, Packet, Publish, Suback};

/// When and where a packet came, and what everybody sent.
#[derive(Debug)]
pub struct Context<'a> {
    /// The time.
    pub now: Instant,
    /// The step of the conversation.
    pub step: u64,
    /// The connection.
    pub link: ConnectionId,
    /// All messages.
    pub ledger: &'a mut Ledger,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug)]
pub struct Loss {
    /// The broker did not see it end before.
    pub at: Instant,
    /// The broker closed it because of a DISCONNECT.
    pub obeyed: bool,
    /// That DISCONNECT: its reason code and its Session Expiry Interval.
    pub disconnect: Option<(u8, Option<u32>)>,
}

impl Client {
    /// Takes a packet from the broker.
    ///
    /// # Errors
    /// The broker broke a promise or the standard.
    pub fn receive(&mut self, packet: &Packet, context: &mut Context<'_>) -> Result<(), String> {
        if self.phase == Phase::Connecting {
            let Packet::Connack(connack) = packet else {
                return Err(format!("{} before CONNACK", packet.name()));
            };
            return self.connack(connack, context);
        }
        match packet {
            Packet::Connack(_) => Err("a second CONNACK".into()),
            Packet::Publish(publish) => self.published(publish, context),
            Packet::Puback(of) => self.puback(of.packet_identifier, of.code, context),
            Packet::Pubrec(of) => self.pubrec(of.packet_identifier, of.code, context),
            Packet::Pubrel(of) => self.pubrel(of.packet_identifier, of.code),
            Packet::Pubcomp(of) => self.pubcomp(of.packet_identifier),
            Packet::Suback(of) => self.suback(of, context),
            Packet::Unsuback(of) => self.unsuback(of, context),
            Packet::Pingresp | Packet::Disconnect(_) => Ok(()),
            Packet::Auth(_) => Err("AUTH without a method".into()),
        }
    }

    fn connack(&mut self, connack: &Connack, context: &Context<'_>) -> Result<(), String> {
        if connack.code != 0 {
            self.will_accepted(false);
            return Ok(());
        }
        let present = self.session_present(connack, context.now)?;
        self.wills_at_connack(context.now, present);
        self.will_accepted(true);
        if !present && !self.asked.clean {
            self.forget_session();
        }
        let expiry = connack.properties.number(id::SESSION_EXPIRY_INTERVAL);
        let expiry = expiry.unwrap_or(self.asked.expiry_seconds);
        self.session.exists = Exists::Yes;
        self.session.expiry_seconds = (expiry, expiry);
        self.must_clean = false;
        self.phase = Phase::Online;
        Ok(())
    }

    /// Whether the session goes on, which 3.1 does not say.
    fn session_present(&self, connack: &Connack, now: Instant) -> Result<bool, String> {
        let gone = self.asked.clean || self.asked.session_gone;
        if self.version == Version::V3_1 {
            return Ok(!gone);
        }
        if connack.session_present && gone {
            return Err("Session Present 1 of a session that ended".into());
        }
        if !connack.session_present && !self.asked.clean && self.session.surely_there(now) {
            return Err("Session Present 0 of a session that was promised".into());
        }
        Ok(connack.session_present)
    }

    fn published(&mut self, publish: &Publish, context: &mut Context<'_>) -> Result<(), String> {
        let packet_identifier = publish.packet_identifier;
        self.forgotten.retain(|of| *of != packet_identifier);
        match publish.qos {
            0 => return self.take(publish, context),
            1 => {
                let other = self.unacknowledged.insert(packet_identifier, publish.payload.clone());
                if other.is_some() || self.incoming.contains_key(&packet_identifier) {
                    return Err(format!("packet identifier {packet_identifier} is in use"));
                }
                self.owed.push_back(Owed::Puback(packet_identifier));
            }
            _ => {
                self.owed.push_back(Owed::Pubrec(packet_identifier));
                if self.unacknowledged.contains_key(&packet_identifier) {
                    return Err(format!("packet identifier {packet_identifier} is in use"));
                }
            }
        }
        self.open_window(packet_identifier)?;
        if publish.qos == 1 {
            return self.take(publish, context);
        }
        match self.incoming.insert(packet_identifier, publish.payload.clone()) {
            None => self.take(publish, context),
            Some(before) if before == publish.payload && publish.duplicate => Ok(()),
            Some(before) => Err(format!(
                "packet identifier {packet_identifier} is used again (dup {}) while message {:?} waits for PUBREL",
                publish.duplicate,
                String::from_utf8_lossy(&before)
            )),
        }
    }

    /// 5.0 [MQTT-3.3.4-9].
    fn open_window(&mut self, packet_identifier: u16) -> Result<(), String> {
        self.window.push(packet_identifier);
        if self.version.is_5() && self.window.len() > usize::from(self.asked.receive_maximum) {
            return Err(format!("more than {} PUBLISH packets in flight", self.asked.receive_maximum));
        }
        Ok(())
    }

    /// A message reaches the application.
    fn take(&mut self, publish: &Publish, context: &mut Context<'_>) -> Result<(), String> {
        let text = publish.text();
        let Ok(number) = text.parse::<u32>() else {
            return if text.is_empty() { Ok(()) } else { Err(format!("nobody sent {text:?}")) };
        };
        let message = context.ledger.get(number)?;
        if message.topic != publish.topic || publish.qos > message.qos {
            return Err(format!("message {number} came on {} at QoS {}", publish.topic, publish.qos));
        }
        if publish.retain {
            self.retained.insert(publish.topic.clone(), number);
            return Ok(());
        }
        let shared = is_shared(&message.topic);
        let open = self.subscriptions.iter().any(|of| {
            matches(without_share_name(&of.filter), &message.topic)
                && of.left_at.is_none_or(|left_at| left_at >= message.sent_at)
                // Another member may have had it first.
                && (shared || message.over_at.is_none_or(|over_at| of.asked_at <= over_at))
        });
        if !open {
            return Err(format!("message {number} on {} came without a subscription", publish.topic));
        }
        self.count(number, publish, context)?;
        self.check_order(number, publish, context)
    }

    fn count(&mut self, number: u32, publish: &Publish, context: &Context<'_>) -> Result<(), String> {
        let message = context.ledger.get(number)?;
        let got = self.got.entry(number).or_default();
        let again = if publish.qos == 1 {
            got.at_least += 1;
            got.last_link.replace(context.link) == Some(context.link)
        } else {
            got.exactly += 1;
            got.exactly > 1
        };
        // What was published once must not be forwarded twice; QoS 1 is only sent again on another connection.
        if again && (message.qos == 2 || message.will) {
            return Err(format!("message {number} on {} came twice at QoS {}", publish.topic, publish.qos));
        }
        Ok(())
    }

    /// Section 4.6, for a subscription that was there all the time.
    fn check_order(&mut self, number: u32, publish: &Publish, context: &Context<'_>) -> Result<(), String> {
        let message = context.ledger.get(number)?;
        let got = self.got.get(&number).map_or(0, |got| got.exactly + got.at_least);
        if publish.qos == 0
            || message.refused
            || got > 1
            || !message.required.contains(&(self.number, self.generation))
        {
            return Ok(());
        }
        let key = (message.publisher, message.topic.clone(), message.qos);
        match self.order.insert(key, number) {
            Some(before) if before > number => Err(format!("message {number} came after message {before}")),
            _ => Ok(()),
        }
    }

    fn puback(&mut self, packet_identifier: u16, code: u8, context: &mut Context<'_>) -> Result<(), String> {
        let place = self.outgoing.iter().position(|of| of.packet_identifier == packet_identifier);
        let Some(place) = place else { return self.late(packet_identifier, "PUBACK") };
        let sent = self.outgoing.remove(place);
        let message = context.ledger.message(sent.message);
        if message.qos != 1 {
            return Err(format!("PUBACK for message {} of QoS {}", sent.message, message.qos));
        }
        message.accepted |= code < 0x80;
        message.over_at = (!message.repeated).then_some(context.step);
        Ok(())
    }

    fn pubrec(&mut self, packet_identifier: u16, code: u8, context: &mut Context<'_>) -> Result<(), String> {
        let place = self.outgoing.iter().position(|of| of.packet_identifier == packet_identifier);
        let Some(place) = place else { return self.late(packet_identifier, "PUBREC") };
        let sent = &mut self.outgoing[place];
        let message = context.ledger.message(sent.message);
        if message.qos != 2 {
            return Err(format!("PUBREC for message {} of QoS {}", sent.message, message.qos));
        }
        message.accepted |= code < 0x80;
        // Behind a refusal, which 3.x does not tell, what was sent twice is a new message.
        if !message.repeated {
            message.over_at.get_or_insert(context.step);
        }
        if code >= 0x80 {
            self.outgoing.remove(place);
        } else {
            sent.released = true;
            self.owed.push_back(Owed::Pubrel(packet_identifier));
        }
        Ok(())
    }

    /// 3.x clients send again on a living connection, and may get two answers.
    fn late(&self, packet_identifier: u16, name: &str) -> Result<(), String> {
        if self.version.is_5() {
            return Err(format!("{name} for {packet_identifier}, which is not in use"));
        }
        Ok(())
    }

    fn pubrel(&mut self, packet_identifier: u16, code: u8) -> Result<(), String> {
        if self.forgotten.contains(&packet_identifier) {
            return Err(format!(
                "PUBREL for {packet_identifier}, which the broker said not to know any more"
            ));
        }
        self.incoming.remove(&packet_identifier);
        self.owed.push_back(Owed::Pubcomp(packet_identifier));
        if code >= 0x80 {
            self.forgotten.push(packet_identifier);
        }
        Ok(())
    }

    fn pubcomp(&mut self, packet_identifier: u16) -> Result<(), String> {
        let place = self.outgoing.iter().position(|of| of.packet_identifier == packet_identifier);
        match place.filter(|place| self.outgoing[*place].released) {
            Some(place) => {
                self.outgoing.remove(place);
                Ok(())
            }
            None => self.late(packet_identifier, "PUBCOMP"),
        }
    }

    fn suback(&mut self, suback: &Suback, context: &Context<'_>) -> Result<(), String> {
        let Some(Asking::Subscribe(filters)) = self.asking.remove(&suback.packet_identifier) else {
            return Err("SUBACK for no SUBSCRIBE".into());
        };
        if filters.len() != suback.codes.len() {
            return Err("SUBACK with the wrong number of codes".into());
        }
        for (filter, code) in filters.iter().zip(&suback.codes) {
            let asked_at = self.subscriptions.iter().rposition(|of| of.filter == *filter);
            let Some(newest) = asked_at else { continue };
            if *code >= 0x80 {
                self.subscriptions.remove(newest);
                continue;
            }
            self.subscriptions[newest].acknowledged = true;
            let kept = self.subscriptions[newest].asked_at;
            for older in self.subscriptions.iter_mut().filter(|of| of.filter == *filter) {
                if older.asked_at < kept && older.left_at.is_none() {
                    older.left_at = Some(context.step);
                }
            }
        }
        Ok(())
    }

    fn unsuback(&mut self, unsuback: &Suback, context: &Context<'_>) -> Result<(), String> {
        let Some(Asking::Unsubscribe(filters)) = self.asking.remove(&unsuback.packet_identifier) else {
            return Err("UNSUBACK for no UNSUBSCRIBE".into());
        };
        let left = self.subscriptions.iter_mut().filter(|of| filters.contains(&of.filter));
        left.filter(|of| of.left_at.is_none()).for_each(|of| of.left_at = Some(context.step));
        Ok(())
    }

    /// The connection is gone.
    pub fn lost(&mut self, now: Instant, loss: &Loss) {
        let Loss { at, obeyed, disconnect } = *loss;
        if let (true, Some((_, Some(expiry)))) = (obeyed, disconnect) {
            self.session.expiry_seconds = (expiry, expiry);
        }
        let asked_back = disconnect.is_some_and(|(code, _)| code == 0);
        self.wills_at_loss(obeyed && asked_back, asked_back);
        let was_connecting = self.phase == Phase::Connecting;
        if !was_connecting {
            // Else the broker may have seen nothing but the end of an earlier connection.
            self.session.lost_at = at;
        }
        self.phase = Phase::Offline;
        self.link = None;
        self.owed.clear();
        self.retired.clear();
        self.unacknowledged.clear();
        self.window.clear();
        self.asking.clear();
        if was_connecting && !self.session.surely_there(now) && self.session.exists != Exists::No {
            // If the broker made another session meanwhile, Session Present 1 would speak of that one.
            self.must_clean = true;
            self.forget_session();
        }
        if self.session.expiry_seconds.1 == 0 && self.session.exists != Exists::No && !self.must_clean {
            self.session.exists = Exists::No;
            self.forget_session();
        }
    }
}
