//! The log on standard error: what clients do, never what they say.

use std::fmt;
use std::io::IsTerminal;
use std::net::SocketAddr;

use hushwing_core::wire::ReasonCode;
use hushwing_core::{DisconnectReason, Event, EventMask, ProtocolVersion};
pub use tracing::level_filters::LevelFilter as Level;
pub use tracing_subscriber::filter::Targets as Filter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

/// What is logged: RUST_LOG if it is there, `level` otherwise.
///
/// # Errors
/// Where RUST_LOG is not understood, with a sentence for the user.
pub fn filter(level: Level, rust_log: Option<&str>) -> Result<Filter, String> {
    match rust_log {
        None | Some("") => Ok(Filter::new().with_default(level)),
        Some(directives) => directives.parse().map_err(|_| {
            format!("RUST_LOG={directives}: this is no level; write off, error, warn, info, debug or trace")
        }),
    }
}

/// Starts logging for the whole program.
///
/// # Errors
/// Where the program logs somewhere already.
pub fn start(filter: Filter) -> Result<(), TryInitError> {
    let format = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    tracing_subscriber::registry().with(filter).with(format).try_init()
}

/// The events that [`event`] would log: the machine need not make others.
pub fn events(filter: &Filter) -> EventMask {
    EventMask {
        connections: filter.would_enable(module_path!(), &tracing::Level::INFO),
        drops: filter.would_enable(module_path!(), &tracing::Level::DEBUG),
        limits: filter.would_enable(module_path!(), &tracing::Level::WARN),
        ..EventMask::NONE
    }
}

/// What the log says of a connection besides its event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Where the client is.
    pub address: Option<SocketAddr>,
    /// What it speaks, once it was accepted.
    pub version: Option<ProtocolVersion>,
}

/// Logs an event: a line at connect and at disconnect, dropped messages at the level debug.
pub fn event(event: &Event, about: About) {
    let address = Or(about.address, "unknown");
    match event {
        Event::Connected { client_identifier, version, session_present, keep_alive_seconds, .. } => {
            tracing::info!(
                ?client_identifier,
                %address,
                %version,
                session_present,
                keep_alive_seconds,
                "connected"
            );
        }
        // Port scans and health checks come and go without a word.
        Event::Disconnected { client_identifier, reason: DisconnectReason::ConnectionLost, .. }
            if client_identifier.is_empty() =>
        {
            tracing::debug!(%address, "connection ended before CONNECT");
        }
        Event::Disconnected { client_identifier, reason, .. } => {
            let version = Or(about.version, "unknown");
            let reason = Reason(reason).to_string();
            tracing::info!(?client_identifier, %address, %version, reason, "disconnected");
        }
        Event::Dropped { client_identifier, reason } => {
            tracing::debug!(?client_identifier, ?reason, "message dropped");
        }
        Event::LimitReached { limit, client_identifier } => {
            tracing::warn!(?limit, ?client_identifier, "limit reached");
        }
        // `events` masks them off: connecting and leaving say enough in a log.
        Event::Subscribed { .. }
        | Event::Unsubscribed { .. }
        | Event::SessionCreated { .. }
        | Event::SessionResumed { .. }
        | Event::SessionTakenOver { .. }
        | Event::SessionEnded { .. }
        | Event::AuthenticationRefused { .. }
        | Event::WillPublished { .. } => {}
        Event::CommandFailed { message } => tracing::warn!(message, "command failed"),
    }
}

/// A value, or a word for its absence.
struct Or<T>(Option<T>, &'static str);

impl<T: fmt::Display> fmt::Display for Or<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str(self.1),
        }
    }
}

/// Why a connection ended, in words.
struct Reason<'a>(&'a DisconnectReason);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            DisconnectReason::Client(ReasonCode::Success) => f.write_str("the client left"),
            DisconnectReason::Client(code) => write!(f, "the client left: {code}"),
            DisconnectReason::ConnectionLost => f.write_str("connection lost"),
            DisconnectReason::Violation(violation) => write!(f, "protocol violation: {violation}"),
            DisconnectReason::Refused(code) => write!(f, "refused: {code}"),
            DisconnectReason::Server(code) => write!(f, "closed by the broker: {code}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_overrules_the_level() {
        let info = filter(Level::INFO, None).unwrap();
        assert!(info.would_enable("hushwing_tokio", &tracing::Level::INFO));
        assert!(!info.would_enable("hushwing_tokio", &tracing::Level::DEBUG));
        let parts = filter(Level::INFO, Some("warn,hushwing_tokio=debug")).unwrap();
        assert!(parts.would_enable("hushwing_tokio", &tracing::Level::DEBUG));
        assert!(!parts.would_enable("elsewhere", &tracing::Level::INFO));
        insta::assert_snapshot!(filter(Level::INFO, Some("a=loud")).unwrap_err());
    }

    #[test]
    fn events_that_nobody_reads_are_not_made() {
        let made = |level, rust_log| {
            let EventMask { connections, drops, .. } = events(&filter(level, rust_log).unwrap());
            (connections, drops)
        };
        assert_eq!(made(Level::WARN, None), (false, false));
        assert_eq!(made(Level::INFO, None), (true, false));
        assert_eq!(made(Level::DEBUG, None), (true, true));
        assert_eq!(made(Level::WARN, Some("hushwing=debug")), (true, true));
    }

    #[test]
    fn reasons_are_words() {
        let reasons = [
            DisconnectReason::Client(ReasonCode::Success),
            DisconnectReason::Client(ReasonCode::DisconnectWithWill),
            DisconnectReason::ConnectionLost,
            DisconnectReason::Refused(ReasonCode::NotAuthorized),
            DisconnectReason::Server(ReasonCode::SessionTakenOver),
        ];
        insta::assert_snapshot!(reasons.each_ref().map(|reason| Reason(reason).to_string()).join("\n"));
    }
}
