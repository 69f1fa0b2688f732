//! The next step of a random conversation.

use hushwing_core::{Ask, Broker, ConnectionId};

use super::{Checked, FILTERS, GROUPS, TOPICS, World};
use crate::crash::client::{Entry, Phase};
use crate::crash::ledger::Message;

/// How a conversation runs, drawn once for each.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Percent of steps in which the disk finishes something.
    pub disk: u64,
    /// Percent of steps after which all transports run dry.
    pub network: u64,
    /// Percent of client actions that end a connection.
    pub restless: u64,
    /// Percent of messages and subscriptions that are shared.
    pub shared: u64,
    /// Percent of connections about which the embedder is asked.
    pub asked: u64,
}

impl World {
    /// One step.
    pub fn random_step(&mut self, broker: &mut Broker, pace: &Pace) -> Checked {
        self.step += 1;
        self.trace.line(|| String::from("-"));
        match self.random.below(100) as u64 {
            of if of < pace.disk => {
                let groups = 1 + self.random.below(4);
                self.persist(broker, groups)?;
            }
            of if of < pace.disk + 4 && !self.questions.is_empty() => {
                let place = self.random.below(self.questions.len());
                let yes = self.random.chance(80);
                self.answer(broker, place, yes)?;
            }
            of if of < pace.disk + 8 => {
                let micros = *self.random.pick(&[10_000, 400_000, 1_100_000, 4_000_000, 11_000_000]);
                self.pass(broker, micros)?;
            }
            of if of < pace.disk + 25 => self.move_bytes(broker)?,
            _ => self.act(broker, pace)?,
        }
        if self.random.chance(pace.network) {
            self.run_dry(broker)?;
        }
        if self.random.chance(60) { self.work(broker) } else { Ok(()) }
    }

    /// Something happens on one transport.
    fn move_bytes(&mut self, broker: &mut Broker) -> Checked {
        let links: Vec<ConnectionId> = self.links.keys().copied().collect();
        if links.is_empty() {
            return Ok(());
        }
        let link = *self.random.pick(&links);
        match self.random.below(5) {
            0 => {
                let bytes = 1 + self.random.below(12);
                self.feed(broker, link, bytes)
            }
            1 => self.feed(broker, link, usize::MAX),
            2 => {
                let bytes = 1 + self.random.below(12);
                self.write(broker, link, bytes)
            }
            3 => self.absorb(link),
            _ => self.finish(broker, link),
        }
    }

    /// Everything that was written is written on.
    pub fn run_dry(&mut self, broker: &mut Broker) -> Checked {
        let links: Vec<ConnectionId> = self.links.keys().copied().collect();
        for link in links {
            self.feed(broker, link, usize::MAX)?;
            if self.links.get(&link).is_some_and(|link| link.announced) {
                self.write(broker, link, usize::MAX)?;
            }
            self.absorb(link)?;
        }
        Ok(())
    }

    /// A client does something.
    fn act(&mut self, broker: &mut Broker, pace: &Pace) -> Checked {
        let number = self.random.below(self.clients.len());
        let (phase, link) = (self.clients[number].phase, self.clients[number].link);
        match (phase, link) {
            (Phase::Offline, _) => self.enter(broker, number, pace),
            (Phase::Online, Some(link)) if self.random.chance(pace.restless) => {
                self.leave(broker, number, link, pace)
            }
            (Phase::Online, Some(link)) => self.speak(number, link, pace),
            (Phase::Connecting | Phase::Leaving, Some(link)) if self.random.chance(pace.restless) => {
                self.cut(number, link);
                Ok(())
            }
            // It does not wait for CONNACK, where it need not know what CONNACK says.
            (Phase::Connecting, Some(link)) if self.clients[number].asked.clean => {
                self.speak(number, link, pace)
            }
            _ => Ok(()),
        }
    }

    /// A client connects.
    pub fn enter(&mut self, broker: &mut Broker, number: usize, pace: &Pace) -> Checked {
        let steady = number == 0;
        let expiry_seconds = *self.random.pick(&[0, 5, 3_600, u32::MAX]);
        let entry = Entry {
            clean: !steady && self.random.chance(25),
            expiry_seconds: if steady { u32::MAX } else { expiry_seconds },
            receive_maximum: *self.random.pick(&[1, 2, 4, 100]),
            keep_alive_seconds: if steady { 0 } else { *self.random.pick(&[0, 0, 10]) },
            will: None,
        };
        let will = !steady && self.random.chance(50);
        let listener = u16::from(!steady && self.random.chance(pace.asked));
        let entry = if will { self.with_some_will(number, entry) } else { entry };
        self.connect(broker, number, listener, &entry)
    }

    fn with_some_will(&mut self, number: usize, entry: Entry) -> Entry {
        let (qos, retain) = (self.random.below(3) as u8, self.random.chance(20));
        let delay_seconds = *self.random.pick(&[0, 0, 3, 100]);
        self.with_will(number, entry, qos, retain, delay_seconds)
    }

    /// Enters a will in the ledger.
    pub fn with_will(&mut self, number: usize, entry: Entry, qos: u8, retain: bool, delay: u32) -> Entry {
        let message = self.message(number, &format!("w/{number}"), qos, retain, false);
        self.ledger.message(message).will = true;
        self.ledger.message(message).required.clear();
        Entry { will: Some((message, qos, retain, delay)), ..entry }
    }

    /// A client opens a transport and sends CONNECT. One that it still has is left to itself.
    pub fn connect(&mut self, broker: &mut Broker, number: usize, listener: u16, entry: &Entry) -> Checked {
        if let Some(link) = self.clients[number].link {
            self.cut(number, link);
        }
        // A CONNECT that it gave up must not be taken after this one.
        self.links.values_mut().filter(|link| link.owner == number).for_each(|link| link.to_broker.clear());
        if self.may_still_be_let_in(number) {
            return Ok(());
        }
        let broker_knows = self.links.values().all(|link| link.owner != number);
        let link = self.open(broker, number, listener)?;
        let client = &mut self.clients[number];
        let bytes = client.connect(self.now, entry, broker_knows);
        self.trace.line(|| format!("  {link:?} {} sends CONNECT {:?} {entry:?}", client.name, client.asked));
        self.links.entry(link).or_default().to_broker.extend(bytes);
        Ok(())
    }

    fn may_still_be_let_in(&self, number: usize) -> bool {
        self.questions.iter().any(|(_, about)| match about {
            Ask::Authenticate(about) => {
                self.links.get(&about.connection).is_some_and(|link| link.owner == number)
            }
            Ask::Authorize { .. } | Ask::Continue(_) | Ask::Reauthenticate(_) => false,
        })
    }

    /// A client goes: with DISCONNECT, without, or into a new connection.
    fn leave(&mut self, broker: &mut Broker, number: usize, link: ConnectionId, pace: &Pace) -> Checked {
        match self.random.below(4) {
            0 => self.enter(broker, number, pace),
            1 => {
                self.cut(number, link);
                Ok(())
            }
            _ if number == 0 => Ok(()),
            _ => {
                let code =
                    if self.clients[number].version.is_5() { 4 * self.random.below(2) as u8 } else { 0 };
                let changes = self.clients[number].version.is_5()
                    && self.clients[number].session.expiry_seconds.1 > 0
                    && self.random.chance(50);
                let expiry_seconds = changes.then(|| *self.random.pick(&[0, 5, 3_600]));
                self.disconnect(number, link, code, expiry_seconds);
                Ok(())
            }
        }
    }

    /// A client sends DISCONNECT.
    pub fn disconnect(&mut self, number: usize, link: ConnectionId, code: u8, expiry_seconds: Option<u32>) {
        let client = &mut self.clients[number];
        let bytes = client.disconnect(code, expiry_seconds);
        self.trace.line(|| format!("  {link:?} {} sends DISCONNECT {code} {expiry_seconds:?}", client.name));
        let now = self.now;
        let link = self.links.entry(link).or_default();
        link.disconnect = Some((now, code, expiry_seconds));
        link.to_broker.extend(bytes);
    }

    /// A client drops its connection; what it wrote last may be lost.
    pub fn cut(&mut self, number: usize, link: ConnectionId) {
        self.trace.line(|| format!("  {link:?} client {number} cuts it"));
        self.lost(link);
        let lost = self.random.chance(50);
        if let Some(link) = self.links.get_mut(&link) {
            link.abandoned = true;
            link.to_client.clear();
            if lost {
                link.to_broker.clear();
            }
        }
    }

    /// A client says something on its connection.
    fn speak(&mut self, number: usize, link: ConnectionId, pace: &Pace) -> Checked {
        let bytes = match self.random.below(10) {
            0..4 => self.some_acknowledgements(number),
            4 | 5 if number > 0 => self.some_subscription(number, pace),
            6 if number > 0 => {
                let pick = self.random.below(64);
                self.clients[number].repeat(pick, &mut self.ledger)?.unwrap_or_default()
            }
            _ => self.some_publish(number, pace)?,
        };
        if !bytes.is_empty() {
            let name = &self.clients[number].name;
            self.trace.line(|| format!("  {link:?} {name} sends {bytes:02x?}"));
        }
        self.links.entry(link).or_default().to_broker.extend(bytes);
        Ok(())
    }

    fn some_acknowledgements(&mut self, number: usize) -> Vec<u8> {
        let all = self.random.chance(50);
        let mut bytes = Vec::new();
        while let Some(acknowledgement) = self.clients[number].acknowledge(self.random.chance(5)) {
            bytes.extend(acknowledgement);
            if !all {
                break;
            }
        }
        bytes
    }

    fn some_subscription(&mut self, number: usize, pace: &Pace) -> Vec<u8> {
        let client = &mut self.clients[number];
        let known: Vec<String> = client
            .subscriptions
            .iter()
            .filter(|of| of.left_at.is_none())
            .map(|of| of.filter.clone())
            .collect();
        if !known.is_empty() && self.random.chance(45) {
            let filter = self.random.pick(&known).clone();
            let asking = client.is_asking(&filter);
            return if asking { Vec::new() } else { client.unsubscribe(&filter, &mut self.ledger) };
        }
        let shared = self.random.chance(pace.shared);
        let filter = if shared { self.random.pick(&GROUPS).0 } else { *self.random.pick(&FILTERS) };
        if client.is_asking(filter) {
            return Vec::new();
        }
        let (qos, no_local) = (self.random.below(3) as u8, self.random.chance(10));
        let (qos, no_local) = if shared { (2, false) } else { (qos, no_local) };
        client.subscribe(self.step, filter, qos, no_local, &mut self.ledger)
    }

    fn some_publish(&mut self, number: usize, pace: &Pace) -> Checked<Vec<u8>> {
        if self.clients[number].outgoing.len() >= 6 {
            return Ok(Vec::new());
        }
        let shared = self.random.chance(pace.shared);
        let topic = if shared { self.random.pick(&GROUPS).1 } else { *self.random.pick(&TOPICS) };
        let qos = *self.random.pick(&[0, 1, 1, 2, 2, 2]);
        let retain = !shared && self.random.chance(25);
        let clears = retain && self.random.chance(25);
        let message = self.message(number, topic, qos, retain, clears);
        self.clients[number].publish(message, &self.ledger)
    }

    /// Enters a message in the ledger, with whoever must have it once it is accepted.
    pub fn message(&mut self, publisher: usize, topic: &str, qos: u8, retain: bool, clears: bool) -> u32 {
        let now = self.now;
        let must_have = |client: &&crate::crash::client::Client| {
            let receives =
                client.surely_receives(topic, publisher).is_some_and(|granted| granted.min(qos) > 0);
            receives && (client.phase == Phase::Online || client.session.surely_there(now))
        };
        let required = self.clients.iter().filter(must_have).map(|of| (of.number, of.generation)).collect();
        self.ledger.add(Message {
            publisher,
            topic: topic.into(),
            qos,
            retain,
            clears,
            will: false,
            sent_at: self.step,
            over_at: None,
            repeated: false,
            accepted: false,
            refused: false,
            required: if clears { Vec::new() } else { required },
        })
    }
}
