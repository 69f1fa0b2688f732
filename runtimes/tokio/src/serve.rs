//! `hushwing` without a subcommand: from the command line to the end of the broker.

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use hushwing_common::command_line::ServeOptions;
use hushwing_common::configuration::{self, Settings};
use hushwing_common::{listen, log, message};
use hushwing_core::Authentication;
use hushwing_tokio::{Handle, Server};
use tokio::runtime::{Builder, LocalOptions};

use crate::{complain, say};

/// The exit code when it did not work out.
const FAILED: u8 = 1;

/// The exit code when it cannot work out as it was asked for.
const USAGE: u8 = 2;

/// After a signal the program is gone by then, whatever still goes on.
const STOP: Duration = Duration::from_secs(5);

/// Serves until a signal comes.
pub(crate) fn serve(options: &ServeOptions) -> ExitCode {
    let Some((mut settings, filter)) = load(options) else { return ExitCode::from(USAGE) };
    settings.config.events = log::events(&filter);
    let addresses: Vec<SocketAddr> = settings.listeners.iter().map(|listener| listener.address).collect();
    let listeners = match listen::listen_on_all(&addresses) {
        Ok(listeners) => listeners,
        Err(failures) => {
            complain(&format!("{}\n{}", failures.join("\n"), message::not_started(failures.len())));
            return ExitCode::from(FAILED);
        }
    };
    #[cfg(unix)]
    raise_file_limit();
    // It fails only where something logs already, and nothing does.
    let _ = log::start(filter);
    match run(settings, listeners) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("hushwing cannot go on: {error}"));
            ExitCode::from(FAILED)
        }
    }
}

/// Says whether a configuration is right.
pub(crate) fn check(options: &ServeOptions) -> ExitCode {
    if load(options).is_none() {
        return ExitCode::from(USAGE);
    }
    say("The configuration is right.\n");
    ExitCode::SUCCESS
}

/// The configuration and what to log, or every problem told.
fn load(options: &ServeOptions) -> Option<(Settings, log::Filter)> {
    let settings = configuration::load(options);
    let level = settings.as_ref().map_or(log::Level::INFO, |settings| settings.log_level);
    let rust_log = std::env::var_os("RUST_LOG").map(|value| value.to_string_lossy().into_owned());
    let filter = log::filter(level, rust_log.as_deref());
    let count =
        settings.as_ref().map_or_else(configuration::Problems::len, |_| 0) + usize::from(filter.is_err());
    match (settings, filter) {
        (Ok(settings), Ok(filter)) => return Some((settings, filter)),
        (settings, filter) => {
            for told in
                [settings.err().map(|problems| problems.to_string()), filter.err()].into_iter().flatten()
            {
                complain(&format!("{}\n", told.trim_end()));
            }
        }
    }
    complain(&message::not_started(count));
    None
}

/// Takes as many file descriptors as the system allows: most give a program 1,024 unless it asks.
#[cfg(unix)]
fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where it is refused, the old limit stays in force.
    let _ = setrlimit(Resource::Nofile, limit);
}

fn run(settings: Settings, listeners: Vec<std::net::TcpListener>) -> io::Result<()> {
    let refuses = settings.config.listeners.iter().all(|of| of.authentication == Authentication::Refuse);
    let mut server = Server::new(settings.config);
    let mut addresses = Vec::with_capacity(listeners.len());
    for (profile, listener) in (0..).zip(listeners) {
        addresses.push(server.add_listener(listener, profile)?);
    }
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default())?;
    runtime.block_on(async {
        stop_on_signals(server.handle())?;
        say(&message::started(&addresses, refuses));
        server.run().await
    })
}

/// Stops the broker at SIGINT and SIGTERM.
#[cfg(unix)]
fn stop_on_signals(handle: Handle) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::task::spawn_local(async move {
        let name = tokio::select! {
            _ = interrupt.recv() => "SIGINT",
            _ = terminate.recv() => "SIGTERM",
        };
        stop(&handle, name);
    });
    Ok(())
}

/// Stops the broker at Ctrl-C.
#[cfg(not(unix))]
fn stop_on_signals(handle: Handle) -> io::Result<()> {
    tokio::task::spawn_local(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop(&handle, "Ctrl-C");
        }
    });
    Ok(())
}

fn stop(handle: &Handle, signal: &str) {
    tracing::info!("stopping at {signal}");
    handle.stop();
    // Even if the broker did not come to its end.
    std::thread::spawn(|| {
        std::thread::sleep(STOP);
        std::process::exit(i32::from(FAILED));
    });
}
