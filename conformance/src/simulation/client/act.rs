//! What comes to a client's mind.

use super::{Asking, Client, Outgoing, Phase};
use crate::nonsense::{self, Moment, Nonsense, Occasion};
use crate::simulation::ledger::{Ledger, Message, Number};
use crate::simulation::profile::Profile;
use crate::simulation::said::{Hello, Kind, Said, Wanted};
use crate::simulation::topics::{FILTERS, PLAIN_FILTERS, WILL_TOPICS};
use crate::wire::{Outgoing as _, publish};

/// What it does.
#[derive(Debug)]
pub enum Act {
    /// Nothing.
    Nothing,
    /// Opens a connection and sends CONNECT.
    Connect(Box<Hello>),
    /// Says something.
    Say(Vec<Said>),
    /// Drops its connection, and what was on it.
    Cut,
    /// Is gone, and its transport does not say so.
    Vanish,
}

impl Client {
    /// The next thing. `calm`: all troubles are over, and everything that is open is to come to its end.
    pub fn act(&mut self, ledger: &mut Ledger, profile: &Profile, now: u64, calm: bool) -> Act {
        match self.phase {
            Phase::Offline => return self.connect(ledger, profile, calm),
            Phase::Connecting | Phase::Leaving | Phase::Silent => return Act::Nothing,
            Phase::Online => {}
        }
        let act = if calm { Act::Say(self.acknowledge(usize::MAX)) } else { self.busy(ledger, profile) };
        let keep_alive = u64::from(self.persona.keep_alive_seconds) * 1_000_000;
        let act = match act {
            Act::Say(said) if said.is_empty() => {
                let silent_for = now.saturating_sub(self.spoke_at);
                let pings = calm || keep_alive > 0 && silent_for * 3 > keep_alive;
                if pings { Act::Say(vec![Said::Pingreq]) } else { Act::Nothing }
            }
            act => act,
        };
        if matches!(act, Act::Say(_)) {
            self.spoke_at = now;
        }
        act
    }

    fn busy(&mut self, ledger: &mut Ledger, profile: &Profile) -> Act {
        if self.random.number().is_multiple_of(self.persona.restless) {
            return self.leave();
        }
        if !self.due.is_empty() && self.random.chance(60) {
            let some = 1 + self.random.below(4);
            return Act::Say(self.acknowledge(some));
        }
        if self.random.chance(self.persona.talks) {
            let messages = if self.random.chance(5) { 1 + self.random.below(10) } else { 1 };
            return Act::Say((0..messages).filter_map(|_| self.publish(ledger, profile.is_poor())).collect());
        }
        if profile.nonsense
            && self.persona.nonsense > 0
            && self.random.number().is_multiple_of(self.persona.nonsense)
        {
            return self.nonsense(profile);
        }
        if self.random.chance(10) {
            return Act::Say(self.repeat());
        }
        Act::Say(self.change_subscriptions(profile.is_poor()).into_iter().collect())
    }

    /// Says something that it need not: before 5.0 a message may be sent again on the same connection, and anybody
    /// may acknowledge what nobody sent.
    fn repeat(&mut self) -> Vec<Said> {
        let open = self.outgoing.iter().find(|of| !of.released).copied();
        if let Some(Outgoing { packet_identifier, number, .. }) = open.filter(|_| !self.version().is_5()) {
            return vec![Said::Publish { number, packet_identifier, duplicate: true, alias: None }];
        }
        vec![Said::Acknowledge { kind: Kind::Pubrec, packet_identifier: 60_000, code: 0 }]
    }

    /// Breaks the protocol.
    fn nonsense(&mut self, profile: &Profile) -> Act {
        if self.had_aliases && self.aliases.is_empty() && self.random.chance(50) {
            // An alias of a connection that is gone.
            self.phase = Phase::Leaving;
            let stale = publish("").alias(1).payload("stale").encode(self.version());
            return Act::Say(vec![Said::Nonsense(stale)]);
        }
        let unanswered = self.due.front().copied();
        let version = self.version();
        let fits = |of: &&Nonsense| {
            let now = match of.moment {
                Moment::Connected => true,
                Moment::Unanswered { qos: 1 } => unanswered.is_some_and(|(kind, _)| kind == Kind::Puback),
                Moment::Unanswered { .. } => unanswered.is_some_and(|(kind, _)| kind == Kind::Pubrec),
                Moment::Greeting | Moment::Visit => false,
            };
            now && of.seconds == 0 && of.reads && of.versions.contains(&version) && of.fits(&profile.settings)
        };
        let all: Vec<&Nonsense> = nonsense::all().filter(fits).collect();
        if all.is_empty() {
            return Act::Nothing;
        }
        let packet_identifier = unanswered.map_or(0, |(_, id)| id);
        let one = self.random.pick(&all);
        self.phase = Phase::Leaving;
        Act::Say(vec![Said::Nonsense((one.bytes)(Occasion { version, packet_identifier }))])
    }

    fn leave(&mut self) -> Act {
        match self.random.below(10) {
            0..4 => Act::Cut,
            4 if self.persona.keep_alive_seconds > 0 => {
                self.phase = Phase::Silent;
                Act::Vanish
            }
            _ => {
                self.phase = Phase::Leaving;
                let is_5 = self.version().is_5();
                let code = if is_5 && self.random.chance(30) { 0x04 } else { 0 };
                let changes = is_5 && self.persona.expiry_seconds > 0 && self.random.chance(20);
                let expiry_seconds = changes.then(|| *self.random.pick(&[0, 10, 1_000]));
                Act::Say(vec![Said::Disconnect { code, expiry_seconds }])
            }
        }
    }

    fn connect(&mut self, ledger: &mut Ledger, profile: &Profile, calm: bool) -> Act {
        if !calm && self.random.chance(30) {
            return Act::Nothing;
        }
        let kept = self.persona.expiry_seconds > 0;
        let is_5 = self.version().is_5();
        let clean = self.must_clean
            || if kept {
                !calm && self.random.chance(self.persona.cleans)
            } else {
                !is_5 || self.random.chance(50)
            };
        let has_will = !calm && self.random.chance(self.persona.wills);
        let will = has_will.then(|| self.will(ledger, profile.is_poor()));
        self.must_clean = clean;
        self.phase = Phase::Connecting;
        Act::Connect(Box::new(Hello {
            client_identifier: self.name.clone(),
            clean,
            // Before 5.0 what is clean ends with its connection.
            expiry_seconds: if !is_5 && clean { 0 } else { self.persona.expiry_seconds },
            receive_maximum: self.receive_maximum(),
            maximum_packet_size: self.persona.maximum_packet_size,
            alias_maximum: self.persona.alias_maximum,
            keep_alive_seconds: self.persona.keep_alive_seconds,
            will,
            method: self.persona.method && self.persona.listener == 1 && profile.asks,
        }))
    }

    fn will(&mut self, ledger: &mut Ledger, poor: bool) -> (Number, u32) {
        let mut message = Message::new(self.number as u16, *self.random.pick(&WILL_TOPICS));
        message.qos = self.random.below(if poor { 2 } else { 3 }) as u8;
        message.retain = !poor && self.random.chance(30);
        message.will = true;
        let is_5 = self.version().is_5();
        if is_5 {
            message.decoration = self.random.below(16) as u8;
        }
        let delay_seconds = if is_5 { *self.random.pick(&[0, 0, 3, 30, 600]) } else { 0 };
        (ledger.add(message), delay_seconds)
    }

    fn publish(&mut self, ledger: &mut Ledger, poor: bool) -> Option<Said> {
        let qos = *self.random.pick(if poor { &[0, 1] } else { &[0, 1, 1, 2, 2] });
        if qos > 0 && self.outgoing.len() >= usize::from(self.window.min(12)) {
            return None;
        }
        let random = &mut self.random;
        let mut message = Message::new(self.number as u16, random.below(usize::from(WILL_TOPICS[0])) as u16);
        message.qos = qos;
        message.retain = !poor && random.chance(15);
        message.clears = message.retain && random.chance(20);
        message.padding = if random.chance(4) { 2_000 } else { random.below(40) as u16 };
        if message.clears {
            message.padding = 0;
        }
        if self.persona.version.is_5() {
            message.decoration = if random.chance(30) { random.below(16) as u8 } else { 0 };
            message.expiry_seconds = if random.chance(15) { *random.pick(&[1, 5, 60, 900]) } else { 0 };
        }
        let topic = message.topic;
        let number = ledger.add(message);
        let packet_identifier = if qos > 0 { self.free_identifier() } else { 0 };
        if qos > 0 {
            self.outgoing.push(Outgoing { packet_identifier, number, released: false });
        }
        let alias = self.alias(topic);
        Some(Said::Publish { number, packet_identifier, duplicate: false, alias })
    }

    fn alias(&mut self, topic: u16) -> Option<(u16, bool)> {
        if self.alias_maximum == 0 {
            return None;
        }
        if let Some(place) = self.aliases.iter().position(|of| *of == topic) {
            return Some((place as u16 + 1, self.random.chance(10)));
        }
        if self.aliases.len() < usize::from(self.alias_maximum) && self.random.chance(50) {
            self.aliases.push(topic);
            return Some((self.aliases.len() as u16, true));
        }
        None
    }

    fn receive_maximum(&mut self) -> u16 {
        if self.persona.changes_window {
            *self.random.pick(&[0, 1, 2, 5])
        } else {
            self.persona.receive_maximum
        }
    }

    fn change_subscriptions(&mut self, poor: bool) -> Option<Said> {
        if self.asking.len() > 2 {
            return None;
        }
        let packet_identifier = self.free_identifier();
        let leaves = self.filters.len() > self.persona.subscriptions || self.random.chance(25);
        if leaves && !self.filters.is_empty() {
            let filters = vec![*self.random.pick(&self.filters)];
            self.asking.push((packet_identifier, Asking::Unsubscribe(filters.clone())));
            return Some(Said::Unsubscribe { packet_identifier, filters });
        }
        if self.persona.subscriptions == 0 {
            return None;
        }
        let identifier = if self.version().is_5() && !poor && self.random.chance(50) {
            1 + self.random.below(9) as u32
        } else {
            0
        };
        let mut wanted: Vec<Wanted> = Vec::new();
        for _ in 0..*self.random.pick(&[1, 1, 1, 2, 3]) {
            let mut one = self.wanted(identifier);
            if poor {
                one.filter = *self.random.pick(&PLAIN_FILTERS);
            }
            if wanted.iter().all(|of| of.filter != one.filter) {
                wanted.push(one);
            }
        }
        self.asking.push((packet_identifier, Asking::Subscribe(wanted.iter().map(|of| of.filter).collect())));
        Some(Said::Subscribe { packet_identifier, wanted })
    }

    fn wanted(&mut self, identifier: u32) -> Wanted {
        let is_5 = self.version().is_5();
        let again = !self.filters.is_empty() && self.random.chance(20);
        let filter =
            if again { *self.random.pick(&self.filters) } else { self.random.below(FILTERS.len()) as u8 };
        let shared = crate::simulation::topics::is_shared(usize::from(filter));
        Wanted {
            filter,
            qos: *self.random.pick(&[0, 1, 2, 2]),
            no_local: is_5 && !shared && self.random.chance(20),
            retain_as_published: is_5 && self.persona.as_published && self.random.chance(50),
            retain_handling: if is_5 { self.random.below(3) as u8 } else { 0 },
            identifier,
        }
    }
}
