//! What can happen.

use hushwing_core::ProtocolVersion;
use proptest::prelude::*;

use super::naive::Naive;
use super::session::{FOR_EVER, Subscription, Will};

pub(crate) const CLIENTS: usize = 4;
pub(crate) const TOPICS: [&str; 6] = ["a", "a/b", "a/b/c", "b", "/", "$a/b"];
pub(crate) const FILTERS: [&str; 11] = ["a", "a/b", "a/+", "a/#", "+", "#", "+/b", "$a/#", "+/+", "/+", "b"];

#[derive(Clone, Debug)]
pub(crate) enum Action {
    Connect(usize, Connect),
    /// DISCONNECT, with the will (0x04) or without, and with another Session Expiry Interval.
    Disconnect {
        client: usize,
        with_will: bool,
        expiry_seconds: Option<u32>,
    },
    /// The connection is lost.
    Lose {
        client: usize,
    },
    Subscribe {
        client: usize,
        filter: usize,
        subscription: Subscription,
    },
    Unsubscribe {
        client: usize,
        filter: usize,
    },
    Publish {
        client: usize,
        topic: usize,
        qos: u8,
        retain: bool,
        /// An empty payload: with RETAIN it removes the retained message.
        empty: bool,
        expiry_seconds: Option<u32>,
    },
    /// The oldest QoS 2 PUBLISH that was not released is sent again.
    Repeat {
        client: usize,
    },
    /// PUBREL for the oldest QoS 2 PUBLISH.
    Release {
        client: usize,
    },
    /// PUBREL for nothing.
    ReleaseNothing {
        client: usize,
    },
    /// The next acknowledgement for one of the messages that the client has not acknowledged wholly.
    Acknowledge {
        client: usize,
        which: prop::sample::Index,
        refuse: bool,
    },
    /// From now on it acknowledges at once, or not at all.
    Eager {
        client: usize,
        eager: bool,
    },
    Wait {
        seconds: u64,
    },
    /// The process ends, and another one goes on with what was stored.
    Crash,
}

#[derive(Clone, Debug)]
pub(crate) struct Connect {
    pub(crate) clean: bool,
    pub(crate) expiry_seconds: u32,
    pub(crate) receive_maximum: Option<u16>,
    pub(crate) will: Option<Will>,
    pub(crate) eager: bool,
}

impl Action {
    /// Who does it.
    pub(crate) fn client(&self) -> Option<usize> {
        match *self {
            Self::Connect(client, _)
            | Self::Disconnect { client, .. }
            | Self::Lose { client }
            | Self::Subscribe { client, .. }
            | Self::Unsubscribe { client, .. }
            | Self::Publish { client, .. }
            | Self::Repeat { client }
            | Self::Release { client }
            | Self::ReleaseNothing { client }
            | Self::Acknowledge { client, .. }
            | Self::Eager { client, .. } => Some(client),
            Self::Wait { .. } | Self::Crash => None,
        }
    }
}

/// The versions that the clients speak.
pub(crate) fn any_versions() -> impl Strategy<Value = [ProtocolVersion; CLIENTS]> {
    use ProtocolVersion::{V3_1, V3_1_1, V5_0};
    let version = || prop_oneof![4 => Just(V5_0), 2 => Just(V3_1_1), 1 => Just(V3_1)];
    [version(), version(), version(), version()]
}

/// Something that can happen now.
pub(crate) fn any_action(now: &Naive) -> BoxedStrategy<Action> {
    let connected: Vec<usize> = (0..CLIENTS).filter(|client| now.is_connected(*client)).collect();
    let connect = (0..CLIENTS, any_connect()).prop_map(|(client, connect)| Action::Connect(client, connect));
    if connected.is_empty() {
        return prop_oneof![5 => connect, 1 => any_wait()].boxed();
    }
    let client = || prop::sample::select(connected.clone());
    prop_oneof![
        3 => connect,
        2 => any_end(client()),
        6 => (client(), 0..FILTERS.len(), any_subscription())
            .prop_map(|(client, filter, subscription)| Action::Subscribe { client, filter, subscription }),
        1 => (client(), 0..FILTERS.len()).prop_map(|(client, filter)| Action::Unsubscribe { client, filter }),
        10 => any_publish(client()),
        1 => client().prop_map(|client| Action::Repeat { client }),
        2 => client().prop_map(|client| Action::Release { client }),
        1 => client().prop_map(|client| Action::ReleaseNothing { client }),
        6 => (client(), any::<prop::sample::Index>(), prop::bool::weighted(0.1))
            .prop_map(|(client, which, refuse)| Action::Acknowledge { client, which, refuse }),
        2 => (client(), any::<bool>()).prop_map(|(client, eager)| Action::Eager { client, eager }),
        1 => any_wait(),
        1 => Just(Action::Crash),
    ]
    .boxed()
}

fn any_publish(client: impl Strategy<Value = usize>) -> impl Strategy<Value = Action> {
    let expiry = prop::option::weighted(0.3, prop::sample::select(vec![0, 15, 90]));
    let retain = prop::bool::weighted(0.3);
    (client, 0..TOPICS.len(), 0..3_u8, retain, prop::bool::weighted(0.1), expiry).prop_map(
        |(client, topic, qos, retain, empty, expiry_seconds)| Action::Publish {
            client,
            topic,
            qos,
            retain,
            empty,
            expiry_seconds,
        },
    )
}

fn any_wait() -> impl Strategy<Value = Action> {
    prop::sample::select(vec![1, 20, 70, 500]).prop_map(|seconds| Action::Wait { seconds })
}

fn any_expiry() -> impl Strategy<Value = u32> {
    prop::sample::select(vec![0, 50, 300, FOR_EVER])
}

fn any_end(client: impl Strategy<Value = usize>) -> impl Strategy<Value = Action> {
    (client, any::<bool>(), any::<bool>(), prop::option::of(any_expiry())).prop_map(
        |(client, lost, with_will, expiry_seconds)| {
            if lost {
                Action::Lose { client }
            } else {
                Action::Disconnect { client, with_will, expiry_seconds }
            }
        },
    )
}

fn any_connect() -> impl Strategy<Value = Connect> {
    let will = (0..TOPICS.len(), 0..3_u8, any::<bool>(), prop::sample::select(vec![0, 10, 60, 400]))
        .prop_map(|(topic, qos, retain, delay_seconds)| Will { topic, qos, retain, delay_seconds });
    let receive_maximum = prop_oneof![1 => Just(None), 1 => (1..4_u16).prop_map(Some)];
    (prop::bool::weighted(0.3), any_expiry(), receive_maximum, prop::option::of(will), any::<bool>())
        .prop_map(|(clean, expiry_seconds, receive_maximum, will, eager)| Connect {
            clean,
            expiry_seconds,
            receive_maximum,
            will,
            eager,
        })
}

fn any_subscription() -> impl Strategy<Value = Subscription> {
    (0..3_u8, prop::bool::weighted(0.2), any::<bool>(), 0..3_u8, prop::option::of(1..5_u32)).prop_map(
        |(qos, no_local, retain_as_published, retain_handling, identifier)| Subscription {
            qos,
            no_local,
            retain_as_published,
            retain_handling,
            identifier,
        },
    )
}
