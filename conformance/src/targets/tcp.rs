//! Any broker by address. Time is real; waiting is generous, since machines are slow.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::binary::Running;
use super::{Arrival, Instance, Link, Setup, Target};

/// How long a broker may take to notice that a connection has ended.
const NOTICE: Duration = Duration::from_secs(10);

/// A broker that listens on TCP.
#[derive(Clone, Debug)]
pub struct Tcp {
    address: SocketAddr,
    ours: bool,
}

impl Tcp {
    /// Somebody's broker.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, ours: false }
    }

    /// Our own binary.
    pub fn ours(address: SocketAddr) -> Self {
        Self { address, ours: true }
    }
}

impl Target for Tcp {
    fn name(&self) -> String {
        format!("{} over TCP", self.address)
    }

    fn is_ours(&self) -> bool {
        self.ours
    }

    fn start(&self, setup: Setup) -> Result<Box<dyn Instance>, String> {
        match setup {
            Setup::Open => Ok(Box::new(Sockets::new(Ok(self.address)))),
            _ => Err(format!("it needs a broker where {setup}")),
        }
    }
}

/// The connections of one script.
pub(super) struct Sockets {
    /// Where the broker listens, or why there is none.
    address: Result<SocketAddr, String>,
    sockets: Vec<TcpStream>,
    /// The broker, if it is there for this script alone.
    _own: Option<Running>,
}

impl Sockets {
    /// To a broker that others use, too.
    pub(super) fn new(address: Result<SocketAddr, String>) -> Self {
        Self { address, sockets: Vec::new(), _own: None }
    }

    /// To a broker that ends with the script.
    pub(super) fn of(running: Result<Running, String>) -> Self {
        let address = running.as_ref().map(|running| running.address).map_err(Clone::clone);
        Self { address, sockets: Vec::new(), _own: running.ok() }
    }
}

impl Instance for Sockets {
    fn open(&mut self) -> Result<Link, String> {
        let address = self.address.clone()?;
        let socket = TcpStream::connect_timeout(&address, NOTICE)
            .and_then(|socket| socket.set_nodelay(true).map(|()| socket))
            // A broker that does not read must not hold up the suite: the script then misses its answer.
            .and_then(|socket| socket.set_write_timeout(Some(NOTICE)).map(|()| socket))
            .map_err(|error| format!("no connection to {address}: {error}"))?;
        self.sockets.push(socket);
        Ok(Link(self.sockets.len() - 1))
    }

    fn write(&mut self, link: Link, bytes: &[u8]) {
        // A broker that has closed already shows in what is read.
        let _ = self.sockets[link.0].write_all(bytes);
    }

    fn read(&mut self, link: Link, patience: Duration) -> Arrival {
        let socket = &mut self.sockets[link.0];
        let mut buffer = vec![0; 64 * 1024];
        // Zero would mean "for ever".
        let patience = patience.max(Duration::from_millis(1));
        let outcome = socket.set_read_timeout(Some(patience)).and_then(|()| socket.read(&mut buffer));
        match outcome {
            Ok(0) => Arrival::Closed,
            Ok(count) => Arrival::Bytes(buffer[..count].to_vec()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Arrival::Nothing
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Arrival::Nothing,
            Err(_) => Arrival::Closed,
        }
    }

    /// Half-closes and reads up to the broker's own close: then it has noticed.
    fn cut(&mut self, link: Link) {
        let _ = self.sockets[link.0].shutdown(Shutdown::Write);
        let deadline = Instant::now() + NOTICE;
        while Instant::now() < deadline {
            if self.read(link, Duration::from_millis(200)) == Arrival::Closed {
                break;
            }
        }
        let _ = self.sockets[link.0].shutdown(Shutdown::Both);
    }

    fn wait(&mut self, duration: Duration) {
        std::thread::sleep(duration);
    }

    fn is_virtual(&self) -> bool {
        false
    }

    fn finish(&mut self) -> Result<(), String> {
        Ok(())
    }
}
