//! `-D packet name value`: a property of MQTT 5.0, as mosquitto_pub and mosquitto_sub take it.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use hushwing_core::wire::{Properties, PropertiesBuffer, Property, PropertyContext, Sender};

use super::{UsageError, usage};

/// What was given, one entry for each `-D`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PropertyOptions(pub(super) Vec<Vec<String>>);

impl Args for PropertyOptions {
    fn augment_args(command: Command) -> Command {
        command.arg(
            Arg::new("property")
                .short('D')
                .long("property")
                .num_args(3..=4)
                .value_names(["PACKET", "NAME", "VALUE"])
                .allow_negative_numbers(true)
                .action(ArgAction::Append)
                .help(
                    "Add a property of MQTT 5.0 to the packet connect, publish, subscribe, unsubscribe, will or \
                     disconnect; user-property takes a name and a value; may be repeated; implies -V 5",
                ),
        )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for PropertyOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let occurrences = matches.get_occurrences::<String>("property").into_iter().flatten();
        Ok(Self(occurrences.map(|values| values.cloned().collect()).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The properties of each packet that a tool sends.
#[derive(Clone, Debug, Default)]
pub(super) struct PacketProperties {
    pub(super) connect: PropertiesBuffer,
    pub(super) publish: PropertiesBuffer,
    pub(super) subscribe: PropertiesBuffer,
    pub(super) unsubscribe: PropertiesBuffer,
    pub(super) will: PropertiesBuffer,
    pub(super) disconnect: PropertiesBuffer,
}

impl PropertyOptions {
    pub(super) fn parse(&self) -> Result<PacketProperties, UsageError> {
        let mut packets = PacketProperties::default();
        for words in &self.0 {
            let [packet, name, values @ ..] = words.as_slice() else { continue };
            let (buffer, context) = match packet.as_str() {
                "connect" => (&mut packets.connect, PropertyContext::Connect),
                "publish" => (&mut packets.publish, PropertyContext::Publish(Sender::Client)),
                "subscribe" => (&mut packets.subscribe, PropertyContext::Subscribe),
                "unsubscribe" => (&mut packets.unsubscribe, PropertyContext::Unsubscribe),
                "will" => (&mut packets.will, PropertyContext::Will),
                "disconnect" => (&mut packets.disconnect, PropertyContext::Disconnect(Sender::Client)),
                other => {
                    return usage(format!(
                        "-D {other}: properties belong to connect, publish, subscribe, unsubscribe, will or \
                         disconnect"
                    ));
                }
            };
            buffer.push(property(name, values)?);
            if let Err(violation) = Properties::from_bytes(buffer.as_properties().as_bytes(), context) {
                return usage(format!("-D {}: {violation}", words.join(" ")));
            }
        }
        Ok(packets)
    }
}

fn property<'a>(name: &str, values: &'a [String]) -> Result<Property<'a>, UsageError> {
    if name == "user-property" {
        let [key, value] = values else { return usage("-D … user-property needs a name and a value") };
        return Ok(Property::UserProperty(text(name, key)?, text(name, value)?));
    }
    let [value] = values else { return usage(format!("-D … {name} needs one value")) };
    Ok(match name {
        "payload-format-indicator" => Property::PayloadFormatIndicator(number(name, value)?),
        "message-expiry-interval" => Property::MessageExpiryInterval(number(name, value)?),
        "content-type" => Property::ContentType(text(name, value)?),
        "response-topic" => Property::ResponseTopic(text(name, value)?),
        "correlation-data" => Property::CorrelationData(text(name, value)?.as_bytes()),
        "subscription-identifier" => Property::SubscriptionIdentifier(number(name, value)?),
        "session-expiry-interval" => Property::SessionExpiryInterval(number(name, value)?),
        "authentication-method" => Property::AuthenticationMethod(text(name, value)?),
        "authentication-data" => Property::AuthenticationData(text(name, value)?.as_bytes()),
        "request-problem-information" => Property::RequestProblemInformation(boolean(name, value)?),
        "will-delay-interval" => Property::WillDelayInterval(number(name, value)?),
        "request-response-information" => Property::RequestResponseInformation(boolean(name, value)?),
        "reason-string" => Property::ReasonString(text(name, value)?),
        "receive-maximum" => Property::ReceiveMaximum(number(name, value)?),
        "topic-alias-maximum" => Property::TopicAliasMaximum(number(name, value)?),
        "topic-alias" => return usage("-D publish topic-alias is not supported: topics are sent in full"),
        "maximum-packet-size" => Property::MaximumPacketSize(number(name, value)?),
        _ => return usage(format!("{name:?} is not the name of a property that a client sends")),
    })
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, UsageError> {
    value
        .parse()
        .or_else(|_| usage(format!("{value:?} is not a value of {name}: it is a number in its bounds")))
}

fn boolean(name: &str, value: &str) -> Result<bool, UsageError> {
    Ok(match value {
        "0" => false,
        "1" => true,
        _ => return usage(format!("{value:?} is not a value of {name}: it is 0 or 1")),
    })
}

fn text<'a>(name: &str, value: &'a str) -> Result<&'a str, UsageError> {
    if value.len() > usize::from(u16::MAX) {
        return usage(format!("the value of {name} is longer than 65,535 bytes"));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(lines: &[&str]) -> Result<PacketProperties, UsageError> {
        let words = |line: &&str| line.split(' ').map(String::from).collect();
        PropertyOptions(lines.iter().map(words).collect()).parse()
    }

    #[test]
    fn each_to_its_packet() {
        let packets = parse(&[
            "publish content-type text",
            "publish user-property a b",
            "publish user-property a c",
            "connect receive-maximum 5",
            "subscribe subscription-identifier 7",
            "unsubscribe user-property x y",
            "will will-delay-interval 9",
            "disconnect reason-string bye",
        ])
        .unwrap();
        let publish = packets.publish.as_properties();
        assert_eq!(publish.content_type(), Some("text"));
        assert_eq!(publish.user_properties().collect::<Vec<_>>(), [("a", "b"), ("a", "c")]);
        assert_eq!(packets.connect.as_properties().receive_maximum(), Some(5));
        assert_eq!(packets.subscribe.as_properties().subscription_identifier(), Some(7));
        assert_eq!(packets.unsubscribe.as_properties().user_properties().count(), 1);
        assert_eq!(packets.will.as_properties().will_delay_interval(), Some(9));
        assert_eq!(packets.disconnect.as_properties().reason_string(), Some("bye"));
    }

    #[test]
    fn problems() {
        let problems = [
            "pubish content-type x",
            "publish contenttype x",
            "publish content-type x y",
            "publish user-property x",
            "publish message-expiry-interval soon",
            "publish topic-alias 1",
            "connect request-problem-information 2",
            "connect receive-maximum 65536",
            "connect receive-maximum 0",
            "connect content-type x",
        ];
        insta::assert_snapshot!(problems.map(|line| parse(&[line]).unwrap_err().0).join("\n"));
        assert!(parse(&["publish content-type x", "publish content-type y"]).is_err());
    }
}
