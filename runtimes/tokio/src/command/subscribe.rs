//! `hushwing sub`.

mod ending;
mod printer;
mod session;

use std::process::ExitCode;
use std::time::Duration;

use hushwing_common::clock::Clock;
use hushwing_common::tools::subscribe::{SubscribeOptions, Subscribing};
use hushwing_core::client::Client;
use tokio::time::sleep;

use super::driver::{Driver, OpenError};
use super::{Failure, random, run};
use ending::Ending;
use session::{Session, Verdict};

/// Between a lost connection and the next attempt.
const PAUSE: Duration = Duration::from_secs(1);

/// The exit code of mosquitto_sub when the time of -W is over.
pub(super) const TIMED_OUT: u8 = 27;

/// Prints what comes.
pub(crate) fn subscribe(options: &SubscribeOptions) -> ExitCode {
    let quiet = options.connection.quiet;
    run(quiet, async {
        let subscribing = options.resolve(random()?)?;
        let mut ending = Ending::new(subscribing.timeout)?;
        let mut session = Session::new(&subscribing, quiet, options.connection.debug);
        until_ended(&subscribing, &mut session, &mut ending).await
    })
}

/// One connection after the other, until there is a reason to end. The first one has to succeed.
async fn until_ended(
    subscribing: &Subscribing,
    session: &mut Session<'_>,
    ending: &mut Ending,
) -> Result<(), Failure> {
    let clock = Clock::starting_at(Clock::wall());
    let mut client = Client::new(subscribing.connection.options.clone());
    loop {
        let opened = tokio::select! {
            opened = Driver::open(&subscribing.connection, clock, client) => opened,
            ended = ending.wait() => return ended,
        };
        match opened {
            Ok(mut driver) => {
                let verdict = tokio::select! {
                    verdict = session.run(&mut driver) => verdict,
                    ended = ending.wait() => Verdict::End(ended),
                };
                let said = match &verdict {
                    Verdict::End(_) => driver.disconnect(subscribing.of_disconnect()),
                    Verdict::Again(_) => Ok(()),
                };
                client = driver.close().await;
                match verdict {
                    Verdict::End(result) => return result.and(said),
                    Verdict::Again(why) => session.warn(&format!("{}; connecting again", why.sentence)),
                }
            }
            Err(OpenError { failure, .. }) if !session.was_connected() => return Err(failure),
            Err(error) => client = error.client,
        }
        tokio::select! {
            () = sleep(PAUSE) => {}
            ended = ending.wait() => return ended,
        }
    }
}
