//! A broker as the standard describes it, and nothing else.

use std::collections::BTreeMap;

use hushwing_core::ProtocolVersion;
use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;

use super::action::{Action, CLIENTS, Connect, FILTERS, TOPICS, any_action, any_versions};
use super::delivery::{Answer, Delivery, Message, Told};
use super::session::{FOR_EVER, InFlight, Session, Stage, Subscription};

/// How many messages may be in flight, if that is limited.
pub(crate) const SMALL_WINDOW: u16 = 2;

/// An identifier that no client of these uses.
const UNUSED: u16 = 60_000;

/// A packet, or the end of a connection, that an action comes to.
#[derive(Clone, Debug)]
pub(crate) enum Say {
    /// With the payload of the will; whether a session is there to go on with.
    Connect {
        connect: Connect,
        payload: Option<String>,
        resumes: bool,
    },
    Disconnect {
        code: u8,
        expiry_seconds: Option<u32>,
    },
    Lose,
    Subscribe(&'static str, Subscription),
    Unsubscribe(&'static str),
    Publish {
        packet_identifier: u16,
        message: Message,
        duplicate: bool,
    },
    Release(u16),
    Acknowledge {
        delivery: Delivery,
        stage: Stage,
        refuse: bool,
    },
}

#[derive(Clone)]
pub(crate) struct Naive {
    pub(crate) versions: [ProtocolVersion; CLIENTS],
    pub(crate) journal: bool,
    /// The machine does everything in the smallest steps, and nobody is sent more than [`SMALL_WINDOW`] at once.
    pub(crate) small: bool,
    /// Milliseconds; every action has another one, so that no two things are due at the same time.
    pub(crate) now: u64,
    sessions: BTreeMap<usize, Session>,
    retained: BTreeMap<String, Message>,
    published: usize,
    /// Who acknowledges at once.
    pub(crate) eager: [bool; CLIENTS],
    /// What the clients themselves have published at QoS 2 and not released.
    unreleased: [Vec<(u16, Message)>; CLIENTS],
    /// What the last action came to.
    pub(crate) said: Option<(usize, Say)>,
    pub(crate) told: [Told; CLIENTS],
}

/// What it begins with: the rest follows from the actions.
impl std::fmt::Debug for Naive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}, journal {}, small {}", self.versions, self.journal, self.small)
    }
}

impl Naive {
    fn new(versions: [ProtocolVersion; CLIENTS], journal: bool, small: bool) -> Self {
        Self {
            versions,
            journal,
            small,
            now: 0,
            sessions: BTreeMap::new(),
            retained: BTreeMap::new(),
            published: 0,
            eager: [false; CLIENTS],
            unreleased: Default::default(),
            said: None,
            told: Default::default(),
        }
    }

    pub(crate) fn is_connected(&self, client: usize) -> bool {
        self.sessions.get(&client).is_some_and(|session| session.connected)
    }

    fn is_5(&self, client: usize) -> bool {
        self.versions[client] == ProtocolVersion::V5_0
    }

    fn session(&mut self, client: usize) -> &mut Session {
        self.sessions.get_mut(&client).expect("there is a session")
    }

    fn say(&mut self, client: usize, say: Say) {
        self.said = Some((client, say));
    }

    fn tell(&mut self, client: usize, answer: Answer) {
        self.told[client].answers.push(answer);
    }

    fn act(&mut self, action: &Action) {
        self.now += 1;
        (self.said, self.told) = (None, Default::default());
        match *action {
            Action::Connect(client, ref connect) => self.connect(client, connect.clone()),
            Action::Disconnect { client, with_will, expiry_seconds } => {
                self.disconnect(client, with_will, expiry_seconds);
            }
            Action::Lose { client } => {
                self.say(client, Say::Lose);
                self.connection_ends(client);
            }
            Action::Subscribe { client, filter, subscription } => {
                self.subscribe(client, FILTERS[filter], subscription);
            }
            Action::Unsubscribe { client, filter } => self.unsubscribe(client, FILTERS[filter]),
            Action::Publish { client, topic, qos, retain, empty, expiry_seconds } => {
                let payload = if empty { String::new() } else { self.new_payload() };
                // Two of them look alike, and so would be acknowledgements for one or the other.
                let qos = if empty { 0 } else { qos };
                let topic = TOPICS[topic].to_owned();
                let expiry_seconds = expiry_seconds.filter(|_| self.is_5(client));
                let expiry = expiry_seconds.map(|seconds| (self.now + u64::from(seconds) * 1_000, seconds));
                self.publish_from(client, Message { topic, payload, qos, retain, publisher: client, expiry });
            }
            Action::Repeat { client } => self.repeat(client),
            Action::Release { client } => self.release(client),
            Action::ReleaseNothing { client } => {
                self.say(client, Say::Release(UNUSED));
                // 5.0 section 3.7.2.1
                let code = if self.is_5(client) { 0x92 } else { 0 };
                self.tell(client, Answer::Pubcomp { packet_identifier: UNUSED, code });
            }
            Action::Acknowledge { client, which, refuse } => self.acknowledge(client, which, refuse),
            Action::Eager { client, eager } => self.eager[client] = eager,
            Action::Wait { seconds } => self.wait(seconds * 1_000),
            Action::Crash => self.crash(),
        }
        self.settle();
    }

    fn new_payload(&mut self) -> String {
        self.published += 1;
        self.published.to_string()
    }

    fn connect(&mut self, client: usize, mut connect: Connect) {
        if !self.is_5(client) {
            // [MQTT-3.1.2-4] to [MQTT-3.1.2-6] of 3.1.1
            connect.expiry_seconds = if connect.clean { 0 } else { FOR_EVER };
            connect.receive_maximum = None;
            connect.will.iter_mut().for_each(|will| will.delay_seconds = 0);
        }
        let payload = connect.will.map(|_| self.new_payload());
        if self.is_connected(client) {
            // [MQTT-3.1.4-3]
            if self.is_5(client) {
                self.tell(client, Answer::Disconnect(0x8E));
            }
            self.tell(client, Answer::Closed);
            self.connection_ends(client);
        }
        // [MQTT-3.1.2-4]
        if connect.clean {
            self.session_ends(client);
        }
        let session_present = self.sessions.contains_key(&client);
        let say =
            Say::Connect { connect: connect.clone(), payload: payload.clone(), resumes: session_present };
        self.say(client, say);
        let small = self.small;
        let session = self.sessions.entry(client).or_default();
        session.resumed();
        session.expiry_seconds = connect.expiry_seconds;
        let allowed = if small { SMALL_WINDOW } else { u16::MAX };
        session.receive_maximum = usize::from(connect.receive_maximum.unwrap_or(u16::MAX).min(allowed));
        session.in_flight_maximum = usize::from(allowed);
        session.will = connect.will.zip(payload);
        if !session_present {
            self.unreleased[client].clear();
        }
        self.eager[client] = connect.eager;
        // MQTT 3.1 has no Session Present.
        let session_present = session_present && self.versions[client] != ProtocolVersion::V3_1;
        self.tell(client, Answer::Connack { session_present, code: 0 });
    }

    fn disconnect(&mut self, client: usize, with_will: bool, expiry_seconds: Option<u32>) {
        let is_5 = self.is_5(client);
        let session = self.session(client);
        // One that was 0 stays so (5.0 section 3.14.2.2.2).
        let expiry_seconds = expiry_seconds.filter(|_| is_5 && session.expiry_seconds != 0);
        session.expiry_seconds = expiry_seconds.unwrap_or(session.expiry_seconds);
        // [MQTT-3.14.4-3]
        let code = if with_will && is_5 { 0x04 } else { 0x00 };
        if code == 0 {
            session.will = None;
        }
        self.say(client, Say::Disconnect { code, expiry_seconds });
        self.connection_ends(client);
        self.tell(client, Answer::Closed);
    }

    fn connection_ends(&mut self, client: usize) {
        let now = self.now;
        let session = self.session(client);
        (session.connected, session.since) = (false, now);
        self.time_has_come(client);
    }

    /// Its will goes out and it ends, if it is time for that.
    fn time_has_come(&mut self, client: usize) {
        let session = &self.sessions[&client];
        let (will_at, ends_at) = (session.will_at(), session.ends_at());
        if will_at <= self.now {
            self.publish_will(client);
        }
        if ends_at <= self.now {
            self.session_ends(client);
        }
    }

    fn publish_will(&mut self, client: usize) {
        if let Some((will, payload)) = self.session(client).will.take() {
            let topic = TOPICS[will.topic].to_owned();
            let message = Message {
                topic,
                payload,
                qos: will.qos,
                retain: will.retain,
                publisher: client,
                expiry: None,
            };
            self.publish(&message);
        }
    }

    /// Whatever is left of it (`docs/decisions.md` D1).
    fn session_ends(&mut self, client: usize) {
        if self.sessions.contains_key(&client) {
            self.publish_will(client);
            self.sessions.remove(&client);
        }
    }

    /// All connections are lost at once, and nothing else.
    fn crash(&mut self) {
        let lost: Vec<usize> = (0..CLIENTS).filter(|client| self.is_connected(*client)).collect();
        for client in &lost {
            let now = self.now;
            let session = self.session(*client);
            (session.connected, session.since) = (false, now);
        }
        lost.iter().for_each(|client| self.time_has_come(*client));
    }

    /// Who takes over while his own will goes out in small steps may be there to get it, or not yet.
    fn may_connect(&self, client: usize) -> bool {
        let has_will = self.sessions.get(&client).is_some_and(|of| of.connected && of.will.is_some());
        !(self.small && has_will)
    }

    /// Whether the standard says what a crash does: it has no order for wills of several clients.
    fn may_crash(&self) -> bool {
        let with_will = self.sessions.values().filter(|session| session.connected && session.will.is_some());
        self.journal && with_will.count() <= 1
    }

    fn wait(&mut self, milliseconds: u64) {
        let end = self.now + milliseconds;
        loop {
            let away = self.sessions.iter().filter(|(_, session)| !session.connected);
            let next =
                away.map(|(client, session)| (session.will_at().min(session.ends_at()), *client)).min();
            let Some((due, client)) = next.filter(|(due, _)| *due <= end) else { break };
            self.now = due;
            self.time_has_come(client);
            self.settle();
        }
        self.now = end;
    }

    /// As the client's version knows it.
    fn known(&self, client: usize, subscription: Subscription) -> Subscription {
        if self.is_5(client) {
            return subscription;
        }
        Subscription {
            no_local: false,
            retain_as_published: false,
            retain_handling: 0,
            identifier: None,
            ..subscription
        }
    }

    fn subscribe(&mut self, client: usize, filter: &'static str, subscription: Subscription) {
        let subscription = self.known(client, subscription);
        self.say(client, Say::Subscribe(filter, subscription));
        let is_new = self.session(client).subscriptions.insert(filter, subscription).is_none();
        self.tell(client, Answer::Suback(vec![subscription.qos]));
        for delivery in self.replayed(client, filter, subscription, is_new) {
            self.hand_over(client, delivery);
        }
    }

    /// The retained messages that a SUBSCRIBE asks for ([MQTT-3.3.1-9] to [MQTT-3.3.1-11]).
    fn replayed(&self, client: usize, filter: &str, of: Subscription, is_new: bool) -> Vec<Delivery> {
        let wanted = of.retain_handling == 0 || of.retain_handling == 1 && is_new;
        let matching = self.retained.values().filter(|message| wanted && matches(filter, &message.topic));
        let alive = |message: &&Message| message.expiry.is_none_or(|(expires_at, _)| expires_at > self.now);
        // `docs/decisions.md` D2
        let allowed = matching.filter(alive).filter(|message| !(of.no_local && message.publisher == client));
        allowed
            .map(|message| Delivery {
                topic: message.topic.clone(),
                payload: message.payload.clone(),
                qos: message.qos.min(of.qos),
                retain: true,
                identifiers: of.identifier.into_iter().collect(),
                expiry: message.expiry.map(|(expires_at, _)| expires_at),
            })
            .collect()
    }

    /// Whether all that it would bring can be sent at once: else the standard does not say what comes first, nor what
    /// becomes of it when the next thing happens.
    fn may_subscribe(&self, client: usize, filter: &str, subscription: Subscription) -> bool {
        let session = &self.sessions[&client];
        let replayed = self.replayed(client, filter, self.known(client, subscription), true);
        let above = replayed.iter().filter(|delivery| delivery.qos > 0).count();
        let waits = !session.queue.is_empty() || session.in_flight.iter().any(|entry| !entry.sent);
        self.eager[client] || !waits && above <= session.new_quota()
    }

    fn unsubscribe(&mut self, client: usize, filter: &'static str) {
        self.say(client, Say::Unsubscribe(filter));
        let existed = self.session(client).subscriptions.remove(filter).is_some();
        // 5.0 section 3.11.3
        let codes = if self.is_5(client) { vec![if existed { 0x00 } else { 0x11 }] } else { vec![] };
        self.tell(client, Answer::Unsuback(codes));
    }

    fn publish_from(&mut self, client: usize, message: Message) {
        // A client uses its identifiers again as soon as it may ([MQTT-2.2.1-3]).
        let used = |identifier: &u16| self.unreleased[client].iter().any(|(of, _)| of == identifier);
        let packet_identifier = (1..).find(|identifier| !used(identifier)).expect("few are in use");
        self.say(client, Say::Publish { packet_identifier, message: message.clone(), duplicate: false });
        let received = self.publish(&message);
        // `docs/decisions.md` D55
        let code = if received || !self.is_5(client) { 0x00 } else { 0x10 };
        match message.qos {
            0 => {}
            1 => self.tell(client, Answer::Puback { packet_identifier, code }),
            _ => {
                self.tell(client, Answer::Pubrec { packet_identifier, code });
                self.session(client).incoming.insert(packet_identifier);
                self.unreleased[client].push((packet_identifier, message));
            }
        }
    }

    fn repeat(&mut self, client: usize) {
        let (packet_identifier, message) = self.unreleased[client][0].clone();
        self.say(client, Say::Publish { packet_identifier, message: message.clone(), duplicate: true });
        // [MQTT-4.3.3-10]
        if self.session(client).incoming.insert(packet_identifier) {
            self.publish(&message);
        }
        self.tell(client, Answer::Pubrec { packet_identifier, code: 0 });
    }

    fn release(&mut self, client: usize) {
        let (packet_identifier, _) = self.unreleased[client].remove(0);
        self.say(client, Say::Release(packet_identifier));
        // [MQTT-4.3.3-11]
        self.session(client).incoming.remove(&packet_identifier);
        self.tell(client, Answer::Pubcomp { packet_identifier, code: 0 });
    }

    /// Whether somebody has a subscription for it.
    fn publish(&mut self, message: &Message) -> bool {
        // [MQTT-3.3.1-5], [MQTT-3.3.1-6]
        if message.retain && message.payload.is_empty() {
            self.retained.remove(&message.topic);
        } else if message.retain {
            self.retained.insert(message.topic.clone(), message.clone());
        }
        let mut received = false;
        for client in self.sessions.keys().copied().collect::<Vec<_>>() {
            if let Some(delivery) = self.delivery(client, message) {
                received = true;
                self.hand_over(client, delivery);
            }
        }
        received
    }

    /// The one copy that a client gets (`docs/decisions.md` D13).
    fn delivery(&self, client: usize, message: &Message) -> Option<Delivery> {
        let matching = |(filter, of): &(&&str, &Subscription)| {
            matches(filter, &message.topic) && !(of.no_local && message.publisher == client)
        };
        let matching: Vec<&Subscription> =
            self.sessions[&client].subscriptions.iter().filter(matching).map(|(_, of)| of).collect();
        let highest = matching.iter().map(|of| of.qos).max()?;
        Some(Delivery {
            topic: message.topic.clone(),
            payload: message.payload.clone(),
            // [MQTT-3.8.4-8]
            qos: message.qos.min(highest),
            // [MQTT-3.3.1-12], [MQTT-3.3.1-13]
            retain: message.retain && matching.iter().any(|of| of.retain_as_published),
            identifiers: matching.iter().filter_map(|of| of.identifier).collect(),
            expiry: message.expiry.map(|(expires_at, _)| expires_at),
        })
    }

    fn hand_over(&mut self, client: usize, delivery: Delivery) {
        let session = self.session(client);
        if delivery.qos > 0 {
            session.queue.push(delivery);
        } else if session.connected {
            // `docs/decisions.md` D19: nobody else gets one at QoS 0.
            let sent = self.as_sent(client, delivery);
            self.told[client].new.push(sent);
        }
    }

    /// What is left of its time goes with it ([MQTT-3.3.2-6]).
    fn as_sent(&self, client: usize, delivery: Delivery) -> Delivery {
        let left = delivery.expiry.map(|expires_at| expires_at.saturating_sub(self.now).div_ceil(1_000));
        Delivery { expiry: left.filter(|_| self.is_5(client)), ..delivery }
    }

    fn acknowledge(&mut self, client: usize, which: prop::sample::Index, refuse: bool) {
        let refuse = refuse && self.is_5(client);
        let in_flight = &mut self.session(client).in_flight;
        let sent: Vec<usize> = (0..in_flight.len()).filter(|index| in_flight[*index].sent).collect();
        if sent.is_empty() {
            return;
        }
        let index = *which.get(&sent);
        let (delivery, stage) = (in_flight[index].delivery.clone(), in_flight[index].stage);
        let refuse = refuse && stage == Stage::Publish;
        // Of several that look alike (a retained message that came twice) it is the first.
        let alike = |of: &InFlight| of.sent && of.stage == stage && of.delivery.is_like(&delivery);
        let index = in_flight.iter().position(alike).unwrap_or(index);
        self.say(client, Say::Acknowledge { delivery, stage, refuse });
        self.acknowledged(client, index, refuse);
    }

    fn acknowledged(&mut self, client: usize, index: usize, refuse: bool) {
        let in_flight = &mut self.session(client).in_flight;
        let entry = &mut in_flight[index];
        // [MQTT-4.3.3-3] to [MQTT-4.3.3-5]; a refusal ends it (5.0 section 4.3.3).
        if entry.delivery.qos == 2 && entry.stage == Stage::Publish && !refuse {
            entry.stage = Stage::Release;
            self.told[client].releases += 1;
        } else {
            in_flight.remove(index);
        }
    }

    /// Everybody gets what can be sent, and acknowledges it if it is somebody who does.
    fn settle(&mut self) {
        for client in (0..CLIENTS).filter(|client| self.is_connected(*client)).collect::<Vec<_>>() {
            loop {
                let now = self.now;
                let (again, new, releases) = self.session(client).sends(now);
                for delivery in again {
                    let sent = self.as_sent(client, delivery);
                    self.told[client].again.push(sent);
                }
                for delivery in new {
                    let sent = self.as_sent(client, delivery);
                    self.told[client].new.push(sent);
                }
                self.told[client].releases += releases;
                let sent = self.session(client).in_flight.iter().position(|entry| entry.sent);
                match sent.filter(|_| self.eager[client]) {
                    Some(index) => self.acknowledged(client, index, false),
                    None => break,
                }
            }
        }
    }
}

/// Section 4.7 as it stands there.
fn matches(filter: &str, topic: &str) -> bool {
    fn levels(filter: &[&str], topic: &[&str]) -> bool {
        match (filter, topic) {
            (["#"], _) | ([], []) => true,
            ([first, filter @ ..], [level, topic @ ..]) => {
                (*first == "+" || first == level) && levels(filter, topic)
            }
            _ => false,
        }
    }
    // [MQTT-4.7.2-1]
    let hidden = topic.starts_with('$') && filter.starts_with(['+', '#']);
    let (filter, topic): (Vec<&str>, Vec<&str>) = (filter.split('/').collect(), topic.split('/').collect());
    !hidden && levels(&filter, &topic)
}

impl ReferenceStateMachine for Naive {
    type State = Self;
    type Transition = Action;

    fn init_state() -> BoxedStrategy<Self> {
        (any_versions(), any::<bool>(), prop::bool::weighted(0.3))
            .prop_map(|(versions, journal, small)| Self::new(versions, journal, small))
            .boxed()
    }

    fn transitions(state: &Self) -> BoxedStrategy<Action> {
        any_action(state)
    }

    fn apply(mut state: Self, action: &Action) -> Self {
        state.act(action);
        state
    }

    fn preconditions(state: &Self, action: &Action) -> bool {
        let connected = action.client().is_none_or(|client| state.is_connected(client));
        match *action {
            Action::Connect(client, _) => state.may_connect(client),
            Action::Crash => state.may_crash(),
            _ if !connected => false,
            Action::Subscribe { client, filter, subscription } => {
                state.may_subscribe(client, FILTERS[filter], subscription)
            }
            Action::Publish { client, qos: 2, empty: false, .. } => state.unreleased[client].len() < 5,
            Action::Repeat { client } | Action::Release { client } => !state.unreleased[client].is_empty(),
            _ => true,
        }
    }
}
