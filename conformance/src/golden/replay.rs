//! Saying a conversation again: whole, in pieces, or up to the loss of a connection.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::driver::{Answers, Driver};
use super::newcomer;
use super::recording::{Conversation, Step};

/// How each write comes to the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pieces {
    /// As it was written.
    Whole,
    /// Byte by byte.
    Single,
    /// In two pieces, the first of so many bytes; shorter writes as they are.
    Two(usize),
}

impl Pieces {
    fn of(self, bytes: &[u8]) -> Box<dyn Iterator<Item = &[u8]> + '_> {
        match self {
            Self::Whole => Box::new(std::iter::once(bytes)),
            Self::Single => Box::new(bytes.chunks(1)),
            Self::Two(first) => {
                let (head, tail) = bytes.split_at(first.min(bytes.len()));
                Box::new([head, tail].into_iter())
            }
        }
    }
}

/// Where a connection is lost, and whether the others go on with what they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Where.
    pub cut: Cut,
    /// Whether they do.
    pub others_go_on: bool,
}

/// A byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// When all clients together have said so many bytes, that of the last one.
    Said(usize),
    /// This one, when its client has taken so many bytes.
    Taken(usize, usize),
}

/// Says it all; what came on each connection.
///
/// # Errors
/// What the broker did against its contract, or a panic.
pub fn play(conversation: &Conversation, journal: bool, pieces: Pieces) -> Result<Vec<Answers>, String> {
    without_panic(|| {
        let mut driver = Driver::new(conversation.setup, journal);
        for step in &conversation.steps {
            match step {
                Step::Open => drop(driver.open(None)),
                Step::Write(link, bytes) => driver.write(*link, pieces.of(bytes)),
                Step::Cut(link) => driver.cut(*link),
                Step::Wait(duration) => driver.wait(*duration),
            }
            driver.judge()?;
        }
        Ok((0..driver.opened()).map(|link| driver.answers(link)).collect())
    })
}

/// Says it with the loss of a connection. Then a newcomer has to be served, while the others are still there and
/// again when they have left, and the memory account has to be right at every step.
///
/// # Errors
/// What the broker did wrong, or a panic.
pub fn lose(conversation: &Conversation, journal: bool, loss: Loss) -> Result<(), String> {
    without_panic(|| {
        let mut driver = Driver::new(conversation.setup, journal);
        say_until(conversation, &mut driver, loss);
        driver.judge()?;
        let opened = driver.opened();
        newcomer::is_served(&mut driver, conversation.setup)?;
        driver.judge()?;
        (0..opened).for_each(|link| driver.cut(link));
        driver.judge()?;
        newcomer::is_served(&mut driver, conversation.setup)?;
        driver.judge()
    })
}

fn say_until(conversation: &Conversation, driver: &mut Driver, loss: Loss) {
    let cut = loss.cut;
    let mut left = if let Cut::Said(bytes) = cut { bytes } else { usize::MAX };
    let mut lost = false;
    for step in &conversation.steps {
        match step {
            Step::Open => {
                let next = driver.opened();
                let room =
                    if let Cut::Taken(link, bytes) = cut { (link == next).then_some(bytes) } else { None };
                driver.open(room);
            }
            Step::Write(link, bytes) => {
                let said = &bytes[..bytes.len().min(left)];
                driver.write(*link, std::iter::once(said));
                left -= said.len();
                if left == 0 {
                    driver.cut(*link);
                    left = usize::MAX;
                    lost = true;
                }
            }
            Step::Cut(link) => driver.cut(*link),
            Step::Wait(duration) => driver.wait(*duration),
        }
        lost |= matches!(cut, Cut::Taken(link, _) if driver.is_gone(link));
        if lost && !loss.others_go_on {
            return;
        }
    }
}

fn without_panic<T>(run: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|cause| {
        let words = cause.downcast_ref::<String>().cloned();
        Err(words.unwrap_or_else(|| "a panic, whose words are on standard error".to_owned()))
    })
}
