//! A whole broker in memory: what one delivery costs.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hushwing_benches::{Conversation, Load};
use hushwing_core::wire::QoS;

fn measure(criterion: &mut Criterion, name: &str, load: fn() -> Load) {
    let mut load = load();
    let mut group = criterion.benchmark_group("broker");
    group.throughput(Throughput::Elements(load.deliveries));
    group.bench_function(name, |bencher| bencher.iter(|| load.turn()));
    group.finish();
}

fn converse(criterion: &mut Criterion, name: &str, qos: QoS) {
    let mut conversation = Conversation::one_to_one(20, qos);
    let mut group = criterion.benchmark_group("broker");
    group.throughput(Throughput::Elements(conversation.deliveries));
    group.bench_function(name, |bencher| bencher.iter(|| conversation.turn()));
    group.finish();
}

fn broker(criterion: &mut Criterion) {
    measure(criterion, "QoS 0, 20 topics 1:1", || Load::one_to_one(20));
    measure(criterion, "QoS 0, 100,000 topics in random order", || Load::random_topics(100_000));
    measure(criterion, "QoS 0, fan-out 1:200", || Load::fan_out(200));
    measure(criterion, "QoS 0, fan-out 1:1000", || Load::fan_out(1_000));
    // The clients' own work is in these: finding the packets and writing the answers.
    converse(criterion, "QoS 1, 20 topics 1:1", QoS::AtLeastOnce);
    converse(criterion, "QoS 2, 20 topics 1:1", QoS::ExactlyOnce);
}

criterion_group!(benches, broker);
criterion_main!(benches);
