//! The core's client on a TCP connection: bytes to and from the socket, and time.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hushwing_common::clock::Clock;
use hushwing_common::tools::connection::Connection;
use hushwing_core::client::{Client, CloseReason};
use hushwing_core::wire::{Properties, PropertiesBuffer, ReasonCode};
use hushwing_core::{Instant, ProtocolVersion};
use tokio::io::Interest;
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::time::{sleep_until, timeout};

use super::{FAILED, Failure};

/// Read at once.
const BUFFER_BYTES: usize = 64 * 1024;
/// A socket that takes no more than this is not read either: what is read makes answers.
const BACKLOG_BYTES: usize = 1024 * 1024;
/// From a host name to an open connection.
const CONNECT: Duration = Duration::from_secs(30);
/// For the last bytes, and for the server to close.
const LINGER: Duration = Duration::from_secs(2);

/// The exit codes of Mosquitto's tools for these.
const PROTOCOL: u8 = 2;
const CONNECTION_LOST: u8 = 7;

/// A client and its connection.
pub(super) struct Driver {
    pub(super) client: Client,
    stream: TcpStream,
    clock: Clock,
    buffer: Vec<u8>,
    ended: bool,
}

impl Driver {
    /// Opens a connection and sends CONNECT.
    pub(super) async fn open(
        connection: &Connection,
        clock: Clock,
        mut client: Client,
    ) -> Result<Self, OpenError> {
        let stream = match timeout(CONNECT, connect(connection)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(OpenError { client, failure: unreachable(connection, &error) }),
            Err(_) => {
                let error = io::ErrorKind::TimedOut.into();
                return Err(OpenError { client, failure: unreachable(connection, &error) });
            }
        };
        if let Err(error) = client.connect(clock.now()) {
            return Err(OpenError { client, failure: Failure::new(FAILED, error.to_string()) });
        }
        Ok(Self { client, stream, clock, buffer: vec![0; BUFFER_BYTES], ended: false })
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Writes what waits, then waits for the next thing to happen, and does it. May be dropped at any point.
    /// The events are to be taken before the next turn.
    pub(super) async fn turn(&mut self) {
        if self.ended {
            self.client.connection_lost(self.now());
            return;
        }
        self.write();
        let waiting = self.client.transmit().len();
        let interest = match waiting {
            0 => Interest::READABLE,
            1..BACKLOG_BYTES => Interest::READABLE | Interest::WRITABLE,
            _ => Interest::WRITABLE,
        };
        let wake = self.client.poll_timeout().map(|at| self.clock.deadline(at));
        tokio::select! {
            ready = self.stream.ready(interest) => match ready {
                Ok(ready) if ready.is_readable() || ready.is_read_closed() => self.read(),
                Ok(_) => self.write(),
                Err(_) => self.ended = true,
            },
            () = sleep_until(wake.unwrap_or_else(std::time::Instant::now).into()), if wake.is_some() => {
                self.client.handle_timeout(self.now());
            }
        }
    }

    fn write(&mut self) {
        while !self.client.transmit().is_empty() && !self.ended {
            match self.stream.try_write(self.client.transmit()) {
                Ok(written) => self.client.advance(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // What the server said before it closed is still to be read.
                Err(_) => return self.read(),
            }
        }
    }

    fn read(&mut self) {
        match self.stream.try_read(&mut self.buffer) {
            Ok(0) => self.ended = true,
            Ok(length) => {
                let now = self.now();
                self.client.receive(now, self.buffer.get(..length).unwrap_or_default());
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => self.ended = true,
        }
    }

    /// Sends DISCONNECT with these properties, where there is still a connection.
    pub(super) fn disconnect(&mut self, properties: &PropertiesBuffer) -> Result<(), Failure> {
        if !self.client.is_connected() {
            return Ok(());
        }
        let now = self.now();
        let said = self.client.disconnect(now, ReasonCode::Success, properties.as_properties());
        said.map_err(|error| Failure::new(FAILED, error.to_string()))
    }

    /// Writes the last bytes and closes. Reads on for a while: unread input at a close makes a kernel reset
    /// the connection, and destroys what was written last.
    pub(super) async fn close(mut self) -> Client {
        let _too_late = timeout(LINGER, async {
            while !self.client.transmit().is_empty() && self.stream.writable().await.is_ok() {
                match self.stream.try_write(self.client.transmit()) {
                    Ok(written) => self.client.advance(written),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(_) => return,
                }
            }
            if self.shut_down().is_err() {
                return;
            }
            while self.stream.readable().await.is_ok() {
                match self.stream.try_read(&mut self.buffer) {
                    Ok(0) => return,
                    Ok(_) => {}
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(_) => return,
                }
            }
        })
        .await;
        self.client.connection_lost(self.clock.now());
        self.client
    }

    fn shut_down(&self) -> io::Result<()> {
        socket2::SockRef::from(&self.stream).shutdown(std::net::Shutdown::Write)
    }
}

/// There is no connection, and here is the client back.
pub(super) struct OpenError {
    pub(super) client: Client,
    pub(super) failure: Failure,
}

async fn connect(connection: &Connection) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "there is no such host");
    for address in lookup_host((connection.host.as_str(), connection.port)).await? {
        match connect_to(address, connection).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn connect_to(address: SocketAddr, connection: &Connection) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    if let Some(local) = connection.bind_address {
        socket.bind(SocketAddr::new(local, 0))?;
    }
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn unreachable(connection: &Connection, error: &io::Error) -> Failure {
    let why = match error.kind() {
        io::ErrorKind::TimedOut => "no answer in time".into(),
        _ => hushwing_common::message::plain(error),
    };
    Failure::new(FAILED, format!("cannot connect to {}: {why}", place(connection)))
}

/// Host and port, as in a URL.
pub(super) fn place(connection: &Connection) -> String {
    let Connection { host, port, .. } = connection;
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// The sentence and the exit code for a connection that ended against the user's wish.
pub(super) fn closed(connection: &Connection, reason: &CloseReason<'_>) -> Failure {
    let place = place(connection);
    match reason {
        CloseReason::Refused { reason, properties } => {
            // The return code of 3.1 and 3.1.1, the reason code of 5.0.
            let code = match connection.options.version {
                ProtocolVersion::V5_0 => reason.byte(),
                _ => reason.connack_return_code_3().unwrap_or(FAILED),
            };
            Failure::new(code, format!("{place} refused the connection: {}", said(*reason, properties)))
        }
        CloseReason::Server { reason, properties } => {
            let code = if reason.is_error() { reason.byte() } else { CONNECTION_LOST };
            Failure::new(code, format!("{place} closed the connection: {}", said(*reason, properties)))
        }
        CloseReason::Violation(violation) => {
            Failure::new(PROTOCOL, format!("{place} broke the protocol: {violation}"))
        }
        CloseReason::SessionNotClean => {
            Failure::new(PROTOCOL, format!("{place} broke the protocol: it did not begin a new session"))
        }
        CloseReason::UnexpectedPacket(packet_type) => Failure::new(
            PROTOCOL,
            format!("{place} broke the protocol: it sent {packet_type:?} at the wrong time"),
        ),
        CloseReason::ConnectTimeout => {
            Failure::new(CONNECTION_LOST, format!("{place} did not answer to CONNECT"))
        }
        CloseReason::PingTimeout => {
            Failure::new(CONNECTION_LOST, format!("{place} does not answer any more"))
        }
        CloseReason::Lost | CloseReason::Disconnected => {
            Failure::new(CONNECTION_LOST, format!("the connection to {place} was lost"))
        }
    }
}

/// A reason code, and the server's own words if there are any.
pub(super) fn said(reason: ReasonCode, properties: &Properties<'_>) -> String {
    match properties.reason_string() {
        Some(words) => format!("{reason} ({words})"),
        None => reason.to_string(),
    }
}
