//! Messages as JSON, and whether a payload is JSON.

use hushwing_core::client::Message;

use super::timestamp::Timestamp;

/// An object of everything that the message has: its payload as a text, or as the JSON that it is.
pub(super) fn message(
    message: &Message<'_>,
    time: &Timestamp,
    payload_is_json: bool,
    pretty: bool,
) -> Vec<u8> {
    let mut object = Object::new(pretty);
    object.text("tst", &time.iso_8601_microseconds());
    object.text("topic", message.topic);
    object.raw("qos", &message.qos.bits().to_string());
    object.raw("retain", &u8::from(message.retain).to_string());
    object.raw("payloadlen", &message.payload.len().to_string());
    if let Some(identifier) = message.packet_identifier {
        object.raw("mid", &identifier.to_string());
    }
    if !message.properties.is_empty() {
        object.raw("properties", &properties(message));
    }
    let payload = String::from_utf8_lossy(message.payload);
    match payload.trim() {
        "" if message.payload.is_empty() => object.raw("payload", "null"),
        json if payload_is_json => object.raw("payload", json),
        _ => object.text("payload", &payload),
    }
    object.finish().into_bytes()
}

fn properties(message: &Message<'_>) -> String {
    let properties = &message.properties;
    let mut object = Object::new(false);
    if let Some(indicator) = properties.payload_format_indicator() {
        object.raw("payload-format-indicator", &indicator.to_string());
    }
    if let Some(seconds) = properties.message_expiry_interval() {
        object.raw("message-expiry-interval", &seconds.to_string());
    }
    if let Some(text) = properties.content_type() {
        object.text("content-type", text);
    }
    if let Some(topic) = properties.response_topic() {
        object.text("response-topic", topic);
    }
    if let Some(data) = properties.correlation_data() {
        object.text("correlation-data", &String::from_utf8_lossy(data));
    }
    for identifier in properties.subscription_identifiers() {
        object.raw("subscription-identifier", &identifier.to_string());
    }
    let mut pairs = Object::new(false);
    for (name, value) in properties.user_properties() {
        pairs.text(name, value);
    }
    if !pairs.is_empty() {
        object.raw("user-properties", &pairs.finish());
    }
    object.finish()
}

/// A JSON object on its way out. Members may repeat, as they do in Mosquitto's tools.
struct Object {
    out: String,
    pretty: bool,
}

impl Object {
    fn new(pretty: bool) -> Self {
        Self { out: String::new(), pretty }
    }

    fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    fn raw(&mut self, name: &str, value: &str) {
        let (separator, before, between) = if self.pretty { (",\n", "\t", ":\t") } else { (",", "", ":") };
        if !self.out.is_empty() {
            self.out.push_str(separator);
        }
        self.out.push_str(before);
        quote(name, &mut self.out);
        self.out.push_str(between);
        self.out.push_str(value);
    }

    fn text(&mut self, name: &str, value: &str) {
        let mut quoted = String::new();
        quote(value, &mut quoted);
        self.raw(name, &quoted);
    }

    fn finish(self) -> String {
        let end = if self.pretty { "\n" } else { "" };
        format!("{{{end}{}{end}}}", self.out)
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
}

/// Deeper payloads are not taken for JSON.
const DEEPEST: usize = 512;

/// Whether the bytes are one JSON value (RFC 8259).
pub(super) fn is_valid(bytes: &[u8]) -> bool {
    let mut reader = Reader { bytes, at: 0 };
    std::str::from_utf8(bytes).is_ok() && reader.value().is_some() && reader.peek().is_none()
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    /// The next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.bytes.get(self.at) {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, wanted: u8) -> Option<()> {
        (self.peek()? == wanted).then(|| self.at += 1)
    }

    /// A value with all that is in it. The brackets that are open stand in a list, so that depth costs no
    /// stack.
    fn value(&mut self) -> Option<()> {
        let mut open = Vec::new();
        loop {
            match self.peek()? {
                bracket @ (b'{' | b'[') => {
                    self.at += 1;
                    open.push(bracket + 2);
                    if open.len() > DEEPEST {
                        return None;
                    }
                    if self.peek()? != bracket + 2 {
                        self.name_of_member(bracket + 2)?;
                        continue;
                    }
                }
                b'"' => self.text()?,
                b'-' | b'0'..=b'9' => self.number()?,
                _ => self.word()?,
            }
            // Behind a value: the end of what is open, or the next one in it.
            loop {
                let Some(end) = open.last().copied() else { return Some(()) };
                if self.peek()? == end {
                    self.at += 1;
                    open.pop();
                } else {
                    self.take(b',')?;
                    self.name_of_member(end)?;
                    break;
                }
            }
        }
    }

    fn name_of_member(&mut self, end: u8) -> Option<()> {
        if end == b'}' {
            self.peek().filter(|byte| *byte == b'"')?;
            self.text()?;
            self.take(b':')?;
        }
        Some(())
    }

    fn text(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            let byte = self.bytes.get(self.at).copied()?;
            self.at += 1;
            match byte {
                b'"' => return Some(()),
                b'\\' => {
                    let escaped = self.bytes.get(self.at).copied()?;
                    self.at += 1;
                    if escaped == b'u' {
                        let digits = self.bytes.get(self.at..self.at + 4)?;
                        digits.iter().all(u8::is_ascii_hexdigit).then_some(())?;
                        self.at += 4;
                    } else {
                        b"\"\\/bfnrt".contains(&escaped).then_some(())?;
                    }
                }
                control if control < b' ' => return None,
                _ => {}
            }
        }
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Option<()> {
        self.at += usize::from(self.bytes.get(self.at) == Some(&b'-'));
        let zero = self.bytes.get(self.at) == Some(&b'0');
        let digits = self.digits();
        (digits == 1 || (digits > 1 && !zero)).then_some(())?;
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            (self.digits() > 0).then_some(())?;
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            self.at += 1;
            self.at += usize::from(matches!(self.bytes.get(self.at), Some(b'+' | b'-')));
            (self.digits() > 0).then_some(())?;
        }
        Some(())
    }

    fn word(&mut self) -> Option<()> {
        let rest = self.bytes.get(self.at..)?;
        let words: [&[u8]; 3] = [b"true", b"false", b"null"];
        let word = words.into_iter().find(|word| rest.starts_with(word))?;
        self.at += word.len();
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_or_not() {
        let good = [
            "null",
            " true ",
            "0",
            "-0.5e+10",
            "1E5",
            "\"\"",
            r#""\"\\\/\b\u00fC""#,
            "[]",
            "[ ]",
            "{}",
            "[1,[2,{}]]",
            r#"{"a":{"b":[null,{"c":"d"}]},"e":1}"#,
        ];
        for text in good {
            assert!(is_valid(text.as_bytes()), "{text}");
        }
        let bad = [
            "",
            " ",
            "nul",
            "01",
            "-",
            "1.",
            "1e",
            ".5",
            "+1",
            "\"",
            "\"\n\"",
            r#""\x""#,
            r#""\u12""#,
            "[1,]",
            "[,1]",
            "[1",
            "[1}",
            "]",
            "{,}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            "{a:1}",
            r#"{"a":1,}"#,
            "{1:2}",
            "1 2",
            "[] []",
        ];
        for text in bad {
            assert!(!is_valid(text.as_bytes()), "{text}");
        }
        assert!(!is_valid(b"\"\xff\""));
        assert!(is_valid(("[".repeat(512) + &"]".repeat(512)).as_bytes()));
        assert!(!is_valid(("[".repeat(513) + &"]".repeat(513)).as_bytes()));
    }

    #[test]
    fn texts_are_quoted() {
        let mut out = String::new();
        quote("a\"\\\n\r\t\u{1}ü", &mut out);
        assert_eq!(out, r#""a\"\\\n\r\t\u0001ü""#);
        assert!(is_valid(out.as_bytes()));
    }
}
