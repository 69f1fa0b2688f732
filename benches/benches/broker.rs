//! A whole broker in memory: what one delivery costs.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hushwing_benches::{Conversation, Load};
use hushwing_core::wire::QoS;

/// What the same costs while 1,000 subscriptions a second are made and ended elsewhere.
const CHANGES: &str = ", subscriptions change";

fn measure(criterion: &mut Criterion, name: &str, load: fn() -> Load) {
    let mut group = criterion.benchmark_group("broker");
    for (what, mut load) in [("", load()), (CHANGES, load().with_changes())] {
        group.throughput(Throughput::Elements(load.deliveries));
        group.bench_function(format!("{name}{what}"), |bencher| bencher.iter(|| load.turn()));
    }
    group.finish();
}

fn converse(criterion: &mut Criterion, name: &str, qos: QoS) {
    let mut group = criterion.benchmark_group("broker");
    let conversation = || Conversation::one_to_one(20, qos);
    for (what, mut conversation) in [("", conversation()), (CHANGES, conversation().with_changes())] {
        group.throughput(Throughput::Elements(conversation.deliveries));
        group.bench_function(format!("{name}{what}"), |bencher| bencher.iter(|| conversation.turn()));
    }
    group.finish();
}

fn broker(criterion: &mut Criterion) {
    measure(criterion, "QoS 0, 20 topics 1:1", || Load::one_to_one(20));
    measure(criterion, "QoS 0, 100,000 topics in random order", || Load::random_topics(100_000));
    measure(criterion, "QoS 0, 100,000 filters with wildcards, 1:4", || Load::wildcards(100_000));
    // A message alone, where nearly all is the turn of each subscriber, and some that came together.
    measure(criterion, "QoS 0, fan-out 1:1000, one message a turn", || Load::fan_out(1_000, 1));
    measure(criterion, "QoS 0, fan-out 1:1000, 16 messages a turn", || Load::fan_out(1_000, 16));
    // The clients' own work is in these: finding the packets and writing the answers.
    converse(criterion, "QoS 1, 20 topics 1:1", QoS::AtLeastOnce);
    converse(criterion, "QoS 2, 20 topics 1:1", QoS::ExactlyOnce);
}

criterion_group!(benches, broker);
criterion_main!(benches);
