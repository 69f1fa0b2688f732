//! Reads a property section and holds it against Table 2-4.

use super::bytes::{Reader, Wrong};
use super::property::{Properties, Property, Value, id};

/// The packets of a server that have properties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Connack,
    Publish,
    Puback,
    Pubrec,
    Pubrel,
    Pubcomp,
    Suback,
    Unsuback,
    Disconnect,
    Auth,
}

impl Place {
    /// What a server may put there.
    fn allowed(self) -> &'static [u8] {
        match self {
            Self::Connack => &[
                0x11, 0x12, 0x13, 0x15, 0x16, 0x1A, 0x1C, 0x1F, 0x21, 0x22, 0x24, 0x25, 0x26, 0x27, 0x28,
                0x29, 0x2A,
            ],
            Self::Publish => &[0x01, 0x02, 0x03, 0x08, 0x09, 0x0B, 0x23, 0x26],
            Self::Puback | Self::Pubrec | Self::Pubrel | Self::Pubcomp | Self::Suback | Self::Unsuback => {
                &[0x1F, 0x26]
            }
            // No Session Expiry Interval from a server [MQTT-3.14.2-2].
            Self::Disconnect => &[0x1C, 0x1F, 0x26],
            Self::Auth => &[0x15, 0x16, 0x1F, 0x26],
        }
    }

    /// What may stand there more than once.
    fn repeats(self, id: u8) -> bool {
        id == id::USER_PROPERTY || (self == Self::Publish && id == id::SUBSCRIPTION_IDENTIFIER)
    }
}

/// Takes a property section.
pub(super) fn properties(body: &mut Reader<'_>, place: Place) -> Result<Properties, Wrong> {
    let length = body.variable()?;
    let mut section = Reader::new(body.take(length as usize)?);
    let mut properties = Properties::default();
    while !section.is_empty() {
        let id = section.variable()?;
        let id = u8::try_from(id).map_err(|_| format!("property 0x{id:X} does not exist"))?;
        if !place.allowed().contains(&id) {
            return Err(format!("property 0x{id:02X} does not belong into {place:?}"));
        }
        if properties.has(id) && !place.repeats(id) {
            return Err(format!("property 0x{id:02X} twice"));
        }
        let value = value(id, &mut section)?;
        checked(id, &value)?;
        properties.0.push(Property { id, value });
    }
    Ok(properties)
}

fn value(id: u8, section: &mut Reader<'_>) -> Result<Value, Wrong> {
    Ok(match id {
        0x01 | 0x17 | 0x19 | 0x24 | 0x25 | 0x28 | 0x29 | 0x2A => Value::Byte(section.u8()?),
        0x13 | 0x21 | 0x22 | 0x23 => Value::Two(section.u16()?),
        0x02 | 0x11 | 0x18 | 0x27 => Value::Four(section.u32()?),
        0x0B => Value::Variable(section.variable()?),
        0x09 | 0x16 => Value::Text(section.binary()?.to_vec()),
        0x26 => Value::Pair(section.text()?.into_bytes(), section.text()?.into_bytes()),
        _ => Value::Text(section.text()?.into_bytes()),
    })
}

/// Values that a server must not send.
fn checked(id: u8, value: &Value) -> Result<(), Wrong> {
    let wrong = match (id, value) {
        (0x01 | 0x24 | 0x25 | 0x28 | 0x29 | 0x2A, Value::Byte(value)) => *value > 1,
        (0x21 | 0x23, Value::Two(value)) => *value == 0,
        (0x27, Value::Four(value)) => *value == 0,
        (0x0B, Value::Variable(value)) => *value == 0,
        (0x08, Value::Text(topic)) => topic.iter().any(|byte| b"+#".contains(byte)),
        _ => false,
    };
    if wrong { Err(format!("property 0x{id:02X} with value {value:?}")) } else { Ok(()) }
}
