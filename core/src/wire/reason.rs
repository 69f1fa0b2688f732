//! Reason codes (5.0 section 2.4) and the return codes of CONNACK before 5.0.

use core::fmt;

use super::{PacketType, Sender};

macro_rules! reason_codes {
    ($($name:ident = $value:literal $text:literal;)*) => {
        /// What became of a request (5.0 section 2.4, Table 2-6). From 0x80 on it failed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum ReasonCode {
            $(#[doc = concat!($text, ".")] $name = $value,)*
        }

        impl ReasonCode {
            /// Every reason code, in the order of the numbers.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The reason code with this number, if the standard has one.
            pub const fn from_byte(byte: u8) -> Option<Self> {
                match byte {
                    $($value => Some(Self::$name),)*
                    _ => None,
                }
            }

            const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

reason_codes! {
    Success = 0x00 "Success";
    GrantedQoS1 = 0x01 "Granted QoS 1";
    GrantedQoS2 = 0x02 "Granted QoS 2";
    DisconnectWithWill = 0x04 "Disconnect with Will Message";
    NoMatchingSubscribers = 0x10 "No matching subscribers";
    NoSubscriptionExisted = 0x11 "No subscription existed";
    ContinueAuthentication = 0x18 "Continue authentication";
    ReAuthenticate = 0x19 "Re-authenticate";
    UnspecifiedError = 0x80 "Unspecified error";
    MalformedPacket = 0x81 "Malformed Packet";
    ProtocolError = 0x82 "Protocol Error";
    ImplementationSpecificError = 0x83 "Implementation specific error";
    UnsupportedProtocolVersion = 0x84 "Unsupported Protocol Version";
    ClientIdentifierNotValid = 0x85 "Client Identifier not valid";
    BadUserNameOrPassword = 0x86 "Bad User Name or Password";
    NotAuthorized = 0x87 "Not authorized";
    ServerUnavailable = 0x88 "Server unavailable";
    ServerBusy = 0x89 "Server busy";
    Banned = 0x8A "Banned";
    ServerShuttingDown = 0x8B "Server shutting down";
    BadAuthenticationMethod = 0x8C "Bad authentication method";
    KeepAliveTimeout = 0x8D "Keep Alive timeout";
    SessionTakenOver = 0x8E "Session taken over";
    TopicFilterInvalid = 0x8F "Topic Filter invalid";
    TopicNameInvalid = 0x90 "Topic Name invalid";
    PacketIdentifierInUse = 0x91 "Packet Identifier in use";
    PacketIdentifierNotFound = 0x92 "Packet Identifier not found";
    ReceiveMaximumExceeded = 0x93 "Receive Maximum exceeded";
    TopicAliasInvalid = 0x94 "Topic Alias invalid";
    PacketTooLarge = 0x95 "Packet too large";
    MessageRateTooHigh = 0x96 "Message rate too high";
    QuotaExceeded = 0x97 "Quota exceeded";
    AdministrativeAction = 0x98 "Administrative action";
    PayloadFormatInvalid = 0x99 "Payload format invalid";
    RetainNotSupported = 0x9A "Retain not supported";
    QoSNotSupported = 0x9B "QoS not supported";
    UseAnotherServer = 0x9C "Use another server";
    ServerMoved = 0x9D "Server moved";
    SharedSubscriptionsNotSupported = 0x9E "Shared Subscriptions not supported";
    ConnectionRateExceeded = 0x9F "Connection rate exceeded";
    MaximumConnectTime = 0xA0 "Maximum connect time";
    SubscriptionIdentifiersNotSupported = 0xA1 "Subscription Identifiers not supported";
    WildcardSubscriptionsNotSupported = 0xA2 "Wildcard Subscriptions not supported";
}

impl ReasonCode {
    /// The number.
    #[inline]
    pub const fn byte(self) -> u8 {
        self as u8
    }

    /// Whether the request failed.
    #[inline]
    pub const fn is_error(self) -> bool {
        self.byte() >= 0x80
    }

    /// Whether `sender` may put this code in a packet of that type (5.0 Tables 3-1, 3-4 to 3-11).
    pub const fn allowed_in(self, packet_type: PacketType, sender: Sender) -> bool {
        let byte = self.byte();
        match packet_type {
            // [MQTT-3.2.2-8]
            PacketType::Connack => {
                matches!(byte, 0x00 | 0x80..=0x8A | 0x8C | 0x90 | 0x95 | 0x97 | 0x99..=0x9D | 0x9F)
            }
            // [MQTT-3.4.2-1] [MQTT-3.5.2-1] Only a server has a use for 0x10; in a client it is harmless.
            PacketType::Puback | PacketType::Pubrec => {
                matches!(byte, 0x00 | 0x10 | 0x80 | 0x83 | 0x87 | 0x90 | 0x91 | 0x97 | 0x99)
            }
            // [MQTT-3.6.2-1] [MQTT-3.7.2-1]
            PacketType::Pubrel | PacketType::Pubcomp => matches!(byte, 0x00 | 0x92),
            // [MQTT-3.9.3-2]
            PacketType::Suback => {
                matches!(byte, 0x00..=0x02 | 0x80 | 0x83 | 0x87 | 0x8F | 0x91 | 0x97 | 0x9E | 0xA1 | 0xA2)
            }
            // [MQTT-3.11.3-2]
            PacketType::Unsuback => matches!(byte, 0x00 | 0x11 | 0x80 | 0x83 | 0x87 | 0x8F | 0x91),
            PacketType::Disconnect => self.allowed_in_disconnect(sender),
            // [MQTT-3.15.2-1]
            PacketType::Auth => match sender {
                Sender::Client => matches!(byte, 0x18 | 0x19),
                Sender::Server => matches!(byte, 0x00 | 0x18),
            },
            _ => false,
        }
    }

    // [MQTT-3.14.2-1] Table 3-10. It marks 0x9B as the server's alone, but section 3.3.4 has a client send it
    // when a message is above the Maximum QoS: taken from both.
    const fn allowed_in_disconnect(self, sender: Sender) -> bool {
        let byte = self.byte();
        let both = matches!(byte, 0x00 | 0x80..=0x83 | 0x90 | 0x93..=0x99 | 0x9B);
        match sender {
            Sender::Client => both || byte == 0x04,
            Sender::Server => both || matches!(byte, 0x87 | 0x89 | 0x8B | 0x8D..=0x8F | 0x9A | 0x9C..=0xA2),
        }
    }

    /// The CONNACK return code before 5.0 (3.1.1 section 3.2.2.3): 0 to 5. `None` where no code fits, and the
    /// server closes without CONNACK `[MQTT-3.2.2-6]`.
    pub const fn connack_return_code_3(self) -> Option<u8> {
        Some(match self {
            Self::Success => 0,
            Self::UnsupportedProtocolVersion => 1,
            Self::ClientIdentifierNotValid => 2,
            Self::ServerUnavailable
            | Self::ServerBusy
            | Self::ServerShuttingDown
            | Self::UseAnotherServer
            | Self::ServerMoved => 3,
            Self::BadUserNameOrPassword => 4,
            Self::NotAuthorized | Self::Banned | Self::BadAuthenticationMethod => 5,
            _ => return None,
        })
    }

    /// The reason code for a CONNACK return code before 5.0; `None` above 5, which is reserved.
    pub const fn from_connack_return_code_3(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Success,
            1 => Self::UnsupportedProtocolVersion,
            2 => Self::ClientIdentifierNotValid,
            3 => Self::ServerUnavailable,
            4 => Self::BadUserNameOrPassword,
            5 => Self::NotAuthorized,
            _ => return None,
        })
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
