//! Binding listening sockets.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

/// Connections that may wait to be accepted: after a restart every client of a house comes back at once.
const BACKLOG: i32 = 1_024;

/// A listening socket, not blocking, for a runtime to take over.
///
/// # Errors
/// Those of the operating system; [`crate::message::listen_failed`] makes a sentence of them.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // On Windows the option would let two programs listen on one port.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// All of them, or none.
///
/// # Errors
/// Every address that failed, with a sentence for the user.
pub fn listen_on_all(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, Vec<String>> {
    let mut listeners = Vec::with_capacity(addresses.len());
    let mut failures = Vec::new();
    for &address in addresses {
        match listen(address) {
            Ok(listener) => listeners.push(listener),
            Err(error) => failures.push(crate::message::listen_failed(address, &error)),
        }
    }
    if failures.is_empty() { Ok(listeners) } else { Err(failures) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_free_port() {
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        assert_ne!(listener.local_addr().unwrap().port(), 0);
    }

    #[test]
    fn reports_every_failure() {
        let first = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let taken = first.local_addr().unwrap();
        // 192.0.2.0/24 is for documentation: no machine has it.
        let nowhere = "192.0.2.1:0".parse().unwrap();
        let failures = listen_on_all(&[taken, "127.0.0.1:0".parse().unwrap(), nowhere]).unwrap_err();
        assert_eq!(failures.len(), 2, "{failures:?}");
    }
}
