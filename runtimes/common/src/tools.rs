//! `hushwing pub` and `hushwing sub`: what their options mean, and how messages are printed. The names of the
//! options are those of mosquitto_pub and mosquitto_sub.

pub mod connection;
pub mod format;
pub mod publish;
pub mod subscribe;

mod json;
mod property;
mod timestamp;
mod unsupported;
mod url;

/// What is wrong with the options, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageError(pub String);

impl std::fmt::Display for UsageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

fn usage<T>(sentence: impl Into<String>) -> Result<T, UsageError> {
    Err(UsageError(sentence.into()))
}

/// The wait of an option in seconds, which may have a fraction.
fn seconds(text: &str) -> Result<std::time::Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    std::time::Duration::try_from_secs_f64(seconds).map_err(|_| "not a number of seconds".into())
}

/// A QoS as the options write it.
fn qos(text: &str) -> Result<hushwing_core::wire::QoS, String> {
    let bits = text.parse().ok();
    bits.and_then(hushwing_core::wire::QoS::from_bits).ok_or_else(|| "a QoS is 0, 1 or 2".into())
}
