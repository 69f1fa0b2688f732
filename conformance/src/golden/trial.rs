//! All ways to say a conversation again, or a part of them.

use super::driver::Answers;
use super::recording::Conversation;
use super::replay::{Cut, Loss, Pieces, lose, play};
use crate::targets::Setup;

/// How much is tried of each conversation.
#[derive(Clone, Copy, Debug)]
pub struct Trial {
    /// Whether answers wait for a journal.
    pub journal: bool,
    /// About so many bytes may be said again in each of the ways: of a conversation that would take more, places at
    /// equal distances are tried.
    pub bytes: usize,
}

/// What was tried, and what went wrong.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How often a conversation was said again.
    pub tried: usize,
    /// How often it would have to be for every place.
    pub places: usize,
    /// What the broker did wrong, conversation by conversation, at most once in each way.
    pub failures: Vec<String>,
}

impl Outcome {
    /// Adds what was tried elsewhere.
    pub fn add(&mut self, other: Self) {
        self.tried += other.tried;
        self.places += other.places;
        self.failures.extend(other.failures);
    }

    /// Whether every place was tried.
    pub fn is_complete(&self) -> bool {
        self.tried == self.places
    }

    /// Tries one way after another until one fails.
    fn try_each<Way: std::fmt::Debug>(
        &mut self,
        conversation: &Conversation,
        ways: impl Iterator<Item = Way>,
        each: impl Fn(&Way) -> Result<(), String>,
    ) {
        for way in ways {
            self.tried += 1;
            if let Err(wrong) = each(&way) {
                self.failures.push(format!("{}, {way:?}: {wrong}", conversation.name));
                return;
            }
        }
    }
}

impl Trial {
    /// In single bytes and in two pieces, cut in every place: the answers are the same. Every write is cut behind its
    /// first byte in one round, behind its second in the next: so all places of all writes come in as many rounds as
    /// the longest of them has bytes.
    pub fn pieces(&self, conversation: &Conversation) -> Outcome {
        let longest = conversation.writes().map(<[u8]>::len).max().unwrap_or(0);
        let mut outcome = Outcome { places: longest.max(1), ..Outcome::default() };
        let whole = match play(conversation, self.journal, Pieces::Whole) {
            Ok(answers) => answers,
            Err(wrong) => {
                outcome.failures.push(format!("{}, as it was: {wrong}", conversation.name));
                return outcome;
            }
        };
        let two = places(1..longest, self.bytes / conversation.bytes().max(1)).map(Pieces::Two);
        let ways = std::iter::once(Pieces::Single).chain(two);
        outcome.try_each(conversation, ways, |pieces| {
            let again = play(conversation, self.journal, *pieces)?;
            // Half a packet takes memory, too: where it is short, the pieces decide which message is one too many.
            if conversation.setup == Setup::LittleMemory { Ok(()) } else { same(&whole, &again) }
        });
        outcome
    }

    /// With a connection that is lost, at every byte of both directions.
    pub fn losses(&self, conversation: &Conversation) -> Outcome {
        let whole = play(conversation, self.journal, Pieces::Whole).unwrap_or_default();
        let said = conversation.bytes();
        let taken: usize = whole.iter().map(|answers| answers.bytes.len()).sum();
        let mut outcome = Outcome { places: said + 1 + taken, ..Outcome::default() };
        // On the average half of it is said.
        let most = 2 * self.bytes / (said + taken).max(1);
        let lose = |loss: &Loss| lose(conversation, self.journal, *loss);
        // Every other time it is the end of the conversation.
        let loss = |(index, cut): (usize, Cut)| Loss { cut, others_go_on: index % 2 == 1 };
        let cuts = places(0..said + 1, most).map(Cut::Said);
        outcome.try_each(conversation, cuts.enumerate().map(loss), lose);
        let cuts = places(0..taken, most).map(|place| taken_at(&whole, place));
        outcome.try_each(conversation, cuts.enumerate().map(loss), lose);
        outcome
    }
}

/// `most` of `places` or a few more, as far from each other as they can be.
fn places(places: std::ops::Range<usize>, most: usize) -> impl Iterator<Item = usize> {
    let stride = places.len().div_ceil(most.max(1)).max(1);
    places.step_by(stride)
}

/// The byte number `place` of all that came: on which connection, and how many came there before it.
fn taken_at(answers: &[Answers], mut place: usize) -> Cut {
    for (link, answers) in answers.iter().enumerate() {
        if place < answers.bytes.len() {
            return Cut::Taken(link, place);
        }
        place -= answers.bytes.len();
    }
    Cut::Taken(answers.len(), 0)
}

fn same(expected: &[Answers], found: &[Answers]) -> Result<(), String> {
    let differs = expected.iter().zip(found).position(|(expected, found)| expected != found);
    differs.map_or(Ok(()), |link| {
        let (expected, found) = (&expected[link], &found[link]);
        Err(format!("connection {link} got\n  {found:02x?}\nand when whole\n  {expected:02x?}"))
    })
}
