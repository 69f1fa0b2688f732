//! The task that runs a shard, turn by turn.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::time::Duration;

use tokio::task::{spawn_local, yield_now};
use tokio::time::sleep;

use crate::close::close;
use crate::shard::Shard;

/// Runs turns until it is aborted.
pub(crate) async fn turns(shard: Rc<RefCell<Shard>>) {
    let (clock, bells) = {
        let shard = shard.borrow();
        (shard.clock(), shard.bells())
    };
    let mut timer = std::pin::pin!(sleep(Duration::ZERO));
    // When the timer will wake this task. It is only ever set earlier: deadlines move away with each packet,
    // and waking once too often costs less than setting it each time.
    let mut armed = None;
    let mut rung = Vec::new();
    loop {
        bells.take(&mut rung);
        let left = shard.borrow_mut().turn(&mut rung);
        for id in left.closing {
            spawn_local(close(shard.clone(), id));
        }
        // Even then the runtime must come to look at the streams.
        if left.more || !bells.is_empty() {
            yield_now().await;
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
            () = poll_fn(|context| bells.poll_heard(context)) => {}
            () = &mut timer, if armed.is_some() => armed = None,
        }
    }
}
