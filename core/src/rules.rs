//! Access rules: who may publish and subscribe to what. Data, so that deciding is never asynchronous on the
//! usual way.

use alloc::string::String;
use alloc::vec::Vec;

use crate::topic::filter;

/// What a client wants to do with a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Publish to it (PUBLISH, and the will at CONNECT and when it fires).
    Publish,
    /// Subscribe to it.
    Subscribe,
    /// Publish to `$direct/CLIENT/…`: the message goes to the session of that client alone, whatever it
    /// subscribes. Nobody has this right unless a rule names it. Client identifiers with `/`, `+` or `#` cannot
    /// be written in such a topic; [`crate::Command::PublishDirect`] reaches them.
    PublishDirect,
}

/// What a rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Yes.
    Allow,
    /// No.
    Deny,
    /// Ask the embedder ([`crate::Ask::Authorize`]).
    Ask,
}

/// One rule: what it is about and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The action; `None` for [`Action::Publish`] and [`Action::Subscribe`].
    pub action: Option<Action>,
    /// A Topic Filter. A rule about subscribing covers every filter whose topics are all topics of this one.
    pub filter: String,
    /// The decision.
    pub decision: Decision,
}

/// Rules in order: the first that fits decides, `otherwise` when none does. [`Action::PublishDirect`] is denied
/// when none does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The rules.
    pub rules: Vec<Rule>,
    /// The decision where no rule fits.
    pub otherwise: Decision,
}

impl Default for Rules {
    fn default() -> Self {
        Self::ALLOW_ALL
    }
}

impl Rules {
    /// Everything is allowed.
    pub const ALLOW_ALL: Self = Self { rules: Vec::new(), otherwise: Decision::Allow };

    /// Whether every decision is the same, so that none has to be looked up.
    pub fn allows_everything(&self) -> bool {
        self.otherwise == Decision::Allow && self.rules.is_empty()
    }

    /// What these rules say about `action` on `topic` (a Topic Name to publish, a Topic Filter to subscribe).
    pub fn decide(&self, action: Action, topic: &str) -> Decision {
        let otherwise = if action.is_usual() { self.otherwise } else { Decision::Deny };
        self.rules
            .iter()
            .find(|rule| rule.action.map_or(action.is_usual(), |of| of == action) && rule.fits(action, topic))
            .map_or(otherwise, |rule| rule.decision)
    }
}

impl Action {
    /// Whether everybody may unless a rule says otherwise.
    const fn is_usual(self) -> bool {
        matches!(self, Self::Publish | Self::Subscribe)
    }
}

impl Rule {
    fn fits(&self, action: Action, topic: &str) -> bool {
        match action {
            Action::Publish | Action::PublishDirect => filter::matches(&self.filter, topic),
            // A refusal must catch every filter that reaches into the forbidden part, a permission only
            // those that stay inside the permitted one.
            Action::Subscribe if self.decision == Decision::Deny => filter::overlaps(&self.filter, topic),
            Action::Subscribe => filter::covers(&self.filter, topic),
        }
    }
}
