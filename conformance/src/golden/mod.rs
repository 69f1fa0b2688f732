//! Golden conversations: what the scripts say to the core in memory, written down and said again in other pieces, or
//! with a connection that is lost at every byte in either direction.
//!
//! Said again as it was, a conversation gets certain answers. It has to get the same ones, byte for byte, when its
//! bytes come one by one or cut in two anywhere. And wherever it ends, the broker has to go on: its memory account
//! is right, and a newcomer is served.

mod driver;
mod newcomer;
mod recording;
mod replay;
mod trial;

pub use driver::Answers;
pub use recording::{Conversation, Step, record};
pub use replay::{Cut, Loss, Pieces, lose, play};
pub use trial::{Outcome, Trial};
