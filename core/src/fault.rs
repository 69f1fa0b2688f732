//! Faults that tests plant to see whether they would notice. Behind a feature that no release enables: without
//! it every question here is a constant `false`.

use alloc::borrow::Cow;
use core::num::NonZeroU16;

use crate::broker::Promise;
use crate::config::Config;
use crate::message::MessageView;
use crate::time::Instant;
use crate::violation::Violation;
use crate::wire::{Packet, Properties, PropertiesBuffer, Property};

macro_rules! faults {
    (
        $($name:ident $sentence:literal $v3_1_1:literal, $v5_0:literal;)*
        => $($simulated:ident $what:literal;)*
    ) => {
        /// A mistake of the machine.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[cfg_attr(not(feature = "planted-faults"), expect(unreachable_pub, reason = "public with the feature"))]
        pub enum Fault {
            /// Packets that make or end this promise do not wait for its record.
            Unheld(Promise),
            /// Who breaks the protocol in this way keeps the connection; what was read with it is forgotten.
            Unpunished(Violation),
            $(
                #[doc = concat!($sentence, " (", $v3_1_1, " of 3.1.1, ", $v5_0, " of 5.0).")]
                $name,
            )*
            $(
                #[doc = concat!($what, ": for the simulation.")]
                $simulated,
            )*
        }

        #[cfg(feature = "planted-faults")]
        impl Fault {
            /// All that have a name of their own and break a statement.
            pub const NAMED: &[Self] = &[$(Self::$name),*];

            /// All that take a crash, a race, or a look at the machine itself to be seen: no script sees them.
            pub const SIMULATED: &[Self] = &[$(Self::$simulated),*];

            /// The statements of 3.1.1 and of 5.0 that it breaks; `-` where the version has none, or no script
            /// would see it.
            pub fn statements(self) -> [&'static str; 2] {
                use crate::version::ProtocolVersion::{V3_1_1, V5_0};
                match self {
                    Self::Unheld(_) $(| Self::$simulated)* => ["-"; 2],
                    Self::Unpunished(violation) => [violation.statement(V3_1_1), violation.statement(V5_0)],
                    $(Self::$name => [$v3_1_1, $v5_0],)*
                }
            }

            /// What is wrong, in words.
            pub fn sentence(self) -> &'static str {
                match self {
                    Self::Unheld(_) => "a promise does not wait for its record",
                    Self::Unpunished(violation) => violation.sentence(),
                    $(Self::$name => $sentence,)*
                    $(Self::$simulated => $what,)*
                }
            }
        }
    };
}

// Columns: what goes wrong; the statement that this breaks in 3.1.1, in 5.0.
faults! {
    // Answers that do not come.
    PubackMissing "a QoS 1 PUBLISH is not acknowledged" "MQTT-4.3.2-2", "MQTT-4.3.2-4";
    PubrecMissing "a QoS 2 PUBLISH gets no PUBREC" "MQTT-4.3.3-2", "MQTT-4.3.3-8";
    PubrelMissing "PUBREC gets no PUBREL" "MQTT-4.3.3-1", "MQTT-4.3.3-4";
    PubcompMissing "PUBREL gets no PUBCOMP" "MQTT-4.3.3-2", "MQTT-4.3.3-11";
    SubackMissing "SUBSCRIBE is not answered" "MQTT-3.8.4-1", "MQTT-3.8.4-1";
    UnsubackMissing "UNSUBSCRIBE is not answered" "MQTT-3.10.4-4", "MQTT-3.10.4-4";
    PingrespMissing "PINGREQ is not answered" "MQTT-3.12.4-1", "MQTT-3.12.4-1";

    // CONNECT and CONNACK.
    ConnackTwice "the server says CONNACK twice" "MQTT-3.2.0-1", "MQTT-3.2.0-2";
    SessionPresentAlways "Session Present is always 1" "MQTT-3.2.2-1", "MQTT-3.2.2-2";
    SessionPresentNever "Session Present is always 0" "MQTT-3.2.2-2", "MQTT-3.2.2-3";
    RefusedStaysOpen "a refused client keeps its connection" "MQTT-3.2.2-5", "MQTT-3.2.2-7";
    VersionRefusedSilently "a version that is not served gets no CONNACK" "MQTT-3.1.2-2", "MQTT-3.1.2-2";
    EmptyClientIdentifierRefused "a client without identifier is refused" "MQTT-3.1.3-6", "MQTT-3.1.3-6";
    AssignedClientIdentifierUnsaid "CONNACK does not say which identifier was assigned"
        "-", "MQTT-3.1.3-7";
    AssignedClientIdentifierInUse "all clients without identifier are assigned the same one"
        "MQTT-3.1.3-6", "MQTT-3.2.2-16";
    LongClientIdentifierRefused "a client identifier of 23 bytes is refused" "MQTT-3.1.3-5", "MQTT-3.1.3-5";
    ResponseInformationUnasked "Response Information comes without having been asked for"
        "-", "MQTT-3.1.2-28";
    ReasonStringUnwanted "acknowledgements explain themselves to a client that wants no explanations"
        "-", "MQTT-3.1.2-29";
    CapabilitiesUnsaid "CONNACK does not say what there is not" "-", "MQTT-3.2.2-9";

    // Sessions.
    SessionNotResumed "Clean Start 0 begins a new session all the same" "MQTT-3.1.2-4", "MQTT-3.1.2-5";
    CleanStartIgnored "Clean Start 1 goes on with the session" "MQTT-3.1.2-6", "MQTT-3.1.2-4";
    SessionEndsWithConnection "no session outlives its connection" "MQTT-4.1.0-1", "MQTT-3.1.2-23";
    SessionNeverEnds "every session outlives its connection for good" "MQTT-3.1.2-6", "MQTT-4.1.0-2";
    ExpiryAtDisconnectIgnored "DISCONNECT does not change the Session Expiry Interval" "-", "X50-062";
    TakenOverStays "a client that was taken over keeps its connection" "MQTT-3.1.4-2", "MQTT-3.1.4-3";
    OfflineMessagesLost "QoS 1 and 2 messages for a client that is away are lost"
        "MQTT-3.1.2-5", "MQTT-4.5.0-1";

    // Keep alive.
    KeepAliveHalved "a client is cut off after three quarters of its Keep Alive" "MQTT-3.1.2-24", "MQTT-3.1.2-22";
    KeepAliveDoubled "a client is cut off after three times its Keep Alive only" "MQTT-3.1.2-24", "MQTT-3.1.2-22";
    OnlyPingKeepsAlive "nothing but PINGREQ counts as a sign of life" "MQTT-3.1.2-24", "MQTT-3.1.2-22";
    SendingKeepsAlive "what is sent to a client counts as a sign of its life"
        "MQTT-3.1.2-24", "MQTT-3.1.2-22";

    // Wills.
    WillUnpublished "the will does not go out" "MQTT-3.1.2-8", "MQTT-3.1.2-8";
    WillAfterDisconnect "the will goes out after DISCONNECT, too" "MQTT-3.14.4-3", "MQTT-3.14.4-3";
    WillRemovedByAnyDisconnect "a DISCONNECT with any reason takes the will back" "-", "MQTT-3.1.2-8";
    WillAtOnce "the Will Delay Interval is ignored" "-", "MQTT-3.1.2-8";
    WillAfterReturn "the will goes out although its client is back" "-", "MQTT-3.1.3-9";
    WillLostWithSession "a will is dropped when its session ends before its delay" "-", "MQTT-3.1.2-8";
    WillQoSLost "every will goes out at QoS 0" "MQTT-3.1.2-9", "MQTT-3.1.2-9";
    WillNotRetained "no will is retained" "MQTT-3.1.2-17", "MQTT-3.1.2-15";
    WillAlwaysRetained "every will is retained" "MQTT-3.1.2-16", "MQTT-3.1.2-14";
    WillPropertiesLost "the will goes out without its properties" "-", "MQTT-3.1.3-10";
    WillTwiceAtTakeover "the will goes out twice when its client is taken over"
        "MQTT-3.1.2-8", "MQTT-3.1.2-8";

    // PUBLISH to clients.
    DuplicateAtFirst "DUP is 1 when a message is sent for the first time" "MQTT-3.3.1-3", "MQTT-3.3.1-3";
    DuplicateAtQoS0 "DUP is 1 at QoS 0" "MQTT-3.3.1-2", "MQTT-3.3.1-2";
    ResentWithoutDuplicate "DUP is 0 when a message is sent again" "MQTT-3.3.1-1", "MQTT-3.3.1-1";
    RetainForwarded "RETAIN is passed on to all who subscribe" "MQTT-3.3.1-9", "MQTT-3.3.1-12";
    RetainAsPublishedIgnored "RETAIN is passed on to nobody" "-", "MQTT-3.3.1-13";
    QoSNotLowered "a message comes at its own QoS, not at that of the subscription"
        "MQTT-3.8.4-6", "MQTT-3.8.4-8";
    QoSLost "every message comes at QoS 0" "MQTT-3.3.5-1", "MQTT-3.3.4-2";
    EmptyPayloadDropped "a message without payload goes nowhere" "MQTT-3.3.1-10", "MQTT-3.3.1-6";
    ByteOrderMarkStripped "U+FEFF in a topic is left out" "MQTT-1.5.3-3", "MQTT-1.5.4-3";
    TooLargeIsSent "the client's Maximum Packet Size is ignored" "-", "MQTT-3.1.2-24";
    PayloadFormatLost "the Payload Format Indicator is not passed on" "-", "MQTT-3.3.2-4";
    ResponseTopicLost "the Response Topic is not passed on" "-", "MQTT-3.3.2-15";
    CorrelationDataLost "the Correlation Data are not passed on" "-", "MQTT-3.3.2-16";
    UserPropertiesLost "the User Properties are not passed on" "-", "MQTT-3.3.2-17";
    UserPropertiesReversed "the User Properties are passed on in another order" "-", "MQTT-3.3.2-18";
    ContentTypeLost "the Content Type is not passed on" "-", "MQTT-3.3.2-20";
    ExpiryNotCountedDown "the Message Expiry Interval is passed on as it came" "-", "MQTT-3.3.2-6";
    ExpiredIsSent "a message is sent although it has expired" "-", "MQTT-3.3.2-5";

    // Topic aliases.
    TopicAliasOutlivesConnection "topic aliases are found on every connection" "-", "MQTT-3.3.2-7";
    TopicAliasKept "a client's topic aliases are known on its next connection" "-", "MQTT-3.3.2-7";
    TopicAliasNotReplaced "a topic alias keeps its first topic" "-", "X50-046";
    OutgoingAliasUnasked "topic aliases are sent to a client that takes none" "-", "MQTT-3.1.2-27";
    OutgoingAliasTooLarge "a topic alias exceeds the client's maximum" "-", "MQTT-3.1.2-26";

    // Delivery, acknowledgement, flow control.
    PacketIdentifierAlwaysOne "every message that is sent has packet identifier 1"
        "MQTT-2.3.1-4", "MQTT-2.2.1-4";
    IdentifierReusedInRelease "a packet identifier is used again before PUBCOMP"
        "MQTT-2.3.1-4", "MQTT-2.2.1-4";
    ReceiveMaximumIgnored "the client's Receive Maximum is ignored" "-", "MQTT-3.3.4-9";
    WindowNotReopened "an acknowledgement makes no room for the next message" "-", "MQTT-4.9.0-2";
    TakenTwice "a QoS 2 message that comes again is delivered again" "MQTT-4.3.3-2", "MQTT-4.3.3-10";
    IdentifierNotForgotten "the packet identifier of a QoS 2 message is not forgotten after PUBREL"
        "MQTT-4.3.3-2", "MQTT-4.3.3-12";
    PubrecErrorIgnored "a PUBREC that refuses is taken for one that accepts" "-", "MQTT-4.4.0-2";
    NothingResent "unacknowledged messages are not sent again" "MQTT-4.4.0-1", "MQTT-4.4.0-1";
    PubrelNotResent "PUBREL is not sent again" "MQTT-4.4.0-1", "MQTT-4.4.0-1";
    QueueReversed "what waits for a client comes in the wrong order" "MQTT-4.6.0-6", "MQTT-4.6.0-5";
    InFlightOrderLost "unacknowledged messages are sent again in another order"
        "MQTT-4.6.0-1", "MQTT-4.6.0-1";
    QueueBeforeInFlight "queued messages go before unacknowledged ones on a new connection"
        "MQTT-4.6.0-6", "MQTT-4.6.0-5";

    // Retained messages.
    RetainedNotSent "a new subscription gets no retained messages" "MQTT-3.3.1-6", "MQTT-3.3.1-9";
    RetainedWithoutRetain "retained messages come with RETAIN 0" "MQTT-3.3.1-8", "X50-044";
    RetainedNotReplaced "a retained message stays when another follows" "MQTT-3.3.1-5", "MQTT-3.3.1-5";
    RetainedNotRemoved "an empty message leaves the retained one" "MQTT-3.3.1-10", "MQTT-3.3.1-6";
    EverythingRetained "messages are retained without being asked to be" "MQTT-3.3.1-12", "MQTT-3.3.1-8";
    RetainHandlingIgnored "Retain Handling is ignored" "-", "MQTT-3.3.1-11";
    RetainHandlingNeverNew "a subscription counts as new each time" "-", "MQTT-3.3.1-10";
    RetainedOutlivesExpiry "a retained message is sent after it has expired" "-", "X50-043";
    ReplayForgotten "retained messages that were still to be sent are forgotten with the connection"
        "-", "MQTT-3.3.1-9";

    // SUBSCRIBE and UNSUBSCRIBE.
    SubackReversed "the codes of SUBACK are in the wrong order" "MQTT-3.9.3-1", "MQTT-3.9.3-1";
    GrantsQoS0 "SUBACK always grants QoS 0" "MQTT-3.8.4-5", "MQTT-3.8.4-7";
    SubscriptionNotReplaced "the same filter again changes nothing" "MQTT-3.8.4-3", "MQTT-3.8.4-3";
    UnsubscribeIgnored "UNSUBSCRIBE changes nothing" "MQTT-3.10.4-2", "MQTT-3.10.4-2";
    RouteKept "UNSUBSCRIBE leaves remembered receivers as they are" "MQTT-3.10.4-2", "MQTT-3.10.4-2";
    UnsubackReversed "the codes of UNSUBACK are in the wrong order" "-", "MQTT-3.11.3-1";
    NoLocalIgnored "No Local is ignored" "-", "MQTT-3.8.3-3";
    NoLocalAlways "nobody gets what he publishes himself" "MQTT-4.5.0-1", "MQTT-4.5.0-1";
    SubscriptionIdentifiersLost "Subscription Identifiers are not sent" "-", "MQTT-3.3.4-3";
    OneSubscriptionIdentifier "only the first of several Subscription Identifiers is sent" "-", "MQTT-3.3.4-4";

    // Topics.
    DollarFoundByWildcards "wildcards match topics that begin with a dollar sign"
        "MQTT-4.7.2-1", "MQTT-4.7.2-1";
    HashWithoutParent "the multi-level wildcard does not match its parent level"
        "MQTT-4.7.1-2", "MQTT-4.7.1-1";
    PlusWithoutEmptyLevel "the single-level wildcard does not match an empty level"
        "MQTT-4.7.1-3", "MQTT-4.7.1-2";
    LettersFolded "topics are matched without regard to case" "MQTT-4.7.3-4", "MQTT-4.7.3-4";
    SlashesMerged "two slashes in a topic count as one" "MQTT-4.7.3-4", "MQTT-4.7.3-4";

    // Shared subscriptions.
    SharedToAll "all members of a group get a message" "X311-100", "X50-100";
    SharedQoSNotLowered "a shared message comes at its own QoS" "-", "MQTT-4.8.2-3";
    SharedNotHandedOn "what a member owed its group is lost with it" "-", "X50-101";
    SharedStartedHandedOn "a QoS 2 message that was started is given to another member" "-", "MQTT-4.8.2-5";
    SharedGetsRetained "a shared subscription gets retained messages" "-", "X50-057";

    // The end of a connection; AUTH.
    GoodbyeUnsaid "no DISCONNECT goes before a close" "-", "MQTT-3.1.4-3";
    StaysAfterDisconnect "a client that said DISCONNECT keeps its connection" "X311-007", "X50-066";
    AuthenticationMethodUnsaid "CONNACK and AUTH have no Authentication Method" "-", "MQTT-4.12.0-5";
    ReauthenticationUnconfirmed "the end of a re-authentication is not told" "-", "MQTT-4.12.1-1";
    RulesIgnored "everybody may publish and subscribe everything" "MQTT-3.3.5-2", "MQTT-3.4.2-1";

    // No script sees these: they take a crash, a race, or a look at the machine itself.
    =>
    WindowGrows "PUBCOMP for a delivery of an older connection widens the window";
    PubrelWaitsForWindow "PUBREL is sent again only when a PUBLISH could be";
    NoLocalIgnoredInQueue "No Local is ignored for a copy that has to wait";
    IncomingForgottenAtTakeover "the identifiers of incoming QoS 2 messages do not survive a takeover";
    MemoryMiscounted "a dropped QoS 0 message leaves a byte on the memory account";
    CancelledWillReturns "the removal of a will is not recorded";
    ConnackBeforeClearing "CONNACK does not wait for the record that a session was cleared";
    GroupCut "the identifier of a QoS 2 message and the message are recorded in two groups";
    RepeatedPubrecUnheld "the answer to a PUBLISH that comes again overtakes the record of the first";
    UnknownPubcompUnheld "the answer to a PUBREL that comes again overtakes the record of the first";
}

/// The fault that is planted, for those who do not see the configuration. Of no size without the feature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Planted {
    #[cfg(feature = "planted-faults")]
    fault: Option<Fault>,
}

impl Planted {
    /// Whether it is this one.
    #[cfg(feature = "planted-faults")]
    pub(crate) fn is(self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    #[cfg(not(feature = "planted-faults"))]
    #[inline(always)]
    pub(crate) const fn is(self, _fault: Fault) -> bool {
        false
    }

    /// The topic by which receivers are looked for.
    #[inline]
    pub(crate) fn searched(self, topic: &str) -> Cow<'_, str> {
        if self.is(Fault::LettersFolded) {
            Cow::Owned(topic.to_ascii_lowercase())
        } else if self.is(Fault::SlashesMerged) {
            Cow::Owned(topic.replace("//", "/"))
        } else {
            Cow::Borrowed(topic)
        }
    }

    /// The Subscription Identifiers of a copy.
    #[inline]
    pub(crate) fn identified(self, identifiers: &[u32]) -> &[u32] {
        if self.is(Fault::SubscriptionIdentifiersLost) {
            &[]
        } else if self.is(Fault::OneSubscriptionIdentifier) {
            identifiers.get(..1).unwrap_or_default()
        } else {
            identifiers
        }
    }

    /// The packet identifier of a PUBLISH.
    #[inline]
    pub(crate) fn identifier(self, packet_identifier: NonZeroU16) -> NonZeroU16 {
        if self.is(Fault::PacketIdentifierAlwaysOne) { NonZeroU16::MIN } else { packet_identifier }
    }

    /// The topic of a message from a client.
    #[inline]
    pub(crate) fn named(self, topic: &str) -> Cow<'_, str> {
        if self.is(Fault::ByteOrderMarkStripped) {
            Cow::Owned(topic.replace('\u{FEFF}', ""))
        } else {
            Cow::Borrowed(topic)
        }
    }

    /// Whether a packet is left out.
    #[inline]
    pub(crate) fn leaves_out(self, packet: &Packet<'_>) -> bool {
        match packet {
            Packet::Puback(_) => self.is(Fault::PubackMissing),
            Packet::Pubrec(_) => self.is(Fault::PubrecMissing),
            Packet::Pubrel(_) => self.is(Fault::PubrelMissing),
            Packet::Pubcomp(_) => self.is(Fault::PubcompMissing),
            Packet::Suback(_) => self.is(Fault::SubackMissing),
            Packet::Unsuback(_) => self.is(Fault::UnsubackMissing),
            Packet::Pingresp => self.is(Fault::PingrespMissing),
            _ => false,
        }
    }

    /// The properties that travel with a message, and its Message Expiry Interval where it is never counted
    /// down.
    #[inline]
    pub(crate) fn with_expiry(
        self,
        mut forwarded: PropertiesBuffer,
        seconds: Option<u32>,
    ) -> PropertiesBuffer {
        if let Some(seconds) = seconds.filter(|_| self.is(Fault::ExpiryNotCountedDown)) {
            forwarded.push(Property::MessageExpiryInterval(seconds));
        }
        forwarded
    }

    /// A message that has its Message Expiry Interval among the properties that travel with it.
    #[inline]
    pub(crate) fn ageless<'m>(self, view: &MessageView<'m>) -> Option<MessageView<'m>> {
        let said = || Properties::from_validated(view.properties).message_expiry_interval().is_some();
        let ageless = self.is(Fault::ExpiryNotCountedDown) && said();
        ageless.then_some(MessageView { expires_at: Instant::FAR_FUTURE, ..*view })
    }

    /// What is made of the properties of a message; `None`: nothing.
    #[inline]
    pub(crate) fn damaged(self, properties: Properties<'_>) -> Option<PropertiesBuffer> {
        let lost: fn(&Property<'_>) -> bool = if self.is(Fault::PayloadFormatLost) {
            |property| matches!(property, Property::PayloadFormatIndicator(_))
        } else if self.is(Fault::ResponseTopicLost) {
            |property| matches!(property, Property::ResponseTopic(_))
        } else if self.is(Fault::CorrelationDataLost) {
            |property| matches!(property, Property::CorrelationData(_))
        } else if self.is(Fault::UserPropertiesLost) || self.is(Fault::UserPropertiesReversed) {
            |property| matches!(property, Property::UserProperty(..))
        } else if self.is(Fault::ContentTypeLost) {
            |property| matches!(property, Property::ContentType(_))
        } else {
            return None;
        };
        let mut kept = PropertiesBuffer::new();
        properties.iter().filter(|property| !lost(property)).for_each(|property| kept.push(property));
        if self.is(Fault::UserPropertiesReversed) {
            let mut reversed: alloc::vec::Vec<Property<'_>> = properties.iter().filter(lost).collect();
            reversed.reverse();
            reversed.into_iter().for_each(|property| kept.push(property));
        }
        Some(kept)
    }
}

impl Config {
    /// The fault that is planted.
    #[cfg(feature = "planted-faults")]
    pub(crate) fn planted(&self) -> Planted {
        Planted { fault: self.fault }
    }

    #[cfg(not(feature = "planted-faults"))]
    #[inline(always)]
    #[expect(clippy::unused_self, reason = "asks the configuration when faults can be planted")]
    pub(crate) const fn planted(&self) -> Planted {
        Planted {}
    }
}
