//! The program that the broker is part of: it answers questions, late at times, and gives commands.

use hushwing_core::wire::{QoS, ReasonCode};
use hushwing_core::{Answer, Ask, Command, ConnectionId, Input, Publication, Question};

use super::World;
use crate::nonsense;
use crate::simulation::access;
use crate::simulation::agenda::Event;
use crate::simulation::ledger::{EMBEDDER, Message};
use crate::simulation::oracle::Checked;

/// The connection that a question is about.
pub(super) fn connection_of(about: &Ask) -> ConnectionId {
    match about {
        Ask::Authenticate(about) => about.connection,
        Ask::Continue(about) | Ask::Reauthenticate(about) => about.connection,
        Ask::Authorize { connection, .. } => *connection,
    }
}

impl World {
    pub(super) fn asked(&mut self, question: Question, about: Ask) {
        if matches!(about, Ask::Authenticate(_)) && !self.calm && self.random.chance(3) {
            // The broker refuses by itself when it has waited long enough.
            self.oracle.reach.count("fault: no answer");
            return;
        }
        self.questions.push_back((question, about));
        let late = !self.calm && self.random.chance(20);
        if late {
            self.oracle.reach.count("fault: late answer");
        }
        let wait = if late { self.random.number() % 3_000_000 } else { self.random.number() % 5_000 };
        self.agenda.enter(self.now + wait, Event::Answer);
    }

    /// Answers the oldest question.
    pub(super) fn answer(&mut self) -> Checked {
        let Some((question, about)) = self.questions.pop_front() else { return Ok(()) };
        let ConnectionId(id) = connection_of(&about);
        let answer = self.decide(&about);
        self.trace.line(|| format!("{} {about:?} is answered {answer:?}", self.now));
        if self.broker.is_none() {
            return Ok(());
        }
        self.call(2, |broker, now| broker.handle_input(now, Input::Answer { question, answer }))?;
        let asks = self.outputs.iter().any(|output| {
            matches!(output, hushwing_core::Output::Ask { about, .. } if connection_of(about).0 == id)
        });
        // What follows was kept until now; the next question may be about it.
        let is_about_auth = matches!(about, Ask::Continue(_) | Ask::Reauthenticate(_));
        if !is_about_auth {
            self.oracle.answered(id, asks)?;
        }
        self.carry_out()
    }

    fn decide(&mut self, about: &Ask) -> Answer {
        match about {
            Ask::Authenticate(who) if who.authentication_method.as_deref() == Some(nonsense::METHOD) => {
                Answer::Continue(None)
            }
            Ask::Authenticate(_) if !self.calm && self.random.chance(5) => {
                self.oracle.reach.count("fault: refused answer");
                Answer::Refuse(*self.random.pick(&[ReasonCode::NotAuthorized, ReasonCode::ServerBusy]))
            }
            Ask::Authenticate(who) if who.authentication_method.is_some() && self.random.chance(50) => {
                Answer::Continue(Some(b"who are you?".to_vec()))
            }
            Ask::Authenticate(_) | Ask::Continue(_) | Ask::Reauthenticate(_) => {
                Answer::Accept { rules: None, data: None }
            }
            Ask::Authorize { client_identifier, action, topics, .. } => {
                let client = crate::simulation::client::number_of(client_identifier).unwrap_or_default();
                let inner =
                    |topic: &String| !topic.starts_with("ask/") || access::decide(client, *action, topic);
                Answer::Decisions(topics.iter().map(inner).collect())
            }
        }
    }

    /// An operator does something.
    pub(super) fn operate(&mut self) -> Checked {
        let after = 5_000_000 + self.random.number() % 40_000_000;
        self.agenda.enter(self.now + after, Event::Operator);
        if self.calm || self.broker.is_none() {
            return Ok(());
        }
        self.oracle.reach.count("command");
        let client = self.random.below(self.clients.len());
        let client_identifier = self.clients[client].name.clone();
        let reason = ReasonCode::AdministrativeAction;
        match self.random.below(10) {
            0..6 => self.publish_inside(),
            6 => self.command(Command::Disconnect { client_identifier, reason }),
            7 => self.command(Command::EndSession { client_identifier, reason }),
            8 => self.command(Command::Redirect {
                client_identifier: Some(client_identifier),
                permanent: false,
                server_reference: None,
            }),
            _ => {
                self.oracle.reach.count("reload");
                self.command(Command::Reload(self.config.clone()))
            }
        }
    }

    fn command(&mut self, command: Command) -> Checked {
        self.trace.line(|| format!("{} {command:?}", self.now));
        self.call(1, |broker, now| broker.handle_input(now, Input::Command(command)))?;
        self.carry_out()
    }

    fn publish_inside(&mut self) -> Checked {
        let mut message = Message::new(EMBEDDER, self.random.below(16) as u16);
        message.qos = self.random.below(3) as u8;
        message.retain = self.random.chance(20);
        let (topic, qos, retain) = (message.topic_name().to_owned(), message.qos, message.retain);
        let number = self.oracle.ledger.add(message);
        let payload = self.oracle.ledger.payload(number);
        let qos = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce][usize::from(qos)];
        let publication = Publication { topic, payload, qos, retain, properties: Vec::new() };
        self.trace.line(|| format!("{} the embedder publishes {number} on {}", self.now, publication.topic));
        self.call(1, |broker, now| broker.handle_input(now, Input::Command(Command::Publish(publication))))?;
        self.oracle.published_inside(number);
        self.carry_out()
    }
}
