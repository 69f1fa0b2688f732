//! What differs between the versions of MQTT beyond the wire, each difference a question with a name.
//! Nothing else in the machine compares versions.

/// A version of the protocol, fixed by the CONNECT packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProtocolVersion {
    /// MQTT 3.1: protocol name `MQIsdp`, level 3.
    V3_1,
    /// MQTT 3.1.1: protocol name `MQTT`, level 4.
    V3_1_1,
    /// MQTT 5.0: protocol name `MQTT`, level 5.
    V5_0,
}

impl ProtocolVersion {
    /// The protocol level byte of the CONNECT packet.
    pub const fn level(self) -> u8 {
        match self {
            Self::V3_1 => 3,
            Self::V3_1_1 => 4,
            Self::V5_0 => 5,
        }
    }

    /// The protocol name of the CONNECT packet.
    pub const fn protocol_name(self) -> &'static str {
        match self {
            Self::V3_1 => "MQIsdp",
            Self::V3_1_1 | Self::V5_0 => "MQTT",
        }
    }

    /// Whether packets carry properties and acknowledgements carry reason codes.
    pub const fn has_properties(self) -> bool {
        matches!(self, Self::V5_0)
    }

    /// Whether a server may send DISCONNECT.
    pub const fn server_may_disconnect(self) -> bool {
        matches!(self, Self::V5_0)
    }

    /// Whether a refused CONNECT beyond the five return codes of 3.1.1 may be answered with CONNACK.
    pub const fn answers_every_refusal(self) -> bool {
        matches!(self, Self::V5_0)
    }

    /// Whether CONNACK has the Session Present flag (not in 3.1).
    pub const fn has_session_present(self) -> bool {
        !matches!(self, Self::V3_1)
    }

    /// Whether SUBACK can report a failure (not in 3.1: the granted QoS is returned, without a subscription).
    pub const fn suback_reports_failure(self) -> bool {
        !matches!(self, Self::V3_1)
    }

    /// Whether the receiver of too many unacknowledged PUBLISH packets may close with 0x93; before 5.0
    /// reading pauses instead.
    pub const fn enforces_receive_maximum(self) -> bool {
        matches!(self, Self::V5_0)
    }

    /// Whether a client identifier of zero bytes may be replaced by the server.
    pub const fn allows_empty_client_identifier(self) -> bool {
        !matches!(self, Self::V3_1)
    }

    /// Whether `$share/` begins a shared subscription by the standard, so that an ill-formed one is an error of
    /// the protocol.
    pub const fn has_shared_subscriptions(self) -> bool {
        matches!(self, Self::V5_0)
    }

    /// Whether live copies may keep the RETAIN bit of the publisher (Retain As Published).
    pub const fn has_subscription_options(self) -> bool {
        matches!(self, Self::V5_0)
    }
}

impl core::fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::V3_1 => "3.1",
            Self::V3_1_1 => "3.1.1",
            Self::V5_0 => "5.0",
        })
    }
}
