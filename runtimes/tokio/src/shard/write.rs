//! From the machine to the streams.

use std::io::{self, IoSlice};
use std::task::{Context, Poll, ready};

use hushwing_core::{CloseCause, ConnectionId, Instant};

use super::Shard;

/// Written to one connection in one turn; what is left waits until the others had theirs.
const WRITE_BYTES: usize = 256 * 1024;

/// Slices of one vectored write.
const SLICES: usize = 32;

/// How far [`Shard::poll_write`] came.
enum Written {
    /// Nothing is left.
    All,
    /// This turn had enough; there may be more.
    Enough,
}

impl Shard {
    /// Writes straight away, without asking first whether the stream takes bytes. If it does not, it rings
    /// when it does.
    pub(super) fn write(&mut self, now: Instant, id: ConnectionId) {
        match self.connections.get(&id) {
            Some(connection) if !connection.blocked && !connection.closing => {}
            _ => return,
        }
        match self.poll_write(now, id) {
            Poll::Ready(Ok(Written::All)) => {}
            Poll::Ready(Ok(Written::Enough)) => self.to_write.push(id),
            Poll::Ready(Err(_)) => self.closed(id, CloseCause::Failed),
            Poll::Pending => {
                if let Some(connection) = self.connections.get_mut(&id) {
                    connection.blocked = true;
                }
            }
        }
    }

    /// Writes what the machine has for this connection, but not much more than `WRITE_BYTES`.
    fn poll_write(&mut self, now: Instant, id: ConnectionId) -> Poll<io::Result<Written>> {
        let mut left = WRITE_BYTES;
        while left > 0 {
            let Some(connection) = self.connections.get_mut(&id) else { break };
            let stream = connection.stream.as_mut();
            let context = &mut Context::from_waker(&connection.waker);
            let Some(transmit) = self.broker.transmit(now, id) else {
                let flushed = stream.poll_flush(context);
                self.drain_outputs(now);
                return flushed.map_ok(|()| Written::All);
            };
            let mut slices = [&[][..]; SLICES];
            let count = transmit.slices(&mut slices);
            let slices = slices.map(IoSlice::new);
            let written = stream.poll_write_vectored(context, slices.get(..count).unwrap_or(&slices));
            if let Poll::Ready(Ok(count)) = written {
                transmit.advance(count);
            }
            self.drain_outputs(now);
            match ready!(written)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => left = left.saturating_sub(count),
            }
        }
        Poll::Ready(Ok(Written::Enough))
    }

    /// Writes everything that is left for a connection that closes, then shuts down sending.
    pub(crate) fn poll_finish(
        &mut self,
        id: ConnectionId,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        match self.connections.get_mut(&id) {
            Some(connection) => connection.waker.clone_from(context.waker()),
            None => return Poll::Ready(Ok(())),
        }
        let now = self.clock.now();
        if let Written::Enough = ready!(self.poll_write(now, id))? {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        match self.connections.get_mut(&id) {
            Some(connection) => connection.stream.as_mut().poll_shutdown(context),
            None => Poll::Ready(Ok(())),
        }
    }
}
