//! What a publisher says about its message arrives as it was said (section 3.3.2.3).

use super::{Checked, Oracle};
use crate::simulation::ledger::Number;
use crate::wire::{Property, Publish, property::id};

/// Properties that are not the publisher's, or change on the way.
const NOT_PASSED_ON: [u8; 3] = [id::MESSAGE_EXPIRY_INTERVAL, id::TOPIC_ALIAS, id::SUBSCRIPTION_IDENTIFIER];

impl Oracle {
    /// A first copy of a message has the properties of its publisher, in the order of its User Properties.
    pub(super) fn check_properties(&mut self, link: u64, number: Number, publish: &Publish) -> Checked {
        if !self.conn(link)?.version.is_5() {
            return Ok(());
        }
        let message = self.ledger.get(number);
        let had = if message.decoration == 0 { Vec::new() } else { message.properties(number) };
        let passed_on = |of: &&Property| !NOT_PASSED_ON.contains(&of.id);
        let user = |of: &&Property| of.id == id::USER_PROPERTY;
        let (had, has) = (had.iter().filter(passed_on), publish.properties.0.iter().filter(passed_on));
        let same_users = had.clone().filter(user).eq(has.clone().filter(user));
        let others_are_there = had.clone().all(|of| has.clone().any(|other| other == of));
        if same_users && others_are_there && had.count() == has.count() {
            return Ok(());
        }
        Err(format!("message {number} comes with properties {:?}", publish.properties.0))
    }
}
