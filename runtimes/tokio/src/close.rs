//! The end of one connection.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::time::Duration;

use hushwing_core::{CloseCause, ConnectionId};
use tokio::time::timeout;

use crate::shard::Shard;

/// How long a closing connection may take for its last bytes, and then again until the peer closes too.
const LINGER: Duration = Duration::from_secs(2);

/// Writes what is left, shuts down sending, and discards what still comes: unread input would make the
/// kernel reset the connection and destroy the last packet.
pub(crate) async fn close(shard: Rc<RefCell<Shard>>, id: ConnectionId) {
    let finish = poll_fn(|context| shard.borrow_mut().poll_finish(id, context));
    if let Ok(Ok(())) = timeout(LINGER, finish).await {
        let discard = poll_fn(|context| shard.borrow_mut().poll_discard(id, context));
        // Whoever does not close in time is closed all the same.
        let _ = timeout(LINGER, discard).await;
    }
    shard.borrow_mut().closed(id, CloseCause::Local);
}
