//! The memory account of the topic structures against the bytes that the allocator handed out, and searches
//! that allocate nothing. One test, because there is one allocator.

use std::alloc::System;

use hushwing_core::Instant;
use hushwing_core::retained::RetainedStore;
use hushwing_core::timer::{TimerKey, TimerKind, Timers};
use hushwing_core::topic::{
    ReceiversBuffer, RouteHint, Routes, SessionIndex, Subscription, SubscriptionList, SubscriptionTree,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes that no account has: tables of pages, an empty structure.
const CONSTANT_BYTES: usize = 64 * 1_024;

fn live_bytes() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

fn allocations() -> usize {
    let stats = ALLOCATOR.stats();
    stats.allocations + stats.reallocations
}

/// The allocator's bytes stay below 1.25 times the account, and the account claims nothing like twice as
/// much.
fn check(what: &str, live_bytes: usize, cost_bytes: usize) {
    assert!(
        live_bytes <= cost_bytes * 5 / 4 + CONSTANT_BYTES,
        "{what}: {live_bytes} held, {cost_bytes} counted"
    );
    assert!(cost_bytes <= live_bytes * 2 + CONSTANT_BYTES, "{what}: {live_bytes} held, {cost_bytes} counted");
}

/// The numbers below `count` in an order without order.
fn shuffled(count: usize) -> impl Iterator<Item = usize> {
    // A step without a common factor reaches every number.
    (0..count).map(move |n| n * 7_919 % count)
}

fn one_subscription_for_each_client() {
    const CLIENTS: usize = 100_000;
    let filters: Vec<String> = (0..CLIENTS).map(|n| format!("devices/client-{n:08}-abcdef/state")).collect();
    let mut lists: Vec<_> = (0..CLIENTS).map(|_| SubscriptionList::EMPTY).collect();
    let before = live_bytes();
    let mut tree = SubscriptionTree::new(1);
    for (n, filter) in filters.iter().enumerate() {
        tree.insert(&mut lists[n], SessionIndex(n as u32), filter, Subscription::default());
        if n % 9_999 == 0 {
            check("tree", live_bytes() - before, tree.cost());
        }
    }
    let held = live_bytes() - before;
    check("tree", held, tree.cost());
    assert!(held / CLIENTS <= 160, "{} bytes a subscription", held / CLIENTS);

    let mut found = 0;
    let mut buffer = ReceiversBuffer::new();
    buffer.gather(&mut tree, &filters[0], None);
    let warm = allocations();
    for n in shuffled(CLIENTS) {
        tree.matches(&filters[n], |session, _| found += usize::from(session.0 == n as u32));
        buffer.gather(&mut tree, &filters[n], None);
        found += buffer.as_receivers().len();
    }
    assert_eq!((found, allocations() - warm), (2 * CLIENTS, 0));

    for n in shuffled(CLIENTS) {
        tree.clear(&mut lists[n], |_| {});
    }
    assert_eq!(tree.cost(), tree.cost_walk());
    check("tree, empty again", live_bytes() - before, tree.cost());
}

fn long_texts_and_wildcards() {
    let filters: Vec<String> =
        (0..20_000).map(|n| format!("{}/{n}/+/{}/#", "long ".repeat(n % 20), n % 7)).collect();
    let mut list = SubscriptionList::EMPTY;
    let before = live_bytes();
    let mut tree = SubscriptionTree::new(2);
    for filter in &filters {
        tree.insert(&mut list, SessionIndex(0), filter, Subscription::default());
    }
    check("tree of wildcards", live_bytes() - before, tree.cost());
}

fn remembered_routes() {
    let topics: Vec<String> = (0..20_000).map(|n| format!("devices/client-{n:08}-abcdef/state")).collect();
    let mut tree = SubscriptionTree::new(3);
    let mut list = SubscriptionList::EMPTY;
    tree.insert(&mut list, SessionIndex(0), "devices/+/state", Subscription::default());
    let mut buffer = ReceiversBuffer::new();
    let before = live_bytes();
    let mut routes = Routes::new(3, 4_096, usize::MAX);
    let mut publish = |routes: &mut Routes, topic: &str| {
        let hint = routes.lookup(RouteHint::default(), topic);
        if hint.is_none() {
            buffer.gather(&mut tree, topic, None);
            routes.remember(topic, buffer.as_receivers());
        }
    };
    topics.iter().for_each(|topic| publish(&mut routes, topic));
    check("routes", live_bytes() - before, routes.cost());
    // Many more topics than are remembered: nothing is allocated all the same.
    let warm = allocations();
    topics.iter().for_each(|topic| publish(&mut routes, topic));
    assert_eq!(allocations() - warm, 0);
    for n in 0..500 {
        routes.changed(&format!("{}/+", "x".repeat(n)));
    }
    check("routes and filters", live_bytes() - before, routes.cost());
}

fn retained_messages() {
    const TOPICS: usize = 50_000;
    for (order, name) in [("rising", "topic/"), ("none", "a"), ("none", "devices/in/the/cellar/")] {
        let before = live_bytes();
        let mut store = RetainedStore::new();
        let number = |n: usize| if order == "rising" { n } else { n * 7_919 % TOPICS };
        for n in 0..TOPICS {
            store.insert(&format!("{name}{:06}", number(n)), n as u32);
        }
        check("retained", live_bytes() - before, store.cost());
        for n in 0..TOPICS - 1_000 {
            store.remove(&format!("{name}{:06}", number(n * 31 % TOPICS)));
            if n % 5_000 == 0 {
                check("retained, fewer", live_bytes() - before, store.cost());
            }
        }
        check("retained, few", live_bytes() - before, store.cost());
    }
}

fn timers() {
    let before = live_bytes();
    let mut timers = Timers::new();
    let mut armed = vec![Instant::FAR_FUTURE; 100_000];
    let of_owners = live_bytes() - before;
    for (n, armed) in armed.iter_mut().enumerate() {
        let key = TimerKey::new(TimerKind::Connection, n as u32);
        timers.arm(armed, key, Instant::from_micros((n * 7_919 % 100_000) as u64));
    }
    check("timers", live_bytes() - before - of_owners, timers.cost());
    assert!(timers.cost() >= 16 * 100_000);
}

#[test]
fn the_account_is_what_the_allocator_says() {
    one_subscription_for_each_client();
    long_texts_and_wildcards();
    remembered_routes();
    retained_messages();
    timers();
}
