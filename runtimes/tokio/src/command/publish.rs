//! `hushwing pub`.

use std::process::ExitCode;

use hushwing_common::clock::Clock;
use hushwing_common::tools::publish::{PublishOptions, Publishing};
use hushwing_core::client::{Client, Event};

use super::driver::{Driver, closed, said};
use super::feed::Feed;
use super::{FAILED, Failure, random, run};

/// Publications that wait in the client; then no more are read.
const AHEAD: usize = 64;

/// Publishes what the options say.
pub(crate) fn publish(options: &PublishOptions) -> ExitCode {
    let (quiet, debug) = (options.connection.quiet, options.connection.debug);
    run(quiet, async {
        let publishing = options.resolve(random()?)?;
        let feed = Feed::new(&publishing)?;
        let clock = Clock::starting_at(Clock::wall());
        let client = Client::new(publishing.connection.options.clone());
        let opened = Driver::open(&publishing.connection, clock, client).await;
        let driver = opened.map_err(|error| error.failure)?;
        let mut publisher = Publisher { publishing: &publishing, driver, feed, debug, failure: None };
        publisher.tell("sending CONNECT");
        let mut ended = publisher.until_done().await;
        if publisher.driver.client.is_connected() {
            publisher.tell("sending DISCONNECT");
            ended = ended.and(publisher.driver.disconnect(publishing.of_disconnect()));
        }
        publisher.driver.close().await;
        ended.and(publisher.failure.map_or(Ok(()), Err))
    })
}

struct Publisher<'a> {
    publishing: &'a Publishing,
    driver: Driver,
    feed: Feed,
    debug: bool,
    /// The first message that the server refused. The others are still published.
    failure: Option<Failure>,
}

impl Publisher<'_> {
    /// Returns when everything is published and acknowledged.
    async fn until_done(&mut self) -> Result<(), Failure> {
        loop {
            self.take_events()?;
            let connected = self.driver.client.is_connected();
            if connected && self.feed.is_finished() && self.driver.client.unfinished() == 0 {
                return Ok(());
            }
            let wanted = connected && !self.feed.is_finished() && self.has_room();
            tokio::select! {
                () = self.driver.turn() => {}
                payload = self.feed.next(), if wanted => {
                    if let Some(payload) = payload? {
                        self.publish(&payload)?;
                        self.publish_what_is_there()?;
                    }
                }
            }
        }
    }

    fn has_room(&self) -> bool {
        self.driver.client.unsent() < AHEAD
    }

    /// What can be had without waiting goes out in one write.
    fn publish_what_is_there(&mut self) -> Result<(), Failure> {
        while self.has_room()
            && let Some(payload) = self.feed.ready()
        {
            self.publish(&payload)?;
        }
        Ok(())
    }

    fn publish(&mut self, payload: &[u8]) -> Result<(), Failure> {
        let publication = self.publishing.publication(payload);
        let now = self.driver.now();
        match self.driver.client.publish(now, &publication) {
            Ok(ticket) => {
                let (qos, retain) = (publication.qos.bits(), u8::from(publication.retain));
                let (topic, length) = (publication.topic, payload.len());
                self.tell(&format!(
                    "sending PUBLISH {} (q{qos}, r{retain}, '{topic}', {length} bytes)",
                    ticket.0
                ));
                Ok(())
            }
            Err(error) => {
                Err(Failure::new(FAILED, format!("cannot publish to {:?}: {error}", publication.topic)))
            }
        }
    }

    fn take_events(&mut self) -> Result<(), Failure> {
        while let Some(event) = self.driver.client.poll_event() {
            let told = match event {
                Event::Connected { session_present, .. } => {
                    format!("received CONNACK (session present: {session_present})")
                }
                Event::Published { ticket, reason, properties } => {
                    let said = said(reason, &properties);
                    if reason.is_error() && self.failure.is_none() {
                        let sentence = format!("the server refused message {}: {said}", ticket.0);
                        self.failure = Some(Failure::new(reason.byte(), sentence));
                    }
                    format!("received the acknowledgement of PUBLISH {} ({said})", ticket.0)
                }
                Event::Failed { ticket, failure } => {
                    let sentence = format!("message {} was not published: {failure}", ticket.0);
                    return Err(Failure::new(FAILED, sentence));
                }
                Event::Closed(reason) => return Err(closed(&self.publishing.connection, &reason)),
                Event::Message(_) => "received PUBLISH".into(),
                other => format!("received {other:?}"),
            };
            if self.debug {
                eprintln!("Client {} {told}", self.driver.client.client_identifier());
            }
        }
        Ok(())
    }

    fn tell(&self, what: &str) {
        if self.debug {
            eprintln!("Client {} {what}", self.driver.client.client_identifier());
        }
    }
}
