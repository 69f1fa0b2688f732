//! The options of `hushwing sub`.

use std::time::Duration;

use clap::Args;
use hushwing_core::topic::filter;
use hushwing_core::wire::{PropertiesBuffer, QoS, SubscriptionOptions};

use super::connection::{Connection, ConnectionOptions};
use super::format::Format;
use super::{UsageError, qos, seconds, usage};

/// `hushwing sub …`
#[derive(Args, Clone, Debug)]
#[command(disable_help_flag = true, after_help = FORMATS)]
pub struct SubscribeOptions {
    /// The options of both tools.
    #[command(flatten)]
    pub connection: ConnectionOptions,
    /// A topic filter to subscribe to; may be repeated
    #[arg(short, long = "topic", value_name = "FILTER", allow_hyphen_values = true)]
    topics: Vec<String>,
    /// Do not print messages whose topic this filter matches; may be repeated
    #[arg(short = 'T', long = "filter-out", value_name = "FILTER", allow_hyphen_values = true)]
    filter_out: Vec<String>,
    /// Unsubscribe from this filter; may be repeated
    #[arg(short = 'U', long = "unsubscribe", value_name = "FILTER", allow_hyphen_values = true)]
    unsubscribe: Vec<String>,
    /// The highest quality of service of what comes: 0, 1 or 2
    #[arg(short, long, default_value = "0", value_parser = qos)]
    qos: QoS,
    /// Print the topic in front of each message
    #[arg(short, long)]
    verbose: bool,
    /// Print messages in this format
    #[arg(short = 'F', value_name = "FORMAT", allow_hyphen_values = true)]
    format: Option<String>,
    /// Print no line end after a message
    #[arg(short = 'N')]
    no_line_end: bool,
    /// Print JSON (%j, %J) over several lines
    #[arg(long)]
    pretty: bool,
    /// Disconnect and end after so many messages
    #[arg(short = 'C', value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Disconnect and end after so long, with exit code 27
    #[arg(short = 'W', value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// Disconnect and end once the broker has answered to the subscriptions
    #[arg(short = 'E')]
    exit_after_subscribing: bool,
    /// Do not print retained messages
    #[arg(short = 'R', conflicts_with = "retained_only")]
    no_retained: bool,
    /// Print retained messages only, and end when the first other one comes
    #[arg(long)]
    retained_only: bool,
    /// Make the broker forget each retained message that comes, but for those of -T
    #[arg(long)]
    remove_retained: bool,
    /// Keep the publisher's retain bit; needs -V 5
    #[arg(long)]
    retain_as_published: bool,
}

const FORMATS: &str = r"Formats (-F), as text with:
  %t topic             %q QoS                %j everything as JSON, the payload as text
  %p payload           %r 1 if retained      %J everything as JSON, the payload as JSON
  %l its length        %m packet identifier  %I date and time
  %x %X in hexadecimal %% a percent sign     %U Unix time
  Of MQTT 5.0: %A topic alias, %C content type, %D correlation data, %E seconds until it expires,
  %F payload format indicator, %P user properties, %R response topic, %S subscription identifiers
  @Y @m @d @H @M @S and so on as in strftime, @N nanoseconds, @@ the character itself; all in UTC
  \\ \0 \a \e \n \r \t \v as in C
  A width may follow the %, a greatest width after a point: %-10.20t, %05l";

/// What the options come to.
#[derive(Clone, Debug)]
pub struct Subscribing {
    /// Whom to connect to.
    pub connection: Connection,
    /// Filters to subscribe to.
    pub filters: Vec<String>,
    /// Filters to unsubscribe from.
    pub unsubscribe: Vec<String>,
    /// How to print a message.
    pub format: Format,
    /// After so many.
    pub count: Option<u64>,
    /// After so long.
    pub timeout: Option<Duration>,
    /// After SUBACK.
    pub exit_after_subscribing: bool,
    /// Ends when the first message comes that is not retained.
    pub retained_only: bool,
    /// Publishes an empty retained message for each one.
    pub remove_retained: bool,
    filter_out: Vec<String>,
    no_retained: bool,
    options: SubscriptionOptions,
}

impl SubscribeOptions {
    /// Checks them and puts them together. `random` goes into a client identifier.
    ///
    /// # Errors
    /// Something is missing, is not supported, or does not go together.
    pub fn resolve(&self, random: u64) -> Result<Subscribing, UsageError> {
        let connection = self.connection.resolve(random)?;
        let mut filters = self.topics.clone();
        filters.extend(connection.topic.clone());
        if filters.is_empty() && self.unsubscribe.is_empty() {
            return usage("there is no topic to subscribe to: say -t TOPIC");
        }
        for filter in filters.iter().chain(&self.unsubscribe).chain(&self.filter_out) {
            if let Err(violation) = filter::validate(filter).and_then(|()| filter::parse_shared(filter)) {
                return usage(format!("{filter:?} is not a topic filter: {violation}"));
            }
        }
        if self.retain_as_published && !connection.options.version.has_subscription_options() {
            return usage("--retain-as-published needs MQTT 5.0: say -V 5");
        }
        let line_end = !self.no_line_end;
        let format = match &self.format {
            Some(text) => Format::parse(text, line_end, self.pretty)?,
            None => Format::payload(self.verbose, line_end),
        };
        Ok(Subscribing {
            connection,
            filters,
            unsubscribe: self.unsubscribe.clone(),
            format,
            count: self.count,
            timeout: self.timeout,
            exit_after_subscribing: self.exit_after_subscribing,
            retained_only: self.retained_only,
            remove_retained: self.remove_retained,
            filter_out: self.filter_out.clone(),
            no_retained: self.no_retained,
            options: SubscriptionOptions {
                qos: self.qos,
                retain_as_published: self.retain_as_published,
                ..SubscriptionOptions::default()
            },
        })
    }
}

impl Subscribing {
    /// The filters with their options, for SUBSCRIBE.
    pub fn with_options(&self) -> Vec<(&str, SubscriptionOptions)> {
        self.filters.iter().map(|filter| (filter.as_str(), self.options)).collect()
    }

    /// Whether the topic is filtered out.
    pub fn leaves_out(&self, topic: &str) -> bool {
        self.filter_out.iter().any(|filter| filter::matches(filter, topic))
    }

    /// Whether a message is printed, filters aside.
    pub fn prints(&self, retained: bool) -> bool {
        !(retained && self.no_retained)
    }

    /// The properties of SUBSCRIBE.
    pub fn of_subscribe(&self) -> &PropertiesBuffer {
        &self.connection.properties.subscribe
    }

    /// The properties of UNSUBSCRIBE.
    pub fn of_unsubscribe(&self) -> &PropertiesBuffer {
        &self.connection.properties.unsubscribe
    }

    /// The properties of DISCONNECT.
    pub fn of_disconnect(&self) -> &PropertiesBuffer {
        &self.connection.properties.disconnect
    }
}
