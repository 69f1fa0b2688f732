//! The task of one connection.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::time::Duration;

use hushwing_core::{CloseCause, ConnectionId, Origin};
use tokio::time::timeout;

use crate::shard::{End, Shard};
use crate::stream::Stream;

/// How long a closing connection may take for its last bytes, and then again until the peer closes too.
const LINGER: Duration = Duration::from_secs(2);

/// Takes a connection in. Its task ends with it.
pub(crate) fn open(shard: &Rc<RefCell<Shard>>, stream: Box<dyn Stream>, origin: Origin) {
    let id = shard.borrow_mut().open(stream, origin);
    tokio::task::spawn_local(serve(shard.clone(), id));
}

async fn serve(shard: Rc<RefCell<Shard>>, id: ConnectionId) {
    let cause = match poll_fn(|context| shard.borrow_mut().poll_connection(id, context)).await {
        End::Lost(cause) => cause,
        End::Close => {
            // In a box: its timers would make every idle connection larger.
            Box::pin(close(&shard, id)).await;
            CloseCause::Local
        }
    };
    shard.borrow_mut().closed(id, cause);
}

/// Writes what is left, shuts down sending, and discards what still comes: unread input would make the
/// kernel reset the connection and destroy the last packet.
async fn close(shard: &RefCell<Shard>, id: ConnectionId) {
    let finish = poll_fn(|context| shard.borrow_mut().poll_finish(id, context));
    if let Ok(Ok(())) = timeout(LINGER, finish).await {
        let discard = poll_fn(|context| shard.borrow_mut().poll_discard(id, context));
        // Whoever does not close in time is closed all the same.
        let _ = timeout(LINGER, discard).await;
    }
}
