//! Each way to break the protocol: its statement in every version, and the reason code that 5.0 has for it.

use core::fmt;

use crate::version::ProtocolVersion;
use crate::wire::ReasonCode;

macro_rules! violations {
    ($($name:ident($reason:ident) $sentence:literal $v3_1:literal, $v3_1_1:literal, $v5_0:literal;)*) => {
        /// A way to break the protocol, or to leave the bounds that the server sets within it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Violation {
            $(#[doc = concat!("Means: ", $sentence, ".")] $name,)*
        }

        impl Violation {
            /// Every violation there is.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The statement that is broken, such as `MQTT-3.1.0-1`, or a section where the statement has no
            /// number. A version that cannot break it names the section that lets a peer close at all.
            pub const fn statement(self, version: ProtocolVersion) -> &'static str {
                match (self, version) {
                    $(
                        (Self::$name, ProtocolVersion::V3_1) => concat!("MQTT 3.1 section ", $v3_1),
                        (Self::$name, ProtocolVersion::V3_1_1) => $v3_1_1,
                        (Self::$name, ProtocolVersion::V5_0) => $v5_0,
                    )*
                }
            }

            /// What MQTT 5.0 has a server put in CONNACK or DISCONNECT.
            pub const fn reason(self) -> ReasonCode {
                match self {
                    $(Self::$name => ReasonCode::$reason,)*
                }
            }

            /// What was wrong, in words.
            pub(crate) const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$name => $sentence,)*
                }
            }
        }
    };
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}

impl core::error::Error for Violation {}

// Columns: the sentence for the log; the statement in 3.1 (which has sections only), in 3.1.1, in 5.0.
violations! {
    // The frame.
    ReservedPacketType(MalformedPacket) "the packet type is reserved"
        "2.1", "MQTT 3.1.1 section 2.2.1", "MQTT 5.0 section 2.1.2";
    FixedHeaderFlags(MalformedPacket) "the flags of the fixed header are not those of the packet type"
        "2.1", "MQTT-2.2.2-2", "MQTT-2.1.3-1";
    PubrelFlags(MalformedPacket) "the flags of PUBREL are not 0010"
        "3.6", "MQTT-3.6.1-1", "MQTT-3.6.1-1";
    SubscribeFlags(MalformedPacket) "the flags of SUBSCRIBE are not 0010"
        "3.8", "MQTT-3.8.1-1", "MQTT-3.8.1-1";
    UnsubscribeFlags(MalformedPacket) "the flags of UNSUBSCRIBE are not 0010"
        "3.10", "MQTT-3.10.1-1", "MQTT-3.10.1-1";
    DisconnectFlags(MalformedPacket) "the flags of DISCONNECT are not 0000"
        "3.14", "MQTT-3.14.1-1", "MQTT-3.14.1-1";
    AuthFlags(MalformedPacket) "the flags of AUTH are not 0000"
        "2.1", "MQTT 3.1.1 section 2.2.1", "MQTT-3.15.1-1";
    VariableByteIntegerTooLong(MalformedPacket) "a Variable Byte Integer has more than four bytes"
        "2.1", "MQTT 3.1.1 section 2.2.3", "MQTT 5.0 section 1.5.5";
    VariableByteIntegerNotMinimal(MalformedPacket) "a Variable Byte Integer has more bytes than it needs"
        "2.1", "MQTT 3.1.1 section 2.2.3", "MQTT-1.5.5-1";
    FieldPastEnd(MalformedPacket) "a field goes past the end of its packet"
        "2.1", "MQTT 3.1.1 section 2.2.3", "MQTT 5.0 section 2.1.4";
    SurplusBytes(MalformedPacket) "bytes are left over after the last field of the packet"
        "2.1", "MQTT 3.1.1 section 2.2.3", "MQTT 5.0 section 2.1.4";
    PacketTooLarge(PacketTooLarge) "the packet is larger than the Maximum Packet Size"
        "2.1", "MQTT-4.8.0-2", "MQTT-3.2.2-15";
    ServerOnlyPacket(ProtocolError) "only a server may send this packet"
        "3", "MQTT-4.8.0-1", "MQTT 5.0 section 2.1.2";
    ClientOnlyPacket(ProtocolError) "only a client may send this packet"
        "3", "MQTT-4.8.0-1", "MQTT 5.0 section 2.1.2";
    AnswerTooLarge(PacketTooLarge) "the answer is larger than the client's Maximum Packet Size"
        "2.1", "MQTT 3.1.1 section 4.8", "MQTT-3.1.2-24";

    // Fields of more than one packet.
    TextNotUtf8(MalformedPacket) "a text is not well-formed UTF-8"
        "2.5", "MQTT-1.5.3-1", "MQTT-1.5.4-1";
    TextNul(MalformedPacket) "a text contains U+0000"
        "2.5", "MQTT-1.5.3-2", "MQTT-1.5.4-2";
    DiscouragedCodePoint(MalformedPacket) "a text contains a control character or a non-character"
        "2.5", "MQTT 3.1.1 section 1.5.3", "MQTT 5.0 section 1.5.4";
    PacketIdentifierZero(ProtocolError) "the Packet Identifier is 0"
        "2.4", "MQTT-2.3.1-1", "MQTT-2.2.1-3";

    // Properties.
    PropertyUnknown(MalformedPacket) "a property identifier is not one of the standard"
        "2.2", "MQTT-4.8.0-1", "MQTT 5.0 section 2.2.2.2";
    PropertyNotAllowed(MalformedPacket) "a property does not belong in this packet"
        "2.2", "MQTT-4.8.0-1", "MQTT 5.0 section 2.2.2.2";
    PropertyRepeated(ProtocolError) "a property that may stand once is repeated"
        "2.2", "MQTT-4.8.0-1", "MQTT 5.0 section 2.2.2.2";
    PropertyNotBoolean(ProtocolError) "a property that is 0 or 1 has another value"
        "2.2", "MQTT-4.8.0-1", "MQTT 5.0 section 2.2.2.2";
    PayloadFormatIndicatorInvalid(ProtocolError) "the Payload Format Indicator is neither 0 nor 1"
        "2.2", "MQTT-4.8.0-1", "MQTT 5.0 section 3.3.2.3.2";
    MaximumQoSInvalid(ProtocolError) "the Maximum QoS is neither 0 nor 1"
        "2.2", "MQTT-4.8.0-1", "MQTT 5.0 section 3.2.2.3.4";
    ReceiveMaximumZero(ProtocolError) "the Receive Maximum is 0"
        "2.2", "MQTT-4.8.0-1", "MQTT 5.0 section 3.1.2.11.3";
    MaximumPacketSizeZero(ProtocolError) "the Maximum Packet Size is 0"
        "2.2", "MQTT-4.8.0-1", "MQTT 5.0 section 3.1.2.11.4";
    SubscriptionIdentifierZero(ProtocolError) "the Subscription Identifier is 0"
        "2.2", "MQTT-4.8.0-1", "MQTT 5.0 section 3.8.2.1.2";
    SubscriptionIdentifierFromClient(ProtocolError) "a client's PUBLISH has a Subscription Identifier"
        "2.2", "MQTT-4.8.0-1", "MQTT-3.3.4-6";
    ResponseTopicEmpty(ProtocolError) "the Response Topic is empty"
        "2.2", "MQTT-4.8.0-1", "MQTT-4.7.3-1";
    ResponseTopicWildcard(ProtocolError) "the Response Topic has a wildcard"
        "2.2", "MQTT-4.8.0-1", "MQTT-3.3.2-14";
    AuthenticationDataWithoutMethod(ProtocolError) "there is Authentication Data without its Method"
        "2.2", "MQTT-4.8.0-1", "MQTT 5.0 section 3.1.2.11.10";
    AuthenticationMethodMissing(ProtocolError) "AUTH has no Authentication Method"
        "2.1", "MQTT-4.8.0-1", "MQTT 5.0 section 3.15.2.2.2";

    // Topics.
    TopicNameEmpty(ProtocolError) "the Topic Name is empty and there is no Topic Alias"
        "Appendix A", "MQTT-4.7.3-1", "MQTT-4.7.3-1";
    TopicNameWildcard(TopicNameInvalid) "the Topic Name has a wildcard"
        "3.3", "MQTT-3.3.2-2", "MQTT-3.3.2-2";
    TopicTooLong(TopicNameInvalid) "the Topic Name is longer than this server takes"
        "Appendix A", "MQTT 3.1.1 section 4.7.3", "MQTT 5.0 section 4.7.3";
    TopicTooManyLevels(TopicNameInvalid) "the Topic Name has more levels than this server takes"
        "Appendix A", "MQTT 3.1.1 section 4.7.3", "MQTT 5.0 section 4.7.3";
    TopicFilterEmpty(MalformedPacket) "a Topic Filter is empty"
        "Appendix A", "MQTT-4.7.3-1", "MQTT-4.7.3-1";
    TopicFilterMultiLevelWildcard(MalformedPacket) "a # does not stand alone in the last level"
        "Appendix A", "MQTT-4.7.1-2", "MQTT-4.7.1-1";
    TopicFilterSingleLevelWildcard(MalformedPacket) "a + is not alone in its level"
        "Appendix A", "MQTT-4.7.1-3", "MQTT-4.7.1-2";
    FilterTooLong(TopicFilterInvalid) "a Topic Filter is longer than this server takes"
        "Appendix A", "MQTT 3.1.1 section 4.7.3", "MQTT 5.0 section 4.7.3";
    FilterTooManyLevels(TopicFilterInvalid) "a Topic Filter has more levels than this server takes"
        "Appendix A", "MQTT 3.1.1 section 4.7.3", "MQTT 5.0 section 4.7.3";
    ShareNameEmpty(TopicFilterInvalid) "the ShareName of a shared subscription is empty"
        "Appendix A", "MQTT 3.1.1 section 4.7.3", "MQTT-4.8.2-1";
    ShareNameInvalid(TopicFilterInvalid) "the ShareName has a wildcard, or no Topic Filter follows it"
        "Appendix A", "MQTT 3.1.1 section 4.7.3", "MQTT-4.8.2-2";
    SharedSubscriptionsNotSupported(SharedSubscriptionsNotSupported) "this server has no shared subscriptions"
        "Appendix A", "MQTT 3.1.1 section 4.7.3", "MQTT 5.0 section 3.2.2.3.13";
    SharedSubscriptionNoLocal(ProtocolError) "a shared subscription has No Local"
        "3.8", "MQTT-4.8.0-1", "MQTT-3.8.3-4";
    TopicAliasInvalid(TopicAliasInvalid) "the Topic Alias is 0 or above the Topic Alias Maximum"
        "3.3", "MQTT-4.8.0-1", "MQTT-3.3.2-9";
    TopicAliasUnknown(ProtocolError) "the Topic Alias has no topic on this connection"
        "3.3", "MQTT-4.8.0-1", "MQTT 5.0 section 3.3.4";

    // CONNECT and CONNACK.
    FirstPacketNotConnect(ProtocolError) "the first packet is not CONNECT"
        "3.1", "MQTT-3.1.0-1", "MQTT-3.1.0-1";
    SecondConnect(ProtocolError) "there is a second CONNECT on the connection"
        "3.1", "MQTT-3.1.0-2", "MQTT-3.1.0-2";
    ConnectTimeout(UnspecifiedError) "there was no whole CONNECT in time"
        "3.1", "MQTT 3.1.1 section 3.1.4", "MQTT 5.0 section 3.1.4";
    UnsupportedProtocolName(UnsupportedProtocolVersion) "the Protocol Name is not one this server knows"
        "3.1", "MQTT-3.1.2-1", "MQTT-3.1.2-1";
    UnsupportedProtocolVersion(UnsupportedProtocolVersion) "the protocol version is not one this server knows"
        "3.1", "MQTT-3.1.2-2", "MQTT-3.1.2-2";
    ConnectReservedFlag(MalformedPacket) "the reserved bit of the Connect Flags is 1"
        "3.1", "MQTT-3.1.2-3", "MQTT-3.1.2-3";
    WillQoSWithoutWill(MalformedPacket) "there is a Will QoS but no Will"
        "3.1", "MQTT-3.1.2-13", "MQTT-3.1.2-11";
    WillQoS3(MalformedPacket) "the Will QoS is 3"
        "3.1", "MQTT-3.1.2-14", "MQTT-3.1.2-12";
    WillRetainWithoutWill(MalformedPacket) "there is a Will Retain but no Will"
        "3.1", "MQTT-3.1.2-15", "MQTT-3.1.2-13";
    WillTopicEmpty(TopicNameInvalid) "the Will Topic is empty"
        "3.1", "MQTT-4.7.3-1", "MQTT-4.7.3-1";
    WillTopicWildcard(TopicNameInvalid) "the Will Topic has a wildcard"
        "3.1", "MQTT-4.7.1-1", "MQTT-4.7.0-1";
    WillTooLong(QuotaExceeded) "the Will is longer than this server takes"
        "3.1", "MQTT 3.1.1 section 3.1.4", "MQTT 5.0 section 4.13.2";
    PasswordWithoutUserName(MalformedPacket) "there is a Password but no User Name"
        "3.1", "MQTT-3.1.2-22", "MQTT 5.0 section 3.1.2.9";
    ClientIdentifierEmpty(ClientIdentifierNotValid) "the Client Identifier is empty"
        "3.1", "MQTT-3.1.3-8", "MQTT-3.1.3-8";
    ClientIdentifierTooLong(ClientIdentifierNotValid) "the Client Identifier is longer than this server takes"
        "3.1", "MQTT-3.1.3-9", "MQTT-3.1.3-8";
    UserNameTooLong(BadUserNameOrPassword) "the User Name is longer than this server takes"
        "3.1", "MQTT 3.1.1 section 3.1.4", "MQTT-3.1.4-2";
    ConnackFlags(MalformedPacket) "a reserved bit of the Connect Acknowledge Flags is 1"
        "3.2", "MQTT 3.1.1 section 3.2.2.1", "MQTT-3.2.2-1";
    ConnackSessionPresent(ProtocolError) "a CONNACK that refuses has Session Present 1"
        "3.2", "MQTT-3.2.2-4", "MQTT-3.2.2-6";
    ConnackReasonCode(ProtocolError) "the reason code is not one of CONNACK"
        "3.2", "MQTT 3.1.1 section 3.2.2.3", "MQTT-3.2.2-8";

    // PUBLISH and its acknowledgements.
    PublishQoS3(MalformedPacket) "the QoS of PUBLISH is 3"
        "2.1", "MQTT-3.3.1-4", "MQTT-3.3.1-4";
    PublishDuplicateAtQoS0(MalformedPacket) "PUBLISH at QoS 0 has DUP 1"
        "2.1", "MQTT-3.3.1-2", "MQTT-3.3.1-2";
    QoSNotSupported(QoSNotSupported) "the QoS is above the Maximum QoS"
        "4.1", "MQTT 3.1.1 section 4.8", "MQTT-3.2.2-11";
    RetainNotSupported(RetainNotSupported) "there is a RETAIN 1 though retained messages are not available"
        "2.1", "MQTT 3.1.1 section 4.8", "MQTT-3.2.2-14";
    MemoryExhausted(QuotaExceeded) "the server has no memory for more messages"
        "4.1", "MQTT 3.1.1 section 4.8", "MQTT 5.0 section 4.13.2";
    RetainedQuotaExceeded(QuotaExceeded) "there is no room for another retained message"
        "4.1", "MQTT 3.1.1 section 4.8", "MQTT 5.0 section 4.13.2";
    ReceiveMaximumExceeded(ReceiveMaximumExceeded) "there are more PUBLISH open than the Receive Maximum"
        "4.1", "MQTT-4.8.0-1", "MQTT-3.3.4-7";
    MessageRateTooHigh(MessageRateTooHigh) "the client is too far ahead of the rate at which it may publish"
        "4.1", "MQTT 3.1.1 section 4.8", "MQTT 5.0 section 4.13.2";
    AcknowledgementOfWrongKind(ProtocolError) "the acknowledgement is not the one that the message waits for"
        "4.1", "MQTT-4.8.0-1", "MQTT 5.0 section 4.3";
    PubackReasonCode(ProtocolError) "the reason code is not one of PUBACK"
        "3.4", "MQTT-4.8.0-1", "MQTT-3.4.2-1";
    PubrecReasonCode(ProtocolError) "the reason code is not one of PUBREC"
        "3.5", "MQTT-4.8.0-1", "MQTT-3.5.2-1";
    PubrelReasonCode(ProtocolError) "the reason code is not one of PUBREL"
        "3.6", "MQTT-4.8.0-1", "MQTT-3.6.2-1";
    PubcompReasonCode(ProtocolError) "the reason code is not one of PUBCOMP"
        "3.7", "MQTT-4.8.0-1", "MQTT-3.7.2-1";

    // SUBSCRIBE and UNSUBSCRIBE.
    SubscribeEmpty(ProtocolError) "SUBSCRIBE has no Topic Filter"
        "3.8", "MQTT-3.8.3-3", "MQTT-3.8.3-2";
    SubscriptionOptionsReservedBits(MalformedPacket) "a reserved bit of the Subscription Options is 1"
        "3.8", "MQTT-3.8.3-4", "MQTT-3.8.3-5";
    SubscriptionQoS3(ProtocolError) "the QoS of a subscription is 3"
        "3.8", "MQTT-3.8.3-4", "MQTT 5.0 section 3.8.3.1";
    RetainHandling3(ProtocolError) "the Retain Handling of a subscription is 3"
        "3.8", "MQTT-3.8.3-4", "MQTT 5.0 section 3.8.3.1";
    SubackEmpty(MalformedPacket) "SUBACK has no reason code"
        "3.9", "MQTT-3.8.4-5", "MQTT-3.8.4-6";
    SubackReasonCode(ProtocolError) "the reason code is not one of SUBACK"
        "3.9", "MQTT-3.9.3-2", "MQTT-3.9.3-2";
    UnsubscribeEmpty(ProtocolError) "UNSUBSCRIBE has no Topic Filter"
        "3.10", "MQTT-3.10.3-2", "MQTT-3.10.3-2";
    UnsubackEmpty(MalformedPacket) "UNSUBACK has no reason code"
        "3.11", "MQTT-4.8.0-1", "MQTT-3.11.3-1";
    UnsubackReasonCode(ProtocolError) "the reason code is not one of UNSUBACK"
        "3.11", "MQTT-4.8.0-1", "MQTT-3.11.3-2";
    WildcardsNotSupported(WildcardSubscriptionsNotSupported)
        "a Topic Filter has a wildcard though CONNACK said that there are none"
        "3.8", "MQTT 3.1.1 section 4.8", "MQTT 5.0 section 3.2.2.3.11";
    SubscriptionIdentifiersNotSupported(SubscriptionIdentifiersNotSupported)
        "there is a Subscription Identifier though CONNACK said that there are none"
        "3.8", "MQTT 3.1.1 section 4.8", "MQTT 5.0 section 3.2.2.3.12";
    TooManyFilters(QuotaExceeded) "the packet has more Topic Filters than this server takes"
        "3.8", "MQTT 3.1.1 section 4.8", "MQTT 5.0 section 4.13.2";

    // DISCONNECT, AUTH, and what the connection as a whole may break.
    DisconnectReasonCode(ProtocolError) "the reason code is not one of DISCONNECT"
        "3.14", "MQTT-4.8.0-1", "MQTT-3.14.2-1";
    SessionExpiryRaisedAtDisconnect(ProtocolError) "DISCONNECT raises a Session Expiry Interval of 0"
        "3.14", "MQTT-4.8.0-1", "MQTT 5.0 section 3.14.2.2.2";
    AuthReasonCode(ProtocolError) "the reason code is not one of AUTH"
        "2.1", "MQTT-4.8.0-1", "MQTT-3.15.2-1";
    AuthWithoutMethod(ProtocolError) "AUTH comes though CONNECT had no Authentication Method"
        "2.1", "MQTT-4.8.0-1", "MQTT-4.12.0-7";
    AuthenticationMethodChanged(ProtocolError) "the Authentication Method is not that of CONNECT"
        "2.1", "MQTT-4.8.0-1", "MQTT-4.12.0-5";
    AuthenticationUnfinished(ProtocolError)
        "something else than AUTH or DISCONNECT comes before the authentication has ended"
        "3.1", "MQTT-3.1.0-1", "MQTT-3.1.2-30";
    AuthUnexpected(ProtocolError) "AUTH comes at a time when nobody waits for it"
        "2.1", "MQTT-4.8.0-1", "MQTT 5.0 section 4.12";
    AuthenticationTimeout(NotAuthorized) "the client did not go on with its authentication in time"
        "2.1", "MQTT 3.1.1 section 3.1.4", "MQTT 5.0 section 4.12";
    AnswerTimeout(ServerUnavailable) "the server was not told in time whether to let the client in"
        "3.2", "MQTT 3.1.1 section 3.1.4", "MQTT-3.1.4-2";
    KeepAliveElapsed(KeepAliveTimeout) "there was no packet for one and a half times the Keep Alive"
        "3.1", "MQTT-3.1.2-24", "MQTT-3.1.2-22";
    PacketTooSlow(UnspecifiedError) "the rest of a packet comes too slowly"
        "2.1", "MQTT 3.1.1 section 4.8", "MQTT 5.0 section 4.13.2";
    OutputStalled(UnspecifiedError) "the client takes nothing of what was sent to it"
        "2.1", "MQTT 3.1.1 section 4.8", "MQTT 5.0 section 4.13.2";
    TooManyUserProperties(QuotaExceeded) "the packet has more User Properties than this server takes"
        "2.2", "MQTT 3.1.1 section 4.8", "MQTT 5.0 section 4.13.2";
    PropertiesTooLong(QuotaExceeded) "the properties are longer than this server takes"
        "2.2", "MQTT 3.1.1 section 4.8", "MQTT 5.0 section 4.13.2";
}
