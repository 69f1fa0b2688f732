//! Every message of a conversation: who sent it, what became of it, and who has to have it in the end.

use super::topic::matches;

/// One application message; its payload is its number in the ledger.
#[derive(Clone, Debug)]
pub struct Message {
    /// The client that published it.
    pub publisher: usize,
    /// Topic Name.
    pub topic: String,
    /// The QoS of its publisher.
    pub qos: u8,
    /// RETAIN.
    pub retain: bool,
    /// It has no payload: it removes a retained message.
    pub clears: bool,
    /// It is the will of a CONNECT.
    pub will: bool,
    /// The step at which it was sent for the first time.
    pub sent_at: u64,
    /// The step from which on the broker cannot take it any more.
    pub over_at: Option<u64>,
    /// It was sent once more before the first answer: there is no last time.
    pub repeated: bool,
    /// The broker acknowledged it.
    pub accepted: bool,
    /// The embedder refused a message like this one, which an acknowledgement of 3.x does not tell.
    pub refused: bool,
    /// Clients, each with the generation of its session, that must have it once it is accepted.
    pub required: Vec<(usize, u32)>,
}

/// All messages, by number.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// In the order in which they were first sent.
    pub messages: Vec<Message>,
}

impl Ledger {
    /// Adds a message; its number.
    pub fn add(&mut self, message: Message) -> u32 {
        self.messages.push(message);
        self.messages.len() as u32 - 1
    }

    /// The message with this number.
    ///
    /// # Errors
    /// There is none.
    pub fn get(&self, number: u32) -> Result<&Message, String> {
        self.messages.get(number as usize).ok_or_else(|| format!("nobody sent message {number}"))
    }

    /// The message with this number, which is known to exist.
    pub fn message(&mut self, number: u32) -> &mut Message {
        &mut self.messages[number as usize]
    }

    /// A client changes what it subscribes to: what it was owed because of `filter` is not certain any more.
    pub fn release(&mut self, client: usize, filter: &str) {
        for message in self.messages.iter_mut().filter(|message| matches(filter, &message.topic)) {
            message.required.retain(|(owner, _)| *owner != client);
        }
    }

    /// The embedder refused to let a client publish to a topic.
    pub fn refuse(&mut self, client: usize, topic: &str) {
        let open = |message: &&mut Message| {
            message.publisher == client && message.topic == topic && message.over_at.is_none()
        };
        self.messages.iter_mut().filter(open).for_each(|message| message.refused = true);
    }

    /// Holds what a new subscriber was sent with RETAIN 1 on `topic` against what can be retained there.
    ///
    /// # Errors
    /// Something acknowledged is missing, or something superseded is back.
    pub fn check_retained(&self, topic: &str, found: Option<u32>) -> Result<(), String> {
        let retained = || {
            let of_topic = |(_, message): &(usize, &Message)| message.retain && message.topic == topic;
            self.messages.iter().enumerate().filter(of_topic)
        };
        // Superseded by what was sent after it was over, and certainly taken.
        let superseded = |over_at: Option<u64>| {
            retained().any(|(_, later)| {
                later.accepted && !later.refused && over_at.is_some_and(|over_at| later.sent_at > over_at)
            })
        };
        match found {
            Some(number) => {
                let message = self.get(number)?;
                if !message.retain || message.clears || message.topic != topic {
                    return Err(format!("message {number} is retained on {topic}"));
                }
                if superseded(message.over_at) {
                    return Err(format!("message {number}, long superseded, is retained on {topic}"));
                }
                Ok(())
            }
            None => {
                let may_be_empty = !superseded(Some(0))
                    || retained().any(|(_, message)| message.clears && !superseded(message.over_at));
                let kept: Vec<usize> = retained().map(|(number, _)| number).collect();
                if may_be_empty {
                    Ok(())
                } else {
                    Err(format!("no message of {kept:?} is retained on {topic}"))
                }
            }
        }
    }
}
