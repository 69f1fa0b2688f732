//! The configuration of a broker: one typed value, replaced whole by [`crate::Command::Reload`].

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::event::EventMask;
use crate::limits::Limits;
use crate::rules::Rules;
use crate::wire::QoS;

/// Everything that a broker can be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Every bound there is.
    pub limits: Limits,
    /// What the standard leaves open.
    pub policy: Policy,
    /// Listener profiles; [`crate::Origin::listener`] is an index. A connection whose index is not there
    /// gets [`Listener::default`].
    pub listeners: Vec<Listener>,
    /// Whether promises wait for [`crate::Input::Persisted`]. Off: nothing is recorded, nothing is held.
    pub journal: bool,
    /// Which events to make.
    pub events: EventMask,
    /// The fault that is planted, for tests of tests.
    #[cfg(feature = "planted-faults")]
    pub fault: Option<crate::fault::Fault>,
}

/// What the clients of one listener may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listener {
    /// Who may connect.
    pub authentication: Authentication,
    /// What they may publish and subscribe, unless an answer says otherwise.
    pub rules: Arc<Rules>,
}

/// Who may connect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Authentication {
    /// Everybody, whatever User Name and Password say.
    #[default]
    Anonymous,
    /// Whoever the embedder accepts ([`crate::Ask::Authenticate`]).
    Ask,
    /// Nobody.
    Refuse,
}

/// What the standard leaves open, where a user may reasonably want either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Keep QoS 0 messages for kept sessions that are away. The standard allows both (3.1.1 and 5.0
    /// section 4.1); most brokers do not.
    pub queue_qos0_offline: bool,
    /// Refuse U+0001 to U+001F, U+007F to U+009F and non-characters in every text (3.1.1 [MQTT-1.5.3-2]
    /// and 5.0 section 1.5.4 allow both).
    pub refuse_control_characters: bool,
    /// When a session's queue is full: drop the oldest messages that were never sent, as many as it takes
    /// (`true`), or the newest (`false`).
    pub full_queue_drops_oldest: bool,
    /// The highest QoS that clients may publish at, wills included; announced as Maximum QoS if it is not 2
    /// (5.0 section 3.2.2.3.4). Subscriptions are granted as asked; no copy is sent at a higher QoS.
    pub maximum_qos: QoS,
    /// Whether clients may set RETAIN; announced as Retain Available if not (5.0 section 3.2.2.3.5). Off, the
    /// retained messages that are there already are still sent.
    pub retain_available: bool,
    /// Whether filters may have wildcards; announced as Wildcard Subscription Available if not (5.0 section
    /// 3.2.2.3.11). Subscriptions that are there already stay.
    pub wildcard_subscriptions: bool,
    /// Whether SUBSCRIBE may have a Subscription Identifier; announced as Subscription Identifiers Available
    /// if not (5.0 section 3.2.2.3.12). Subscriptions that have one keep it.
    pub subscription_identifiers: bool,
    /// What Response Information says to 5.0 clients that ask for it: what they may make Response Topics from
    /// (5.0 section 3.2.2.3.15). At most 65,535 bytes.
    pub response_information: Option<String>,
    /// Offer shared subscriptions, `$share/ShareName/filter`: each message to one of those that share (5.0
    /// section 4.8.2), for clients of all versions.
    pub shared_subscriptions: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            queue_qos0_offline: false,
            refuse_control_characters: false,
            full_queue_drops_oldest: false,
            maximum_qos: QoS::ExactlyOnce,
            retain_available: true,
            wildcard_subscriptions: true,
            subscription_identifiers: true,
            response_information: None,
            shared_subscriptions: true,
        }
    }
}
