//! A program without a standard library: its own panic handler, its own allocator, and a broker that is used whole.
//! Were anything of `std` linked, the panic handler would be there twice and this would not build; `.ci/run` also
//! looks for its symbols.
#![no_std]
// An allocator and an exported function cannot be had without `unsafe`. This is no part of any release.

extern crate alloc;

use alloc::sync::Arc;
use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::panic::PanicInfo;
use core::ptr::null_mut;

use hushwing_core::{Broker, Config, ConnectionId, Input, Instant, Origin, Output, PeerId};

const HEAP_BYTES: usize = 4 * 1024 * 1024;

/// Gives out one piece of memory from front to back and takes nothing back. For one thread.
struct Bump {
    heap: UnsafeCell<[u8; HEAP_BYTES]>,
    used: UnsafeCell<usize>,
}

// SAFETY: the program has one thread.
unsafe impl Sync for Bump {}

// SAFETY: pieces do not overlap and lie within the heap; nothing is given out twice.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the program has one thread.
        let used = unsafe { &mut *self.used.get() };
        let heap = self.heap.get().cast::<u8>();
        let start = heap.wrapping_add(*used);
        let begin = *used + start.align_offset(layout.align());
        let Some(end) = begin.checked_add(layout.size()).filter(|end| *end <= HEAP_BYTES) else { return null_mut() };
        *used = end;
        heap.wrapping_add(begin)
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: Bump = Bump { heap: UnsafeCell::new([0; HEAP_BYTES]), used: UnsafeCell::new(0) };

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// Hands `length` bytes of one client to a broker; returns how many bytes it answers.
///
/// # Safety
///
/// `bytes` points to `length` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hushwing_serve(bytes: *const u8, length: usize) -> usize {
    // SAFETY: as the caller promises.
    let bytes = unsafe { core::slice::from_raw_parts(bytes, length) };
    let mut broker = Broker::new(Arc::new(Config::default()), PeerId(0), 1);
    let (now, connection) = (Instant::from_micros(1), ConnectionId(1));
    broker.handle_input(now, Input::Opened { connection, origin: Origin::default() });
    broker.handle_input(now, Input::Received { connection, bytes });
    broker.handle_timeout(now);
    broker.handle_work(now);
    let mut answered = 0;
    while let Some(output) = broker.poll_output() {
        if let Output::Transmit { connection } = output {
            while let Some(transmit) = broker.transmit(now, connection) {
                let written = transmit.first().len();
                transmit.advance(written);
                answered += written;
            }
        }
    }
    answered
}
