//! The packets of a client that have properties (Table 2-4), each with any property section that a script wants.

use crate::harness::{Broker, Client, check_eq, fail};
use crate::wire::property::{Properties, Property, id};
use crate::wire::{Packet, Raw, Writer, frame};

/// Where properties stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Connect,
    Will,
    Publish,
    Puback,
    Pubrec,
    Pubrel,
    Pubcomp,
    Subscribe,
    Unsubscribe,
    Disconnect,
    /// In an exchange that the client began anew: the target needs the authenticator.
    Auth,
}

/// CONNECT.
pub(super) const IN_CONNECT: &[Place] = &[Place::Connect, Place::Will];
/// The acknowledgements.
pub(super) const IN_ANSWERS: &[Place] = &[Place::Puback, Place::Pubrec, Place::Pubrel, Place::Pubcomp];
/// The other packets of a connection that needs no authentication.
pub(super) const IN_OTHERS: &[Place] =
    &[Place::Publish, Place::Subscribe, Place::Unsubscribe, Place::Disconnect];

/// The identifier of the acknowledgements: nobody waits for them.
const UNKNOWN: u16 = 9;

impl Place {
    /// What a client may put there.
    pub(super) fn allowed(self) -> &'static [u8] {
        match self {
            Self::Connect => &[0x11, 0x15, 0x16, 0x17, 0x19, 0x21, 0x22, 0x26, 0x27],
            Self::Will => &[0x01, 0x02, 0x03, 0x08, 0x09, 0x18, 0x26],
            Self::Publish => &[0x01, 0x02, 0x03, 0x08, 0x09, 0x23, 0x26],
            Self::Puback | Self::Pubrec | Self::Pubrel | Self::Pubcomp => &[0x1F, 0x26],
            Self::Subscribe => &[0x0B, 0x26],
            Self::Unsubscribe => &[0x26],
            Self::Disconnect => &[0x11, 0x1F, 0x26],
            Self::Auth => &[0x15, 0x16, 0x1F, 0x26],
        }
    }

    /// The properties that go before this one, so that it is the only mistake.
    fn before(self, property: u8) -> Vec<Property> {
        match self {
            Self::Connect if property == id::AUTHENTICATION_DATA => vec![method()],
            Self::Auth if property != id::AUTHENTICATION_METHOD => vec![method()],
            _ => vec![],
        }
    }

    /// The property section with these properties, and those that have to be there anyway.
    pub(super) fn section(self, properties: &[Property]) -> Vec<u8> {
        let first = properties.first().map_or(0, |property| property.id);
        Properties([self.before(first).as_slice(), properties].concat()).encode()
    }

    fn packet(self, broker: &Broker, section: &[u8]) -> Raw {
        let identifier = broker.client_identifier("a");
        let connect = |flags| Writer::new().text("MQTT").u8(5).u8(flags).u16(0);
        let answer = || Writer::new().u16(UNKNOWN).u8(0).raw(section);
        let (first, body) = match self {
            Self::Connect => (0x10, connect(0x02).raw(section).text(identifier)),
            Self::Will => {
                let body = connect(0x06).u8(0).text(identifier).raw(section);
                (0x10, body.text(broker.topic("will")).text("never"))
            }
            Self::Publish => (0x32, Writer::new().text(broker.topic("a")).u16(5).raw(section).raw("x")),
            Self::Puback => (0x40, answer()),
            Self::Pubrec => (0x50, answer()),
            Self::Pubrel => (0x62, answer()),
            Self::Pubcomp => (0x70, answer()),
            Self::Subscribe => (0x82, Writer::new().u16(5).raw(section).text(broker.topic("b")).u8(0)),
            Self::Unsubscribe => (0xA2, Writer::new().u16(5).raw(section).text(broker.topic("b"))),
            Self::Disconnect => (0xE0, Writer::new().u8(0).raw(section)),
            Self::Auth => (0xF0, Writer::new().u8(0x19).raw(section)),
        };
        Raw(frame(first, &body.done()))
    }

    /// A client that has sent the packet with this property section.
    #[track_caller]
    fn send(self, broker: &Broker, section: &[u8]) -> Client {
        let mut client = match self {
            Self::Connect | Self::Will => broker.open(),
            Self::Auth => inside(broker),
            _ => broker.client("a"),
        };
        client.send(self.packet(broker, section));
        client
    }

    /// The packet is refused for its property section.
    #[track_caller]
    pub(super) fn refused(self, broker: &Broker, section: &[u8], codes: &[u8]) {
        let mut client = self.send(broker, section);
        match self {
            Self::Connect | Self::Will => client.expect_bad_connect(codes),
            _ => client.expect_violation(codes),
        }
    }

    /// The packet has its effect, whatever its property section says.
    #[track_caller]
    pub(super) fn taken(self, broker: &Broker, section: &[u8]) {
        let mut client = self.send(broker, section);
        match self {
            Self::Connect | Self::Will => drop(client.expect_accepted()),
            Self::Publish => check_eq!(client.expect_puback(5).code & 0x80, 0, "code of PUBACK"),
            Self::Puback | Self::Pubcomp => client.ping(),
            Self::Pubrec => drop(client.expect_unknown("PUBREL", UNKNOWN)),
            Self::Pubrel => drop(client.expect_unknown("PUBCOMP", UNKNOWN)),
            Self::Subscribe => drop(client.expect_suback(5, &[0])),
            Self::Unsubscribe => drop(client.expect_unsuback(5, &[0x11])),
            Self::Disconnect => return client.expect_closed(),
            Self::Auth => {
                let packet = client.next_packet();
                let Packet::Auth(auth) = packet else { fail(format!("expected AUTH, got {packet}")) };
                check_eq!(auth.code, 0x18, "code of AUTH");
                check_eq!(auth.properties.text(id::AUTHENTICATION_METHOD), Some(&b"steps"[..]), "method");
                // The method repeats the data with a question mark.
                let said = Properties(vec![sample(id::AUTHENTICATION_DATA)]).encode();
                let said = section.windows(said.len() - 1).any(|bytes| bytes == &said[1..]);
                let asked = said.then_some(&b"value?"[..]);
                check_eq!(auth.properties.text(id::AUTHENTICATION_DATA), asked, "data");
            }
        }
        client.disconnect();
    }
}

/// A client that was let in by the method.
#[track_caller]
pub(super) fn inside(broker: &Broker) -> Client {
    let data = Property::text(id::AUTHENTICATION_DATA, "in");
    let client = broker.connect(broker.hello("a").property(method()).property(data));
    let data = client.connack().properties.text(id::AUTHENTICATION_DATA).map(<[u8]>::to_vec);
    check_eq!(data.as_deref(), Some(&b"welcome"[..]), "Authentication Data");
    client
}

fn method() -> Property {
    Property::text(id::AUTHENTICATION_METHOD, "steps")
}

/// A property with a value that is legal wherever it may stand.
pub(super) fn sample(property: u8) -> Property {
    match property {
        0x01 | 0x17 | 0x24 | 0x25 | 0x28 | 0x29 | 0x2A => Property::byte(property, 1),
        0x19 => Property::byte(property, 0),
        0x02 | 0x18 => Property::four(property, 1),
        // 0 is legal in a DISCONNECT, whatever CONNECT said.
        0x11 => Property::four(property, 0),
        0x27 => Property::four(property, 1_000),
        0x0B => Property::variable(property, 5),
        0x13 | 0x21 | 0x22 => Property::two(property, 10),
        0x23 => Property::two(property, 1),
        0x15 => method(),
        0x26 => Property::user("k", "v"),
        _ => Property::text(property, "value"),
    }
}

/// Every identifier of Table 2-4.
pub(super) const IDENTIFIERS: [u8; 27] = [
    0x01, 0x02, 0x03, 0x08, 0x09, 0x0B, 0x11, 0x12, 0x13, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1C, 0x1F,
    0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2A,
];
