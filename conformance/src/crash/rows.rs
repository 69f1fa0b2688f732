//! One short conversation for each promise: what goes wrong when its packet does not wait for the journal.

use hushwing_core::Promise;

use super::client::Entry;
use super::scenario::{Scenario, Step};
use crate::Version;

/// A promise, a conversation that needs it, and what a client sees where it is broken.
#[derive(Clone, Debug)]
pub struct Row {
    /// The promise.
    pub promise: Promise,
    /// The conversation.
    pub scenario: Scenario,
    /// Part of the complaint where the promise is not kept.
    pub complaint: &'static str,
}

fn kept() -> Entry {
    Entry { expiry_seconds: u32::MAX, receive_maximum: 10, ..Entry::default() }
}

fn row(promise: Promise, complaint: &'static str, steps: impl IntoIterator<Item = Step>) -> Row {
    let versions = vec![Version::V5_0, Version::V5_0, Version::V3_1_1];
    Row { promise, scenario: Scenario { versions, steps: steps.into_iter().collect() }, complaint }
}

/// All rows of the table, some with more than one conversation.
pub fn rows() -> Vec<Row> {
    vec![
        puback(),
        pubrec(),
        pubcomp(),
        publish_exactly_once(),
        forward(),
        handed_on(),
        started_for_nobody_else(),
        pubrel(),
        repeated_answer(),
        connack(),
        connack_clears(),
        connack_keeps_a_will(),
        suback(),
        unsuback(),
        close(),
        close_ends(),
    ]
}

/// Client 1 is connected, client 0 is away.
fn publisher_alone() -> [Step; 4] {
    [Step::Connect(1, kept()), Step::Settle, Step::Cut(0), Step::Settle]
}

fn puback() -> Row {
    let steps = publisher_alone().into_iter().chain([Step::Publish(1, "t/a", 1), Step::Deliver]);
    row(Promise::Puback, "never got message", steps)
}

fn pubrec() -> Row {
    let steps = publisher_alone().into_iter().chain([Step::Publish(1, "t/a", 2), Step::Deliver]);
    row(Promise::Pubrec, "never got message", steps)
}

/// The next message with the same packet identifier is swallowed.
fn pubcomp() -> Row {
    let steps = [
        Step::Connect(1, kept()),
        Step::Settle,
        Step::Publish(1, "t/a", 2),
        Step::Deliver,
        Step::Persist(usize::MAX),
        Step::Deliver,
        Step::Acknowledge(1),
        Step::Deliver,
        Step::Persist(0),
        Step::Publish(1, "t/a", 2),
        Step::Deliver,
    ];
    row(Promise::Pubcomp, "never got message", steps)
}

/// A queued message leaves under packet identifier 2, and after the crash under 1.
fn publish_exactly_once() -> Row {
    let steps = [
        Step::Connect(1, kept()),
        Step::Settle,
        Step::Publish(1, "t/a", 2),
        Step::Settle,
        Step::Cut(0),
        Step::Settle,
        Step::Publish(1, "t/a", 2),
        Step::Settle,
        Step::Connect(0, kept()),
        Step::Deliver,
        Step::Persist(1),
        Step::Deliver,
    ];
    row(Promise::PublishExactlyOnce, "is used again (dup false)", steps)
}

fn forward() -> Row {
    let steps = [
        Step::Connect(1, kept()),
        Step::Connect(2, kept()),
        Step::Settle,
        Step::Subscribe(2, "t/a", 0),
        Step::Settle,
        Step::Publish(1, "t/a", 2),
        Step::Deliver,
    ];
    row(Promise::Forward, "came twice at QoS 0", steps)
}

/// A message of a group leaves with the member that had it, and comes back with him.
fn handed_on() -> Row {
    let clean = Entry { clean: true, ..kept() };
    let steps = [
        Step::Connect(1, kept()),
        Step::Settle,
        Step::Subscribe(1, "$share/g/$s/+", 2),
        Step::Settle,
        Step::Cut(1),
        Step::Settle,
        Step::Connect(2, kept()),
        Step::Settle,
        Step::Publish(2, "$s/a", 2),
        Step::Settle,
        Step::Subscribe(2, "$share/g/$s/+", 2),
        Step::Settle,
        Step::Connect(1, clean),
        Step::Deliver,
    ];
    row(Promise::Forward, "came twice at QoS 2", steps)
}

/// A message of a group leaves the queue of a member that is not kept, and after the crash another has it.
fn started_for_nobody_else() -> Row {
    let steps = [
        Step::Connect(0, kept()),
        Step::Settle,
        Step::Subscribe(0, "$share/g/$s/+", 2),
        Step::Settle,
        Step::Cut(0),
        Step::Settle,
        Step::Connect(1, Entry { receive_maximum: 1, ..Entry::default() }),
        Step::Connect(2, kept()),
        Step::Settle,
        Step::Subscribe(1, "$share/g/$s/+", 2),
        Step::Settle,
        Step::Publish(2, "$s/a", 2),
        Step::Publish(2, "$s/a", 2),
        Step::Deliver,
        Step::Persist(usize::MAX),
        Step::Deliver,
        Step::Acknowledge(1),
        Step::Deliver,
        Step::Persist(usize::MAX),
        Step::Deliver,
        Step::Acknowledge(1),
        Step::Deliver,
    ];
    row(Promise::PublishExactlyOnce, "reached 2 members", steps)
}

/// Client 0 has received a QoS 2 message and says so.
fn until_pubrec() -> [Step; 7] {
    [
        Step::Connect(1, kept()),
        Step::Settle,
        Step::Publish(1, "t/a", 2),
        Step::Deliver,
        Step::Persist(usize::MAX),
        Step::Deliver,
        Step::Acknowledge(0),
    ]
}

fn pubrel() -> Row {
    let steps = until_pubrec().into_iter().chain([Step::Deliver]);
    row(Promise::Pubrel, "came twice at QoS 2", steps)
}

/// Client 0 says PUBREC once more after PUBCOMP, as no correct client does: what it is told about the packet
/// identifier has to stay true. The order of answers and CONNACK's wait cover all that a correct client can do.
fn repeated_answer() -> Row {
    let steps = until_pubrec().into_iter().chain([
        Step::Deliver,
        Step::Persist(usize::MAX),
        Step::Deliver,
        Step::Acknowledge(0),
        Step::Deliver,
        Step::Pubrec(0, 1),
        Step::Deliver,
    ]);
    row(Promise::RepeatedAnswer, "not to know any more", steps)
}

fn connack() -> Row {
    row(Promise::Connack, "of a session that was promised", [Step::Connect(1, kept()), Step::Deliver])
}

/// A session that was cleared is back.
fn connack_clears() -> Row {
    let clean = Entry { clean: true, ..kept() };
    let steps = [
        Step::Connect(1, kept()),
        Step::Settle,
        Step::Subscribe(1, "t/a", 2),
        Step::Settle,
        Step::Cut(1),
        Step::Settle,
        Step::Connect(1, clean),
        Step::Deliver,
    ];
    row(Promise::Connack, "came without a subscription", steps)
}

fn connack_keeps_a_will() -> Row {
    let steps = [Step::ConnectWithWill(1, Entry::default(), 1, 0), Step::Deliver];
    row(Promise::Connack, "was not published", steps)
}

fn suback() -> Row {
    let steps = [Step::Connect(1, kept()), Step::Settle, Step::Subscribe(1, "t/a", 1), Step::Deliver];
    row(Promise::Suback, "never got message", steps)
}

fn unsuback() -> Row {
    let steps = [
        Step::Connect(2, kept()),
        Step::Settle,
        Step::Subscribe(2, "t/+", 1),
        Step::Settle,
        Step::Unsubscribe(2, "t/+"),
        Step::Deliver,
    ];
    row(Promise::Suback, "came without a subscription", steps)
}

fn close() -> Row {
    let steps =
        [Step::ConnectWithWill(1, kept(), 2, 0), Step::Settle, Step::Disconnect(1, 0, None), Step::Deliver];
    row(Promise::Close, "was published", steps)
}

fn close_ends() -> Row {
    let steps = [Step::Connect(1, kept()), Step::Settle, Step::Disconnect(1, 0, Some(0)), Step::Deliver];
    row(Promise::Close, "of a session that ended", steps)
}
