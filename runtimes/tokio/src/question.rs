//! Questions of the machine, and whoever answers them.

use std::fmt;

use hushwing_core::{Answer, Ask, Question};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Answers one question, once, from any thread and at any time. Dropped without an answer, or too late
/// ([`hushwing_core::Limits::answer_timeout_seconds`]), the client is refused.
#[must_use]
pub struct Reply {
    question: Question,
    answers: UnboundedSender<(Question, Answer)>,
}

impl Reply {
    /// Answers. Nothing happens if the client is gone by then.
    pub fn send(self, answer: Answer) {
        // It fails only where the broker has ended, and so has the client.
        let _ = self.answers.send((self.question, answer));
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reply").field(&self.question).finish()
    }
}

/// What the embedding program does with a question.
pub(crate) type OnAsk = Box<dyn FnMut(Ask, Reply) + Send>;

/// Passes questions on, if anybody wants them.
pub(crate) struct Questions {
    on_ask: Option<OnAsk>,
    answers: UnboundedSender<(Question, Answer)>,
}

impl Questions {
    /// With the end where the answers arrive. They are never more than there are questions open.
    pub(crate) fn new(on_ask: Option<OnAsk>) -> (Self, UnboundedReceiver<(Question, Answer)>) {
        let (answers, arriving) = unbounded_channel();
        (Self { on_ask, answers }, arriving)
    }

    /// Whether there was somebody to ask.
    pub(crate) fn ask(&mut self, question: Question, about: Ask) -> bool {
        let Some(on_ask) = &mut self.on_ask else { return false };
        on_ask(about, Reply { question, answers: self.answers.clone() });
        true
    }
}
