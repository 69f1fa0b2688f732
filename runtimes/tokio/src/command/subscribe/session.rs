//! What `hushwing sub` does with the events of its client.

use hushwing_common::tools::subscribe::Subscribing;
use hushwing_core::client::{CloseReason, Event, Message, Publication, Ticket};
use hushwing_core::wire::{QoS, ReasonCode};

use super::printer::Printer;
use crate::command::driver::{Driver, closed};
use crate::command::{FAILED, Failure};

/// What follows the end of a connection.
pub(super) enum Verdict {
    /// The program ends.
    End(Result<(), Failure>),
    /// It connects again.
    Again(Failure),
}

/// All connections together.
pub(super) struct Session<'a> {
    subscribing: &'a Subscribing,
    printer: Printer<'a>,
    quiet: bool,
    debug: bool,
    was_connected: bool,
    /// The SUBSCRIBE that was sent last.
    subscription: Option<Ticket>,
    printed: u64,
    /// Set when there is no more to print.
    enough: bool,
}

/// A step of the client, without what it borrows.
enum Step {
    Nothing,
    Subscribe,
    Remove(String),
    End(Verdict),
}

impl<'a> Session<'a> {
    pub(super) fn new(subscribing: &'a Subscribing, quiet: bool, debug: bool) -> Self {
        Self {
            subscribing,
            printer: Printer::new(&subscribing.format),
            quiet,
            debug,
            was_connected: false,
            subscription: None,
            printed: 0,
            enough: false,
        }
    }

    pub(super) fn was_connected(&self) -> bool {
        self.was_connected
    }

    /// Goes on until there is a verdict. May be dropped at any wait.
    pub(super) async fn run(&mut self, driver: &mut Driver) -> Verdict {
        self.tell(driver, "sending CONNECT");
        loop {
            let verdict = self.take_events(driver);
            let more = self.printer.is_full();
            // Whoever closed standard output wants no more.
            if self.printer.flush().is_err() {
                return Verdict::End(Ok(()));
            }
            if let Some(verdict) = verdict {
                return verdict;
            }
            if self.is_done(driver) {
                return Verdict::End(Ok(()));
            }
            if !more {
                driver.turn().await;
            }
        }
    }

    /// Enough was printed, and what --remove-retained published is acknowledged.
    fn is_done(&self, driver: &Driver) -> bool {
        self.enough && driver.client.unfinished() == 0
    }

    fn take_events(&mut self, driver: &mut Driver) -> Option<Verdict> {
        // Messages that are not wanted any more stay unread, and so unacknowledged: a kept session has them
        // next time.
        while !self.printer.is_full() && !self.is_done(driver) {
            let event = driver.client.poll_event()?;
            let step = self.step(&event);
            let done = match step {
                Step::Nothing => None,
                Step::Subscribe => self.subscribe(driver).err(),
                Step::Remove(topic) => Self::remove(driver, &topic).err(),
                Step::End(verdict) => return Some(verdict),
            };
            if let Some(failure) = done {
                return Some(Verdict::End(Err(failure)));
            }
        }
        None
    }

    fn step(&mut self, event: &Event<'_>) -> Step {
        match event {
            Event::Connected { session_present, .. } => {
                self.trace(&format!("received CONNACK (session present: {session_present})"));
                // A session that this program left behind a moment ago has its subscriptions.
                let again = self.was_connected && *session_present;
                self.was_connected = true;
                if again { Step::Nothing } else { Step::Subscribe }
            }
            Event::Message(message) => self.message(message),
            Event::Subscribed { ticket, reasons, .. } => self.subscribed(*ticket, reasons),
            Event::Unsubscribed { .. } => {
                self.trace("received UNSUBACK");
                self.enough |= self.subscribing.filters.is_empty();
                Step::Nothing
            }
            Event::Failed { failure, .. } => {
                self.warn(&failure.to_string());
                Step::Nothing
            }
            Event::Authenticate { .. } | Event::Authenticated { .. } => Step::End(Verdict::End(Err(
                Failure::new(FAILED, "the server asks for an authentication by AUTH"),
            ))),
            Event::Published { .. } => Step::Nothing,
            Event::Closed(reason) => Step::End(self.closed(reason)),
        }
    }

    fn subscribe(&mut self, driver: &mut Driver) -> Result<(), Failure> {
        let now = driver.now();
        let failed = |error| Failure::new(FAILED, format!("cannot subscribe: {error}"));
        if !self.subscribing.filters.is_empty() {
            self.trace(&format!("sending SUBSCRIBE ({})", self.subscribing.filters.join(", ")));
            let properties = self.subscribing.of_subscribe().as_properties();
            let sent = driver.client.subscribe(now, &self.subscribing.with_options(), properties);
            self.subscription = Some(sent.map_err(failed)?);
        }
        if !self.subscribing.unsubscribe.is_empty() {
            self.trace(&format!("sending UNSUBSCRIBE ({})", self.subscribing.unsubscribe.join(", ")));
            let filters: Vec<&str> = self.subscribing.unsubscribe.iter().map(String::as_str).collect();
            let properties = self.subscribing.of_unsubscribe().as_properties();
            driver.client.unsubscribe(now, &filters, properties).map_err(failed)?;
        }
        Ok(())
    }

    fn subscribed(&mut self, ticket: Ticket, reasons: &[u8]) -> Step {
        self.trace(&format!("received SUBACK {reasons:?}"));
        if Some(ticket) != self.subscription {
            return Step::Nothing;
        }
        let mut first = None;
        for (filter, byte) in self.subscribing.filters.iter().zip(reasons) {
            let reason = ReasonCode::from_byte(*byte).unwrap_or(ReasonCode::UnspecifiedError);
            if reason.is_error() {
                first.get_or_insert(reason);
                self.warn(&format!("the server refused to subscribe to {filter:?}: {reason}"));
            }
        }
        if let Some(reason) = first
            && reasons.iter().all(|byte| *byte >= 0x80)
        {
            let failure = Failure::new(reason.byte(), "all subscription requests were denied");
            return Step::End(Verdict::End(Err(failure)));
        }
        self.enough |= self.subscribing.exit_after_subscribing;
        Step::Nothing
    }

    fn message(&mut self, message: &Message<'_>) -> Step {
        if self.enough {
            return Step::Nothing;
        }
        if self.subscribing.retained_only && !message.retain {
            self.enough = true;
            return Step::Nothing;
        }
        if self.subscribing.leaves_out(message.topic) {
            return Step::Nothing;
        }
        let (qos, retain, length) = (message.qos.bits(), u8::from(message.retain), message.payload.len());
        self.trace(&format!("received PUBLISH (q{qos}, r{retain}, '{}', {length} bytes)", message.topic));
        if self.subscribing.prints(message.retain) {
            if let Err(sentence) = self.printer.print(message) {
                self.warn(&sentence);
            }
            self.printed += 1;
            self.enough = self.subscribing.count == Some(self.printed);
        }
        // An empty message is what forgetting looks like.
        let remove = self.subscribing.remove_retained && message.retain && !message.payload.is_empty();
        if remove { Step::Remove(message.topic.into()) } else { Step::Nothing }
    }

    fn remove(driver: &mut Driver, topic: &str) -> Result<(), Failure> {
        let now = driver.now();
        let empty = Publication { qos: QoS::AtLeastOnce, retain: true, ..Publication::new(topic, b"") };
        let sent = driver.client.publish(now, &empty);
        sent.map_or_else(
            |error| Err(Failure::new(FAILED, format!("cannot remove {topic:?}: {error}"))),
            |_| Ok(()),
        )
    }

    fn closed(&self, reason: &CloseReason<'_>) -> Verdict {
        let failure = closed(&self.subscribing.connection, reason);
        let may_come_back = match reason {
            CloseReason::Lost | CloseReason::PingTimeout => true,
            CloseReason::Server { reason, .. } => {
                matches!(reason, ReasonCode::ServerShuttingDown | ReasonCode::ServerBusy)
            }
            _ => false,
        };
        if may_come_back && self.was_connected { Verdict::Again(failure) } else { Verdict::End(Err(failure)) }
    }

    /// Tells what is wrong and does not end the program.
    pub(super) fn warn(&self, sentence: &str) {
        if !self.quiet {
            eprintln!("Warning: {sentence}");
        }
    }

    fn tell(&self, driver: &Driver, what: &str) {
        self.trace(&format!("{what} as {:?}", driver.client.client_identifier()));
    }

    fn trace(&self, what: &str) {
        if self.debug {
            eprintln!("Client {what}");
        }
    }
}
