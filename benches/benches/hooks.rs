//! What hooks cost: none, some that care about clients only, and some that see every message and let it pass.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hushwing_benches::{Conversation, Load};
use hushwing_core::wire::QoS;
use hushwing_core::{HookMask, Hooks};

/// Lets everything pass.
struct Idle(HookMask);

impl Hooks for Idle {
    fn wants(&self) -> HookMask {
        self.0
    }
}

fn kinds() -> [(&'static str, Option<HookMask>); 3] {
    let clients = HookMask { publish: false, deliver: false, ..HookMask::ALL };
    [("no hooks", None), ("hooks for clients", Some(clients)), ("hooks for messages", Some(HookMask::ALL))]
}

fn load(criterion: &mut Criterion, name: &str, load: fn() -> Load) {
    for (kind, wants) in kinds() {
        let mut load = load();
        wants.into_iter().for_each(|wants| load.set_hooks(Box::new(Idle(wants))));
        let mut group = criterion.benchmark_group("hooks");
        group.throughput(Throughput::Elements(load.deliveries));
        group.bench_function(format!("{name}, {kind}"), |bencher| bencher.iter(|| load.turn()));
        group.finish();
    }
}

fn conversation(criterion: &mut Criterion) {
    for (kind, wants) in kinds() {
        let mut conversation = Conversation::one_to_one(20, QoS::AtLeastOnce);
        wants.into_iter().for_each(|wants| conversation.set_hooks(Box::new(Idle(wants))));
        let mut group = criterion.benchmark_group("hooks");
        group.throughput(Throughput::Elements(conversation.deliveries));
        let name = format!("QoS 1, 20 topics 1:1, {kind}");
        group.bench_function(name, |bencher| bencher.iter(|| conversation.turn()));
        group.finish();
    }
}

fn hooks(criterion: &mut Criterion) {
    load(criterion, "QoS 0, 20 topics 1:1", || Load::one_to_one(20));
    load(criterion, "QoS 0, 100,000 topics in random order", || Load::random_topics(100_000));
    load(criterion, "QoS 0, fan-out 1:200", || Load::fan_out(200, 1));
    conversation(criterion);
}

criterion_group!(benches, hooks);
criterion_main!(benches);
