//! Questions to the embedder. Input of the connection waits for the answer, up to a deadline.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::Broker;
use crate::ask::{Answer, Ask, Authenticate};
use crate::connection::{ConnectionIndex, pause};
use crate::id::Question;
use crate::output::Output;
use crate::rules::{Action, Decision};
use crate::time::Instant;
use crate::wire::Connect;

impl Broker {
    pub(super) fn ask_authenticate(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        connect: &Connect<'_>,
        client_identifier: &str,
    ) {
        let Some(connection) = self.clients.connection(index) else { return };
        let id = connection.id;
        let work = connection.work();
        if connect.client_identifier.is_empty() {
            work.assigned = Some(client_identifier.into());
        }
        let about = Authenticate {
            connection: id,
            origin: work.origin.as_deref().cloned().unwrap_or_default(),
            version: connect.version,
            client_identifier: client_identifier.into(),
            user_name: connect.user_name.map(String::from),
            password: connect.password.map(Vec::from),
            will_topic: connect.will.as_ref().map(|will| will.topic.into()),
            authentication_method: connect.properties.authentication_method().map(String::from),
            authentication_data: connect.properties.authentication_data().map(Vec::from),
        };
        self.ask(now, index, Ask::Authenticate(Box::new(about)));
    }

    /// What the embedder decided about some topics. `None`: it was asked just now, the packet waits.
    pub(super) fn authorize(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        action: Action,
        topics: impl FnOnce() -> Vec<String>,
    ) -> Option<Vec<bool>> {
        let connection = self.clients.connection(index)?;
        match connection.work.as_mut().and_then(|work| work.answer.take()) {
            Some(Answer::Decisions(decisions)) => return Some(decisions),
            Some(Answer::Accept { .. }) => return Some(topics().iter().map(|_| true).collect()),
            Some(Answer::Refuse(_) | Answer::Redirect { .. } | Answer::Continue(_)) => {
                return Some(Vec::new());
            }
            None => {}
        }
        let (id, session) = (connection.id, connection.session());
        let client_identifier = (&*self.clients.client_identifier(session)).into();
        let topics = topics();
        self.ask(now, index, Ask::Authorize { connection: id, client_identifier, action, topics });
        None
    }

    pub(super) fn authorize_publish(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        action: Action,
        topic: &str,
    ) -> Decision {
        match self.authorize(now, index, action, || Vec::from([topic.into()])).as_deref() {
            None => Decision::Ask,
            Some([true, ..]) => Decision::Allow,
            Some(_) => Decision::Deny,
        }
    }

    fn ask(&mut self, now: Instant, index: ConnectionIndex, about: Ask) {
        self.question += 1;
        let question = Question(self.question);
        let deadline = now.after_seconds(self.config().limits.answer_timeout_seconds.into());
        let Some(connection) = self.clients.connection(index) else { return };
        connection.work().question = Some((question, deadline));
        self.questions.insert(question, connection.id);
        self.clients.pause(index, pause::QUESTION, true);
        self.clients.arm_connection(index, deadline);
        self.clients.outputs.push_back(Output::Ask { question, about });
    }

    /// An answer came. One that nobody waits for any more is ignored.
    pub(super) fn answered(&mut self, now: Instant, question: Question, answer: Answer) {
        let Some(index) = self.questions.remove(&question).and_then(|id| self.clients.connections.find(id))
        else {
            return;
        };
        let Some(connection) = self.clients.connection(index) else { return };
        let exchange = connection.work.as_ref().and_then(|work| work.exchange.as_ref()?.question());
        if exchange == Some(question) {
            return self.exchange_answered(now, index, answer);
        }
        connection.last_packet_at = now;
        let work = connection.work();
        work.question = None;
        work.answer = Some(answer);
        self.clients.pause(index, pause::QUESTION, false);
        self.rearm_connection(index);
        self.resume(now, index);
    }

    /// The connection is gone, or its time for an answer is over.
    pub(super) fn forget_question(&mut self, index: ConnectionIndex) {
        let work = self.clients.connection(index).and_then(|connection| connection.work.as_mut());
        let Some(work) = work else { return };
        let asked = work.question.take().map(|(question, _)| question);
        let about_exchange = work.exchange.as_ref().and_then(|exchange| exchange.question());
        for question in asked.into_iter().chain(about_exchange) {
            self.questions.remove(&question);
        }
    }
}
