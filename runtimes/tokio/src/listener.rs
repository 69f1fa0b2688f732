//! Accepting connections.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use hushwing_core::Origin;
use tokio::net::TcpListener;

use crate::shard::Shard;

/// How long nobody is accepted after the system had nothing left for a connection (EMFILE, ENOMEM). Trying on
/// at once would take all of a core, and the connections wait in the backlog anyway.
const PAUSE: Duration = Duration::from_millis(500);

/// Accepts connections until it is aborted.
pub(crate) async fn accept(listener: TcpListener, profile: u16, shard: Rc<RefCell<Shard>>) {
    loop {
        match listener.accept().await {
            Ok((socket, address)) => {
                // Small packets must not wait for each other; a socket that refuses is merely slower.
                let _ = socket.set_nodelay(true);
                let origin = Origin { listener: profile, address: Some(address), identity: None };
                shard.borrow_mut().open(Box::new(socket), origin);
            }
            Err(error) if concerns_one_connection(error.kind()) => {
                tracing::debug!(%error, "a connection ended before it was accepted");
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections; trying again in half a second");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn concerns_one_connection(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(kind, ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
