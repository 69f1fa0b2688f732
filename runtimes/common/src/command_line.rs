//! The command line of `hushwing`.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand};

use crate::tools::publish::PublishOptions;
use crate::tools::subscribe::SubscribeOptions;

/// `hushwing`, with or without a subcommand.
#[derive(Debug, Parser)]
#[command(
    name = "hushwing",
    version,
    about = "Hushwing, an MQTT broker: 3.1, 3.1.1 and 5.0.",
    long_about = "Hushwing, an MQTT broker: 3.1, 3.1.1 and 5.0.\n\n\
        Alone, it serves on 127.0.0.1:1883, and any program on this machine may connect.",
    after_help = "`hushwing config print-default` prints every setting with its meaning.\n\
        RUST_LOG (error, warn, info, debug, trace) overrules the level of the log.",
    args_conflicts_with_subcommands = true
)]
pub struct CommandLine {
    /// How to serve.
    #[command(flatten)]
    pub serve: ServeOptions,
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do instead of serving.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check the configuration, or print the default one
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Publish messages, as mosquitto_pub does
    Pub(Box<PublishOptions>),
    /// Subscribe and print what comes, as mosquitto_sub does
    Sub(Box<SubscribeOptions>),
}

/// `hushwing config …`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Report everything that is wrong with a configuration, and start nothing
    Check(ServeOptions),
    /// Print every setting with its default and meaning, as a file for `-c`
    PrintDefault,
}

/// How to serve: where from, under which limits. Values are checked in [`crate::configuration`], so that all
/// mistakes are reported at once.
#[derive(Args, Clone, Debug, Default)]
pub struct ServeOptions {
    /// Listen here instead of where the file says; may be repeated; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Vec<String>,
    /// Listen on this port of 127.0.0.1
    #[arg(short, long, value_name = "PORT", allow_hyphen_values = true)]
    pub port: Option<String>,
    /// Read this configuration file (TOML)
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Overrule a setting of the file, such as limits.queue_messages=500; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Keep nothing on disk, whatever the configuration says
    #[arg(long)]
    pub ephemeral: bool,
    /// Let anybody connect, from other machines too
    #[arg(long)]
    pub allow_anonymous: bool,
    /// Log more: -v for debug, -vv for trace
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn serves_when_nothing_is_said() {
        let line = CommandLine::try_parse_from(["hushwing"]).unwrap();
        assert!(line.command.is_none());
        assert!(line.serve.listen.is_empty() && line.serve.config.is_none());
    }

    #[test]
    fn collects_what_repeats() {
        let line = CommandLine::try_parse_from([
            "hushwing", "--listen", "a:1", "--listen", "b:2", "--set", "a=1", "--set", "b=2", "-vv", "-p",
            "-1",
        ])
        .unwrap();
        assert_eq!(line.serve.listen, ["a:1", "b:2"]);
        assert_eq!(line.serve.set, ["a=1", "b=2"]);
        assert_eq!(line.serve.verbose, 2);
        assert_eq!(line.serve.port.as_deref(), Some("-1"));
    }

    #[test]
    fn help_reads_well() {
        insta::assert_snapshot!(CommandLine::command().render_help());
    }

    fn usage_error(arguments: &[&str]) -> String {
        let line = std::iter::once("hushwing").chain(arguments.iter().copied());
        CommandLine::try_parse_from(line).unwrap_err().to_string()
    }

    #[test]
    fn usage_errors_read_well() {
        let lines = [&["--lisen", "127.0.0.1:1883"][..], &["--listen"], &["serve"]];
        insta::assert_snapshot!(lines.map(usage_error).join("\n"));
    }
}
