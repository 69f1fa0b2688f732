//! Whether a client that sent CONNECT may come in, and what follows from the answer.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Broker;
use super::farewell::{Farewell, redirection, usable};
use super::publish::special_action;
use super::receive::{Flow, Handled};
use crate::ask::Answer;
use crate::config::{Authentication, Listener};
use crate::connection::ConnectionIndex;
use crate::rules::{Decision, Rules};
use crate::time::Instant;
use crate::wire::{Connect, Frame, ReasonCode};

/// What became of the question whether a client may connect.
pub(super) enum Verdict {
    /// It may, by these rules; this goes into CONNACK as Authentication Data.
    Accepted { rules: Arc<Rules>, data: Option<Vec<u8>> },
    /// It may not.
    Refused(ReasonCode),
    /// Not here.
    Redirected { permanent: bool, server_reference: Option<String> },
    /// It is to say more first; this goes into AUTH.
    Continued { data: Option<Vec<u8>> },
    /// The embedder was asked just now.
    Asked,
}

impl Broker {
    /// Whether the client may connect, and by which rules.
    pub(super) fn authenticate(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        connect: &Connect<'_>,
        client_identifier: &str,
    ) -> Verdict {
        let listener = self.listener(index);
        let has_method = connect.properties.authentication_method().is_some();
        match listener.authentication {
            // [MQTT-4.12.0-1]: nobody is there who knows any method.
            Authentication::Anonymous | Authentication::Refuse if has_method => {
                Verdict::Refused(ReasonCode::BadAuthenticationMethod)
            }
            Authentication::Anonymous => will_allowed(listener.rules, None, connect, false),
            Authentication::Refuse => Verdict::Refused(ReasonCode::NotAuthorized),
            Authentication::Ask => {
                let answer = self.clients.connection(index).and_then(|of| of.work().answer.take());
                let Some(answer) = answer else {
                    self.ask_authenticate(now, index, connect, client_identifier);
                    return Verdict::Asked;
                };
                verdict(answer, listener.rules, connect)
            }
        }
    }

    pub(super) fn listener(&self, index: ConnectionIndex) -> Listener {
        let work = self.clients.connections.get(index).and_then(|connection| connection.work.as_ref());
        let number = work.and_then(|work| work.origin.as_ref()).map_or(0, |origin| origin.listener);
        self.config().listeners.get(usize::from(number)).cloned().unwrap_or_default()
    }

    /// Acts on the verdict about the CONNECT in `frame`.
    pub(super) fn decided(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        frame: &Frame<'_>,
        connect: &Connect<'_>,
        client_identifier: &str,
        verdict: Verdict,
    ) -> Handled {
        match verdict {
            Verdict::Accepted { rules, data } => {
                self.accept(now, index, connect, client_identifier, rules, data.as_deref())?;
            }
            Verdict::Refused(reason) => {
                if let Some(connection) = self.clients.connections.get(index).map(|connection| connection.id)
                {
                    self.clients.tell_authentication_refused(connection, client_identifier, reason);
                }
                // [MQTT-4.12.0-4]
                self.refuse(now, index, &Farewell::refusal(reason));
            }
            Verdict::Redirected { permanent, server_reference } => {
                let farewell = Farewell::refusal(redirection(permanent));
                self.refuse(now, index, &farewell.to(usable(server_reference.as_deref())));
            }
            Verdict::Continued { data } => {
                let method = connect.properties.authentication_method().unwrap_or_default();
                self.begin_exchange(now, index, frame, method, data.as_deref())?;
            }
            Verdict::Asked => return Ok(Flow::Wait),
        }
        Ok(Flow::Continue)
    }
}

/// What the embedder's answer comes to.
pub(super) fn verdict(answer: Answer, usual: Arc<Rules>, connect: &Connect<'_>) -> Verdict {
    match answer {
        Answer::Accept { rules, data } => will_allowed(rules.unwrap_or(usual), data, connect, true),
        Answer::Refuse(reason) => Verdict::Refused(reason),
        Answer::Redirect { permanent, server_reference } => {
            Verdict::Redirected { permanent, server_reference }
        }
        // [MQTT-4.12.0-6]: not to a client that named no method.
        Answer::Continue(data) if connect.properties.authentication_method().is_some() => {
            Verdict::Continued { data }
        }
        Answer::Continue(_) | Answer::Decisions(_) => Verdict::Refused(ReasonCode::NotAuthorized),
    }
}

/// The client may connect unless its will is one that it may not publish. `asked`: the embedder saw the topic
/// when it was asked about the client.
fn will_allowed(rules: Arc<Rules>, data: Option<Vec<u8>>, connect: &Connect<'_>, asked: bool) -> Verdict {
    let may_publish = |action, topic| match rules.decide(action, topic) {
        Decision::Allow => true,
        Decision::Deny => false,
        Decision::Ask => asked,
    };
    let allowed = connect.will.as_ref().is_none_or(|will| {
        special_action(will.topic, will.retain).is_some_and(|action| may_publish(action, will.topic))
    });
    if allowed { Verdict::Accepted { rules, data } } else { Verdict::Refused(ReasonCode::NotAuthorized) }
}
