//! `-F FORMAT`: how `hushwing sub` prints a message.

use std::time::SystemTime;

use hushwing_core::client::Message;

use super::timestamp::Timestamp;
use super::{UsageError, json, usage};

/// A format, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    parts: Vec<Part>,
    pretty: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(Vec<u8>),
    /// `%` and a letter.
    Field {
        letter: char,
        shape: Shape,
    },
    /// `@` and a letter of strftime.
    Time(char),
    /// What -v prints for the payload.
    PayloadOrNull,
}

/// Width and the like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Shape {
    zeros: bool,
    left: bool,
    width: usize,
    most: Option<usize>,
}

/// Fields that take a width; those of the second list take a greatest width, too.
const WITH_WIDTH: &str = "ACEFIlmpRStxX";
const WITH_MOST: &str = "CIRt";
const ALL_FIELDS: &str = "ACDEFIjJlmpPqrRStUxX";
/// Wider fields are mistakes.
const WIDEST: usize = 10_000;

impl Format {
    /// The payload, with the topic in front if `verbose`.
    pub fn payload(verbose: bool, line_end: bool) -> Self {
        let field = |letter| Part::Field { letter, shape: Shape::default() };
        let mut parts = if verbose {
            vec![field('t'), Part::Literal(b" ".to_vec()), Part::PayloadOrNull]
        } else {
            vec![field('p')]
        };
        if line_end {
            parts.push(Part::Literal(b"\n".to_vec()));
        }
        Self { parts, pretty: false }
    }

    /// The format that -F gives.
    ///
    /// # Errors
    /// It has a sequence that means nothing.
    pub fn parse(text: &str, line_end: bool, pretty: bool) -> Result<Self, UsageError> {
        let mut parts = Vec::new();
        let mut literal = Vec::new();
        let mut rest = text.chars();
        while let Some(character) = rest.next() {
            let part = match character {
                '%' => field(&mut rest)?,
                '@' => time(&mut rest)?,
                '\\' => escape(&mut rest)?,
                other => Part::Literal(other.to_string().into_bytes()),
            };
            match part {
                Part::Literal(bytes) => literal.extend(bytes),
                other => {
                    if !literal.is_empty() {
                        parts.push(Part::Literal(std::mem::take(&mut literal)));
                    }
                    parts.push(other);
                }
            }
        }
        if line_end {
            literal.push(b'\n');
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Ok(Self { parts, pretty })
    }

    /// Appends a message that came at `time`.
    ///
    /// # Errors
    /// `%J` was asked for and the payload is not JSON; nothing is appended.
    pub fn print(&self, message: &Message<'_>, time: SystemTime, out: &mut Vec<u8>) -> Result<(), String> {
        let start = out.len();
        let time = Timestamp::at(time);
        for part in &self.parts {
            match part {
                Part::Literal(bytes) => out.extend_from_slice(bytes),
                Part::PayloadOrNull if message.payload.is_empty() => out.extend_from_slice(b"(null)"),
                Part::PayloadOrNull => out.extend_from_slice(message.payload),
                Part::Time(letter) => {
                    out.extend_from_slice(time.letter(*letter).unwrap_or_default().as_bytes())
                }
                Part::Field { letter: 'J', .. } if !json::is_valid(message.payload) => {
                    out.truncate(start);
                    return Err(format!("Message payload is not valid JSON on topic {}", message.topic));
                }
                Part::Field { letter, shape } => {
                    shape.put(&value(*letter, message, &time, self.pretty), out);
                }
            }
        }
        Ok(())
    }
}

impl Shape {
    fn put(self, value: &[u8], out: &mut Vec<u8>) {
        // A text is cut at a character.
        let text = std::str::from_utf8(value).unwrap_or_default();
        let end = self.most.and_then(|most| text.char_indices().nth(most)).map_or(value.len(), |(at, _)| at);
        let value = value.get(..end).unwrap_or(value);
        let length = std::str::from_utf8(value).map_or(value.len(), |text| text.chars().count());
        let missing = self.width.saturating_sub(length);
        if self.left {
            out.extend_from_slice(value);
        }
        let filler = if self.zeros && !self.left { b'0' } else { b' ' };
        out.extend(std::iter::repeat_n(filler, missing));
        if !self.left {
            out.extend_from_slice(value);
        }
    }
}

fn field(rest: &mut std::str::Chars<'_>) -> Result<Part, UsageError> {
    let mut shape = Shape::default();
    let mut next = rest.next();
    while let Some(flag @ ('0' | '-')) = next {
        shape.zeros |= flag == '0';
        shape.left |= flag == '-';
        next = rest.next();
    }
    shape.width = digits(&mut next, rest)?;
    if next == Some('.') {
        next = rest.next();
        shape.most = Some(digits(&mut next, rest)?);
    }
    let Some(letter) = next else { return usage("the format ends within a sequence that begins with %") };
    if letter == '%' {
        return Ok(Part::Literal(b"%".to_vec()));
    }
    if !ALL_FIELDS.contains(letter) {
        return usage(format!("%{letter} means nothing in a format; --help lists what there is"));
    }
    let plain = Shape::default();
    let kept = Shape {
        most: shape.most.filter(|_| WITH_MOST.contains(letter)),
        zeros: shape.zeros && !"CIpRt".contains(letter),
        ..shape
    };
    Ok(Part::Field { letter, shape: if WITH_WIDTH.contains(letter) { kept } else { plain } })
}

fn digits(next: &mut Option<char>, rest: &mut std::str::Chars<'_>) -> Result<usize, UsageError> {
    let mut number = 0_usize;
    while let Some(digit) = next.and_then(|character| character.to_digit(10)) {
        number = number.saturating_mul(10).saturating_add(usize::try_from(digit).unwrap_or(0));
        *next = rest.next();
    }
    if number > WIDEST {
        return usage(format!("a width of more than {WIDEST} in the format"));
    }
    Ok(number)
}

fn time(rest: &mut std::str::Chars<'_>) -> Result<Part, UsageError> {
    match rest.next() {
        Some('@') => Ok(Part::Literal(b"@".to_vec())),
        Some(letter) if Timestamp::at(SystemTime::UNIX_EPOCH).letter(letter).is_some() => {
            Ok(Part::Time(letter))
        }
        Some(letter) => usage(format!("@{letter} means nothing in a format; @@ is the character itself")),
        None => usage("the format ends with @; @@ is the character itself"),
    }
}

fn escape(rest: &mut std::str::Chars<'_>) -> Result<Part, UsageError> {
    let byte = match rest.next() {
        Some('\\') => b'\\',
        Some('0') => 0,
        Some('a') => 7,
        Some('e') => 0x1B,
        Some('n') => b'\n',
        Some('r') => b'\r',
        Some('t') => b'\t',
        Some('v') => 0x0B,
        Some(other) => return usage(format!("\\{other} means nothing in a format")),
        None => return usage("the format ends with \\"),
    };
    Ok(Part::Literal(vec![byte]))
}

/// What a letter stands for; empty where the message has no such thing.
fn value(letter: char, message: &Message<'_>, time: &Timestamp, pretty: bool) -> Vec<u8> {
    let properties = &message.properties;
    let text = |text: Option<&str>| text.unwrap_or_default().as_bytes().to_vec();
    let number =
        |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default().into_bytes();
    match letter {
        'A' => number(properties.topic_alias().map(u64::from)),
        'C' => text(properties.content_type()),
        'D' => properties.correlation_data().unwrap_or_default().to_vec(),
        'E' => number(properties.message_expiry_interval().map(u64::from)),
        'F' => number(properties.payload_format_indicator().map(u64::from)),
        'I' => time.iso_8601().into_bytes(),
        'j' => json::message(message, time, false, pretty),
        'J' => json::message(message, time, true, pretty),
        'l' => message.payload.len().to_string().into_bytes(),
        'm' => number(Some(message.packet_identifier.map_or(0, |it| u64::from(it.get())))),
        'p' => message.payload.to_vec(),
        'P' => {
            let pairs = properties.user_properties().map(|(key, value)| format!("{key}:{value}"));
            pairs.collect::<Vec<_>>().join(" ").into_bytes()
        }
        'q' => number(Some(u64::from(message.qos.bits()))),
        'R' => text(properties.response_topic()),
        'r' => number(Some(u64::from(message.retain))),
        'S' => {
            let all = properties.subscription_identifiers().map(|identifier| identifier.to_string());
            all.collect::<Vec<_>>().join(" ").into_bytes()
        }
        't' => text(Some(message.topic)),
        'U' => time.unix().into_bytes(),
        'x' => hexadecimal(message.payload, b"0123456789abcdef"),
        'X' => hexadecimal(message.payload, b"0123456789ABCDEF"),
        _ => Vec::new(),
    }
}

fn hexadecimal(bytes: &[u8], digits: &[u8; 16]) -> Vec<u8> {
    let digit = |value: u8| digits.get(usize::from(value)).copied().unwrap_or(b'?');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests;
