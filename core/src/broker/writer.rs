//! Bytes appended to what waits for a socket, with all that follows from it: a buffer from the pool, the memory
//! account, the counters, and word to the driver.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::num::NonZeroU16;

use super::clients::Clients;
use super::encode::Frames;
use crate::connection::transmit::Transmit;
use crate::connection::{Connection, ConnectionIndex, Connections};
use crate::output::Output;
use crate::stats::Counters;
use crate::wire::TooLarge;

/// The part of [`Clients`] that appending changes, apart from the [`Frames`] that are appended.
pub(super) struct Writer<'a> {
    connections: &'a mut Connections,
    #[expect(clippy::vec_box, reason = "the boxes are what connections take from it and give back")]
    pool: &'a mut Vec<Box<Transmit>>,
    pool_bytes: &'a mut usize,
    owned_bytes: &'a mut usize,
    outputs: &'a mut VecDeque<Output>,
    pub(super) counters: &'a mut Counters,
}

impl Writer<'_> {
    /// Appends a copy of `bytes` for a connection, with a packet identifier, if any, in the place `at`.
    #[inline]
    pub(super) fn append(
        &mut self,
        index: ConnectionIndex,
        bytes: &[u8],
        packet_identifier: Option<(usize, NonZeroU16)>,
    ) {
        self.append_if(index, bytes, packet_identifier, |_| true);
    }

    /// The same if `takes` says so; whether it did.
    #[inline]
    pub(super) fn append_if(
        &mut self,
        index: ConnectionIndex,
        bytes: &[u8],
        packet_identifier: Option<(usize, NonZeroU16)>,
        takes: impl FnOnce(&Connection) -> bool,
    ) -> bool {
        let Some(connection) = self.connections.get_mut(index).filter(|connection| takes(connection)) else {
            return false;
        };
        let transmit = match &mut connection.transmit {
            Some(transmit) => transmit,
            none => none.insert(take(self.pool, self.pool_bytes, self.owned_bytes)),
        };
        *self.owned_bytes += transmit.append(bytes, packet_identifier);
        self.counters.bytes_out += bytes.len() as u64;
        announce(connection, self.outputs);
        true
    }

    /// Changes what waits for a connection in any way.
    pub(super) fn change<T>(
        &mut self,
        index: ConnectionIndex,
        change: impl FnOnce(&mut Transmit) -> T,
    ) -> Option<T> {
        let connection = self.connections.get_mut(index)?;
        let transmit = match &mut connection.transmit {
            Some(transmit) => transmit,
            none => none.insert(take(self.pool, self.pool_bytes, self.owned_bytes)),
        };
        let (cost, waiting) = (transmit.cost(), transmit.len());
        let result = change(transmit);
        self.counters.bytes_out += transmit.len() as u64;
        self.counters.bytes_out -= waiting as u64;
        *self.owned_bytes += transmit.cost();
        *self.owned_bytes -= cost;
        announce(connection, self.outputs);
        Some(result)
    }
}

/// A buffer of the pool.
#[expect(clippy::vec_box, reason = "as above")]
fn take(pool: &mut Vec<Box<Transmit>>, pool_bytes: &mut usize, owned_bytes: &mut usize) -> Box<Transmit> {
    let pooled = pool.pop().unwrap_or_default();
    *pool_bytes = pool_bytes.saturating_sub(pooled.cost());
    *owned_bytes += pooled.cost();
    pooled
}

/// Tells the driver that bytes wait, once.
#[inline]
fn announce(connection: &mut Connection, outputs: &mut VecDeque<Output>) {
    if !connection.announced {
        connection.announced = true;
        outputs.push_back(Output::Transmit { connection: connection.id });
    }
}

impl Clients {
    /// What appending needs, and the forms that may be appended.
    #[inline]
    pub(super) fn writer(&mut self) -> (Writer<'_>, &mut Frames) {
        let Self { connections, pool, pool_bytes, owned_bytes, outputs, counters, frames, .. } = self;
        (Writer { connections, pool, pool_bytes, owned_bytes, outputs, counters }, frames)
    }

    /// Appends whatever `encode` appends to what waits for the socket.
    pub(super) fn write<T>(
        &mut self,
        index: ConnectionIndex,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<T, TooLarge>,
    ) -> Result<T, TooLarge> {
        let (mut writer, _) = self.writer();
        let written = writer.change(index, |transmit| {
            let tail = transmit.tail();
            let start = tail.len();
            let result = encode(tail);
            (result, tail.get(start).copied())
        });
        let (result, first_byte) = written.unwrap_or((Err(TooLarge), None));
        if let Some(first_byte) = first_byte {
            writer.counters.packets_out.count(first_byte);
        }
        result
    }
}
