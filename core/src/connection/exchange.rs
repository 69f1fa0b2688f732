//! Enhanced authentication (5.0 section 4.12): how far the exchange of AUTH packets has come.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::id::Question;
use crate::time::Instant;
use crate::wire::{FixedHeader, Frame};

/// The exchange of a client whose CONNECT named an Authentication Method. It stays as long as the connection:
/// the client may start anew, by the same method.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) method: Box<str>,
    /// The CONNECT that waits for the end of it; none once it was accepted.
    pub(crate) connect: Option<HeldConnect>,
    pub(crate) turn: Turn,
}

/// Who has to say something next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nobody: the client is in.
    Nobody,
    /// The client, with AUTH, until then.
    Client(Instant),
    /// The embedder, with its answer, until then.
    Embedder(Question, Instant),
}

/// A CONNECT packet that is looked at again later.
#[derive(Debug)]
pub(crate) struct HeldConnect {
    header: FixedHeader,
    body: Vec<u8>,
    length: usize,
}

impl HeldConnect {
    pub(crate) fn new(frame: &Frame<'_>) -> Self {
        Self { header: frame.header, body: frame.body.into(), length: frame.length }
    }

    pub(crate) fn frame(&self) -> Frame<'_> {
        Frame { header: self.header, body: &self.body, length: self.length }
    }
}

impl Exchange {
    /// The open question.
    pub(crate) fn question(&self) -> Option<Question> {
        if let Turn::Embedder(question, _) = self.turn { Some(question) } else { None }
    }

    /// Heap bytes, this value included: it lives in a box.
    pub(crate) fn cost(&self) -> usize {
        let connect = self.connect.as_ref().map_or(0, |connect| connect.body.capacity());
        size_of::<Self>() + self.method.len() + connect
    }
}
