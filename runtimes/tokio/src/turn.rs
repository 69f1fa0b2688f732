//! The task that ends each turn: it is woken by the first connection that read something and runs after all
//! others that were ready with it, so that each connection is written once for all of them.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::sleep;

use crate::shard::Shard;

/// Ends turns until it is aborted.
pub(crate) async fn turns(shard: Rc<RefCell<Shard>>) {
    let (clock, turn) = {
        let shard = shard.borrow();
        (shard.clock(), shard.turn())
    };
    let mut timer = std::pin::pin!(sleep(Duration::ZERO));
    // When the timer will wake this task. It is only ever set earlier: deadlines move away with each packet,
    // and waking once too often costs less than setting it each time.
    let mut armed = None;
    loop {
        let left = shard.borrow_mut().end_turn();
        if left.more {
            tokio::task::yield_now().await;
            continue;
        }
        if let Some(at) = left.timeout
            && armed.is_none_or(|armed| at < armed)
        {
            timer.as_mut().reset(clock.deadline(at).into());
            armed = Some(at);
        }
        tokio::select! {
            biased;
            () = turn.notified() => {}
            () = &mut timer, if armed.is_some() => armed = None,
        }
    }
}
