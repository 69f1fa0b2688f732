//! What passes between the world and the broker, and what the broker owes its driver.

use hushwing_core::{Action, Answer, Ask, Broker, CloseCause, ConnectionId, Input, Origin, Output, Transmit};

use super::{Checked, Link, World};
use crate::Version;
use crate::crash::client::{Context, Loss, Phase};
use crate::wire::{Decoded, decode};

impl World {
    /// Hands in something, and does what comes out.
    pub fn input(&mut self, broker: &mut Broker, input: Input<'_>) -> Checked {
        broker.handle_input(self.now, input);
        self.drain(broker)
    }

    /// Does what the broker says.
    pub fn drain(&mut self, broker: &mut Broker) -> Checked {
        while let Some(output) = broker.poll_output() {
            self.trace.hash(format!("{output:?}"));
            self.output(broker, output)?;
        }
        if broker.memory() != broker.memory_walk() {
            return Err(format!("memory() is {}, the walk says {}", broker.memory(), broker.memory_walk()));
        }
        Ok(())
    }

    fn output(&mut self, broker: &mut Broker, output: Output) -> Checked {
        if !matches!(output, Output::Event(_)) {
            self.trace.line(|| format!("           {output:?}"));
        }
        match output {
            Output::Transmit { connection } => {
                let link = self.link(connection)?;
                if std::mem::replace(&mut link.announced, true) {
                    return Err(format!("{connection:?} is announced twice"));
                }
            }
            Output::Read { connection, enabled } => {
                let link = self.link(connection)?;
                if link.paused != enabled {
                    return Err(format!("{connection:?}: reading is set to {enabled} twice"));
                }
                link.paused = !enabled;
            }
            Output::Close { connection } => self.closed(broker, connection)?,
            Output::Persist { position, records } => self.disk.write(position, records)?,
            Output::Ask { question, about } => self.questions.push((question, about)),
            Output::Event(_) => {}
            Output::Stopped => self.stopped = true,
        }
        Ok(())
    }

    fn link(&mut self, connection: ConnectionId) -> Checked<&mut Link> {
        let open = self.links.get_mut(&connection).filter(|link| !link.closed);
        open.ok_or_else(|| format!("{connection:?} is not open"))
    }

    /// The broker closes: what it still has goes out first.
    fn closed(&mut self, broker: &mut Broker, connection: ConnectionId) -> Checked {
        let asked = self.is_asked_about(connection);
        let now = self.now;
        let link = self.link(connection)?;
        link.obeyed = link.disconnect.is_some() && link.to_broker.is_empty() && !asked;
        let owner = link.owner;
        self.write(broker, connection, usize::MAX)?;
        let link = self.link(connection)?;
        link.closed = true;
        link.closed_at = link.closed_at.or(Some(now));
        self.clients[owner].session.closed_by = now;
        Ok(())
    }

    fn is_asked_about(&self, connection: ConnectionId) -> bool {
        self.questions.iter().any(|(_, about)| match about {
            Ask::Authenticate(about) => about.connection == connection,
            Ask::Continue(about) | Ask::Reauthenticate(about) => about.connection == connection,
            Ask::Authorize { connection: of, .. } => *of == connection,
        })
    }

    /// A client opens a transport.
    pub fn open(&mut self, broker: &mut Broker, owner: usize, listener: u16) -> Checked<ConnectionId> {
        self.last_link += 1;
        let connection = ConnectionId(self.last_link);
        self.links.insert(connection, Link { owner, ..Link::default() });
        self.clients[owner].link = Some(connection);
        let origin = Origin { listener, ..Origin::default() };
        self.input(broker, Input::Opened { connection, origin })?;
        Ok(connection)
    }

    /// The broker gets up to `bytes` bytes of what a client wrote.
    pub fn feed(&mut self, broker: &mut Broker, connection: ConnectionId, bytes: usize) -> Checked {
        let now = self.now;
        let Some(link) = self.links.get_mut(&connection) else { return Ok(()) };
        if link.paused || link.to_broker.is_empty() {
            return Ok(());
        }
        let bytes = bytes.min(link.to_broker.len());
        let chunk: Vec<u8> = link.to_broker.drain(..bytes).collect();
        if link.disconnect.is_some() && link.to_broker.is_empty() {
            link.closed_at = link.closed_at.or(Some(now));
        }
        if link.closed {
            // A driver reads and discards.
            return Ok(());
        }
        self.trace.line(|| format!("  {connection:?} broker reads {bytes} bytes"));
        self.input(broker, Input::Received { connection, bytes: &chunk })
    }

    /// The broker writes up to `budget` bytes to a transport.
    pub fn write(&mut self, broker: &mut Broker, connection: ConnectionId, mut budget: usize) -> Checked {
        while budget > 0 {
            let taken = match broker.transmit(self.now, connection) {
                Some(transmit) => Some(take(transmit, budget)?),
                None => None,
            };
            self.drain(broker)?;
            let Some(link) = self.links.get_mut(&connection) else { break };
            match taken {
                Some(bytes) => {
                    self.trace.hash((connection.0, &bytes));
                    budget -= bytes.len();
                    if !link.abandoned {
                        link.to_client.extend(bytes);
                    }
                }
                None => {
                    link.announced = false;
                    break;
                }
            }
        }
        Ok(())
    }

    /// A client reads everything that was written to it.
    pub fn absorb(&mut self, connection: ConnectionId) -> Checked {
        loop {
            let Some(link) = self.links.get_mut(&connection).filter(|link| !link.abandoned) else {
                return Ok(());
            };
            let client = &mut self.clients[link.owner];
            match decode(&link.to_client, client.version)? {
                Decoded::Partial => break,
                Decoded::Whole(packet, size) => {
                    link.to_client.drain(..size);
                    self.trace.line(|| format!("  {connection:?} {} gets {packet}", client.name));
                    let was_connecting = client.phase == Phase::Connecting;
                    let (now, step) = (self.now, self.step);
                    let mut context = Context { now, step, link: connection, ledger: &mut self.ledger };
                    let received = client.receive(&packet, &mut context);
                    received.map_err(|wrong| format!("{} got {packet}: {wrong}", client.name))?;
                    if was_connecting && client.phase == Phase::Online && !client.asked.clean {
                        link.to_broker.extend(client.resend(&self.ledger)?);
                    }
                }
            }
        }
        if self.links.get(&connection).is_some_and(|link| link.closed) {
            self.lost(connection);
        }
        Ok(())
    }

    /// A client has no connection any more.
    pub fn lost(&mut self, connection: ConnectionId) {
        let now = self.now;
        let Some(link) = self.links.get_mut(&connection) else { return };
        let client = &mut self.clients[link.owner];
        if client.link != Some(connection) {
            return;
        }
        let sent_at = link.disconnect.map(|(at, ..)| at);
        let at = sent_at.into_iter().chain(link.closed_at).fold(now, hushwing_core::Instant::min);
        let seen = link.closed && !link.abandoned;
        let disconnect = link.disconnect.map(|(_, code, expiry)| (code, expiry));
        let loss = Loss { at, obeyed: seen && link.obeyed, disconnect };
        link.abandoned = true;
        self.trace.line(|| format!("  {connection:?} {} has lost it", client.name));
        client.lost(now, &loss);
    }

    /// The broker is told that a transport is gone, if it is.
    pub fn finish(&mut self, broker: &mut Broker, connection: ConnectionId) -> Checked {
        let Some(link) = self.links.get(&connection).filter(|link| link.is_over()) else { return Ok(()) };
        let cause = if link.closed { CloseCause::Local } else { CloseCause::Peer };
        let owner = link.owner;
        self.lost(connection);
        self.links.remove(&connection);
        self.clients[owner].session.closed_by = self.now;
        self.trace.line(|| format!("  {connection:?} is closed"));
        self.input(broker, Input::Closed { connection, cause })
    }

    /// The embedder answers the question at this place of the list.
    pub fn answer(&mut self, broker: &mut Broker, place: usize, yes: bool) -> Checked {
        let (question, about) = self.questions.remove(place);
        self.trace.line(|| format!("  {question:?} is answered {yes}"));
        let answer = self.decide(&about, yes);
        self.input(broker, Input::Answer { question, answer })
    }

    fn decide(&mut self, about: &Ask, yes: bool) -> Answer {
        match about {
            // No client of this world uses AUTH.
            Ask::Continue(_) | Ask::Reauthenticate(_) => {
                Answer::Refuse(hushwing_core::wire::ReasonCode::NotAuthorized)
            }
            Ask::Authenticate(_) if yes => Answer::Accept { rules: None, data: None },
            Ask::Authenticate(_) => Answer::Refuse(hushwing_core::wire::ReasonCode::NotAuthorized),
            Ask::Authorize { connection, action, topics, .. } => {
                let owner = self.links.get(connection).map(|link| link.owner);
                let version = owner.map(|owner| self.clients[owner].version);
                // A client of 3.1 is not told that its subscription was refused.
                let yes = yes || *action == Action::Subscribe && version == Some(Version::V3_1);
                if let (false, Action::Publish, Some(owner)) = (yes, action, owner) {
                    topics.iter().for_each(|topic| self.ledger.refuse(owner, topic));
                }
                Answer::Decisions(topics.iter().map(|_| yes).collect())
            }
        }
    }

    /// Some groups reach the disk.
    pub fn persist(&mut self, broker: &mut Broker, groups: usize) -> Checked {
        match self.disk.complete(groups) {
            Some(position) => {
                self.trace.line(|| format!("  on disk: {position:?}"));
                self.input(broker, Input::Persisted { position })
            }
            None => Ok(()),
        }
    }

    /// A piece of what the broker put off.
    pub fn work(&mut self, broker: &mut Broker) -> Checked {
        if broker.work_pending() {
            self.trace.line(|| String::from("  a piece of work"));
            broker.handle_work(self.now);
        }
        self.drain(broker)
    }

    /// Time passes.
    pub fn pass(&mut self, broker: &mut Broker, micros: u64) -> Checked {
        self.now = self.now.after(std::time::Duration::from_micros(micros));
        self.trace.line(|| format!("  {} ms pass", micros / 1_000));
        if broker.poll_timeout().is_some_and(|due| due <= self.now) {
            broker.handle_timeout(self.now);
            self.drain(broker)?;
        }
        match broker.poll_timeout() {
            Some(due) if due <= self.now => {
                Err(format!("{due:?} is due after handle_timeout({:?})", self.now))
            }
            _ => Ok(()),
        }
    }
}

/// Takes bytes the way a socket does.
fn take(transmit: &mut Transmit, budget: usize) -> Checked<Vec<u8>> {
    let mut slices = [&[][..]; 64];
    let filled = transmit.slices(&mut slices);
    let mut bytes: Vec<u8> = slices.iter().take(filled).flat_map(|slice| slice.iter().copied()).collect();
    if transmit.is_empty() || transmit.first() != slices[0] || filled < 64 && bytes.len() != transmit.len() {
        return Err(format!("{} bytes wait, {} are in slices", transmit.len(), bytes.len()));
    }
    let before = transmit.len();
    bytes.truncate(budget);
    transmit.advance(bytes.len());
    if transmit.len() + bytes.len() != before {
        return Err("advance() took something else than it was told".into());
    }
    Ok(bytes)
}
