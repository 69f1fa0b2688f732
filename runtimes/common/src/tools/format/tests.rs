use std::num::NonZeroU16;
use std::time::{Duration, UNIX_EPOCH};

use hushwing_core::wire::{PropertiesBuffer, Property, QoS};

use super::*;

fn properties() -> PropertiesBuffer {
    let mut properties = PropertiesBuffer::new();
    for property in [
        Property::PayloadFormatIndicator(1),
        Property::MessageExpiryInterval(60),
        Property::ContentType("text"),
        Property::ResponseTopic("r"),
        Property::CorrelationData(b"cd"),
        Property::SubscriptionIdentifier(7),
        Property::UserProperty("k", "v"),
        Property::UserProperty("k2", "v2"),
    ] {
        properties.push(property);
    }
    properties
}

fn message<'a>(payload: &'a [u8], properties: &'a PropertiesBuffer) -> Message<'a> {
    Message {
        topic: "a/bcdüf",
        payload,
        qos: QoS::AtLeastOnce,
        retain: true,
        duplicate: false,
        packet_identifier: NonZeroU16::new(9),
        properties: properties.as_properties(),
        ticket: None,
    }
}

fn printed(format: &str, payload: &[u8]) -> String {
    let properties = properties();
    let mut out = Vec::new();
    let time = UNIX_EPOCH + Duration::new(1_470_818_943, 786_368_637);
    let format = Format::parse(format, false, false).unwrap();
    format.print(&message(payload, &properties), time, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn fields() {
    assert_eq!(printed("%t|%p|%q|%r|%l|%m|%%", b"hello"), "a/bcdüf|hello|1|1|5|9|%");
    assert_eq!(printed("%x %X", b"\x0f\xa0"), "0fa0 0FA0");
    assert_eq!(printed("%A|%C|%D|%E|%F|%P|%R|%S", b""), "|text|cd|60|1|k:v k2:v2|r|7");
    assert_eq!(
        printed("%I %U @Y-@m-@d @H:@M:@S.@N @@", b""),
        "2016-08-10T08:49:03+0000 1470818943.786368637 2016-08-10 08:49:03.786368637 @"
    );
    assert_eq!(printed(r"a\tb\\\n\0\e", b""), "a\tb\\\n\0\u{1b}");
}

#[test]
fn widths() {
    assert_eq!(printed("[%10t][%-10t][%10.3t][%.6t]", b""), "[   a/bcdüf][a/bcdüf   ][       a/b][a/bcdü]");
    assert_eq!(printed("[%5l][%05l][%-5l][%-05l][%03m]", b"hello"), "[    5][00005][5    ][5    ][009]");
    // Neither zeros for texts nor widths for flags.
    assert_eq!(printed("[%09C][%9q]", b""), "[     text][1]");
    assert_eq!(printed("[%3p]", b"\xc3\xbc"), "[  ü]");
}

#[test]
fn whole_messages() {
    let none = PropertiesBuffer::new();
    let print = |format: Format, payload: &[u8]| {
        let mut out = Vec::new();
        format.print(&message(payload, &none), UNIX_EPOCH, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert_eq!(print(Format::payload(false, true), b"x"), "x\n");
    assert_eq!(print(Format::payload(false, false), b"x"), "x");
    assert_eq!(print(Format::payload(false, true), b""), "\n");
    assert_eq!(print(Format::payload(true, true), b"x"), "a/bcdüf x\n");
    assert_eq!(print(Format::payload(true, true), b""), "a/bcdüf (null)\n");
    assert_eq!(print(Format::parse("%q", true, false).unwrap(), b"x"), "1\n");
}

#[test]
fn json() {
    let all = printed("%j", b"{\"x\":\n\"\xc3\xbc\xff\"}");
    insta::assert_snapshot!(all);
    insta::assert_snapshot!(printed("%J", b" {\"x\": [1, 2.5e3, null]} "));
    let none = PropertiesBuffer::new();
    let mut out = b"before".to_vec();
    let format = Format::parse("x%J", true, false).unwrap();
    let error = format.print(&message(b"{", &none), UNIX_EPOCH, &mut out).unwrap_err();
    assert_eq!(error, "Message payload is not valid JSON on topic a/bcdüf");
    assert_eq!(out, b"before");
    let pretty = Format::parse("%j", true, true).unwrap();
    out.clear();
    pretty.print(&message(b"", &none), UNIX_EPOCH, &mut out).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
}

#[test]
fn problems() {
    let problems = ["%y", "%", "%5", "@Q", "@", r"\q", "\\", "%99999t"]
        .map(|format| Format::parse(format, true, false).unwrap_err().0);
    insta::assert_snapshot!(problems.join("\n"));
}
