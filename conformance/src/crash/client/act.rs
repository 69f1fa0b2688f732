//! What a client sends.

use hushwing_core::Instant;

use super::knowledge::Exists;
use super::will::{Fate, Will};
use super::{Asked, Asking, Client, Outgoing, Owed, Phase, Subscription};
use crate::crash::ledger::Ledger;
use crate::wire::{self, Connect, Outgoing as _, Property, acknowledge, acknowledge_with, property::id};

/// The choices of a CONNECT.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// Clean Start.
    pub clean: bool,
    /// Session Expiry Interval (before 5.0 it follows from Clean Session).
    pub expiry_seconds: u32,
    /// Receive Maximum (5.0).
    pub receive_maximum: u16,
    /// Keep Alive.
    pub keep_alive_seconds: u16,
    /// The will: its number in the ledger, QoS, RETAIN, Will Delay Interval.
    pub will: Option<(u32, u8, bool, u32)>,
}

impl Client {
    /// CONNECT. `broker_knows`: the broker certainly saw the end of every earlier connection.
    pub fn connect(&mut self, now: Instant, entry: &Entry, broker_knows: bool) -> Vec<u8> {
        let clean = entry.clean || self.must_clean;
        let expiry_seconds = match (self.version.is_5(), clean) {
            (true, _) => entry.expiry_seconds,
            (false, true) => 0,
            (false, false) => u32::MAX,
        };
        self.wills_at_connect(now, clean, broker_knows);
        let session_gone = self.session.exists == Exists::No || broker_knows && self.session.surely_gone(now);
        self.asked =
            Asked { clean, expiry_seconds, receive_maximum: entry.receive_maximum.max(1), session_gone };
        if clean {
            self.must_clean = true;
            self.forget_session();
        }
        match self.session.exists {
            Exists::No => self.session.expiry_seconds = (expiry_seconds, expiry_seconds),
            _ => self.session.widen(expiry_seconds),
        }
        if clean || self.session.exists == Exists::No {
            self.session.exists = Exists::Maybe;
        }
        self.phase = Phase::Connecting;
        self.encode_connect(entry, clean)
    }

    fn encode_connect(&mut self, entry: &Entry, clean: bool) -> Vec<u8> {
        let mut connect = Connect::new(&self.name).keep_alive(entry.keep_alive_seconds);
        connect.clean = clean;
        if entry.expiry_seconds > 0 {
            connect = connect.session_expiry(entry.expiry_seconds);
        }
        connect = connect.receive_maximum(self.asked.receive_maximum);
        if let Some((message, qos, retain, delay_seconds)) = entry.will {
            let delay_seconds = if self.version.is_5() { delay_seconds } else { 0 };
            self.wills.push(Will { message, delay_seconds, fate: Fate::Unknown });
            let will = wire::Will::new(format!("w/{}", self.number), message.to_string()).qos(qos);
            let will = if delay_seconds > 0 { will.delay(delay_seconds) } else { will };
            connect = connect.will(if retain { will.retain() } else { will });
        }
        connect.encode(self.version)
    }

    /// After CONNACK with Session Present 1: everything that is in flight, in its order ([MQTT-4.4.0-1]).
    pub fn resend(&self, ledger: &Ledger) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        for sent in &self.outgoing {
            bytes.extend(self.encode_outgoing(sent, ledger, true)?);
        }
        Ok(bytes)
    }

    /// PUBLISH or PUBREL for a message in flight.
    pub fn encode_outgoing(&self, sent: &Outgoing, ledger: &Ledger, again: bool) -> Result<Vec<u8>, String> {
        if sent.released {
            return Ok(acknowledge(0x62, sent.packet_identifier).encode(self.version));
        }
        self.encode_publish(sent.message, sent.packet_identifier, ledger, again)
    }

    fn encode_publish(
        &self,
        number: u32,
        packet_identifier: u16,
        ledger: &Ledger,
        again: bool,
    ) -> Result<Vec<u8>, String> {
        let message = ledger.get(number)?;
        let payload = if message.clears { String::new() } else { number.to_string() };
        let publish = wire::publish(&message.topic).payload(payload).qos(message.qos, packet_identifier);
        let publish = if message.retain { publish.retain() } else { publish };
        Ok(if again { publish.duplicate() } else { publish }.encode(self.version))
    }

    /// PUBLISH of a message that is in the ledger.
    pub fn publish(&mut self, number: u32, ledger: &Ledger) -> Result<Vec<u8>, String> {
        let packet_identifier = self.free_identifier();
        if ledger.get(number)?.qos > 0 {
            self.outgoing.push(Outgoing { packet_identifier, message: number, released: false });
        }
        self.encode_publish(number, packet_identifier, ledger, false)
    }

    /// SUBSCRIBE. What it was owed because of a subscription that it changes is not certain any more.
    pub fn subscribe(
        &mut self,
        step: u64,
        filter: &str,
        qos: u8,
        no_local: bool,
        ledger: &mut Ledger,
    ) -> Vec<u8> {
        let no_local = no_local && self.version.is_5();
        let packet_identifier = self.free_identifier();
        let mut changed = false;
        for older in self.subscriptions.iter_mut().filter(|of| of.filter == filter && of.left_at.is_none()) {
            changed |= older.qos != qos || older.no_local != no_local;
            older.qos = older.qos.min(qos);
            older.no_local |= no_local;
        }
        if changed {
            ledger.release(self.number, filter);
        }
        self.subscriptions.push(Subscription {
            filter: filter.into(),
            qos,
            no_local,
            asked_at: step,
            acknowledged: false,
            leaving: false,
            left_at: None,
        });
        self.asking.insert(packet_identifier, Asking::Subscribe(vec![filter.into()]));
        let options = qos | u8::from(no_local) << 2;
        wire::subscribe(packet_identifier).filter(filter, options).encode(self.version)
    }

    /// UNSUBSCRIBE.
    pub fn unsubscribe(&mut self, filter: &str, ledger: &mut Ledger) -> Vec<u8> {
        let packet_identifier = self.free_identifier();
        ledger.release(self.number, filter);
        self.subscriptions
            .iter_mut()
            .filter(|of| of.filter == filter && of.left_at.is_none())
            .for_each(|of| of.leaving = true);
        self.asking.insert(packet_identifier, Asking::Unsubscribe(vec![filter.into()]));
        wire::unsubscribe(packet_identifier).filter(filter).encode(self.version)
    }

    /// Whether a SUBSCRIBE or UNSUBSCRIBE of this filter waits for its answer.
    pub fn is_asking(&self, filter: &str) -> bool {
        self.asking.values().any(|asking| match asking {
            Asking::Subscribe(filters) | Asking::Unsubscribe(filters) => {
                filters.iter().any(|of| of == filter)
            }
        })
    }

    /// The acknowledgement that is due next; `refuse`: with an error, where it is a PUBACK of 5.0.
    pub fn acknowledge(&mut self, refuse: bool) -> Option<Vec<u8>> {
        let refuse = refuse && self.version.is_5();
        let owed = self.owed.pop_front()?;
        let (first, packet_identifier) = match owed {
            Owed::Puback(of) => (0x40, of),
            Owed::Pubrec(of) => (0x50, of),
            Owed::Pubrel(of) => (0x62, of),
            Owed::Pubcomp(of) => (0x70, of),
        };
        if matches!(owed, Owed::Puback(_) | Owed::Pubcomp(_)) {
            self.window.retain(|of| *of != packet_identifier);
        }
        if matches!(owed, Owed::Puback(_)) {
            self.unacknowledged.remove(&packet_identifier);
            if refuse {
                let refusal = acknowledge_with(first, packet_identifier, 0x83, Vec::new());
                return Some(refusal.encode(self.version));
            }
        }
        Some(acknowledge(first, packet_identifier).encode(self.version))
    }

    /// Something that 3.1 and 3.1.1 let a client send again on a living connection.
    /// Two answers may come, so that packet identifiers are not used again on this connection.
    pub fn repeat(&mut self, pick: usize, ledger: &mut Ledger) -> Result<Option<Vec<u8>>, String> {
        if self.version.is_5() {
            return Ok(None);
        }
        let waiting = |of: &u16| !self.owed.contains(&Owed::Pubrec(*of));
        let received: Vec<u16> = self.incoming.keys().copied().filter(waiting).collect();
        if pick % 2 == 1 && !received.is_empty() {
            let packet_identifier = received[pick / 2 % received.len()];
            return Ok(Some(acknowledge(0x50, packet_identifier).encode(self.version)));
        }
        match self.outgoing.get(pick / 2 % self.outgoing.len().max(1)) {
            Some(sent) if !self.owed.contains(&Owed::Pubrel(sent.packet_identifier)) => {
                self.retired.push(sent.packet_identifier);
                let message = ledger.message(sent.message);
                message.repeated = true;
                self.encode_outgoing(sent, ledger, true).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// DISCONNECT.
    pub fn disconnect(&mut self, code: u8, expiry_seconds: Option<u32>) -> Vec<u8> {
        self.phase = Phase::Leaving;
        if let Some(expiry_seconds) = expiry_seconds {
            self.session.widen(expiry_seconds);
        }
        if !self.version.is_5() || (code == 0 && expiry_seconds.is_none()) {
            return wire::disconnect().encode(self.version);
        }
        let expiry = expiry_seconds.map(|of| Property::four(id::SESSION_EXPIRY_INTERVAL, of));
        wire::disconnect_with(code, expiry.into_iter().collect()).encode(self.version)
    }
}
