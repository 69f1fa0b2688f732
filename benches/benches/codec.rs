//! Bytes to packets and back.

use std::hint::black_box;
use std::num::NonZeroU16;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hushwing_benches::{INPUT_BYTES, traffic};
use hushwing_core::ProtocolVersion;
use hushwing_core::wire::{
    Acknowledgement, Packet, Properties, PropertiesBuffer, Property, Publish, QoS, ReasonCode, Sender,
    split_frame,
};

fn decode_all(mut bytes: &[u8], version: ProtocolVersion) -> usize {
    let mut packets = 0;
    while let Some(frame) = split_frame(bytes, Some(version), u32::MAX).expect("whole packets") {
        black_box(Packet::decode(&frame, version, Sender::Client).expect("a packet"));
        bytes = &bytes[frame.length..];
        packets += 1;
    }
    packets
}

fn decode(criterion: &mut Criterion, name: &str, packet: &[u8], version: ProtocolVersion) {
    let (bytes, count) = traffic::repeated(packet, INPUT_BYTES);
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(count as u64));
    group.bench_function(name, |bencher| {
        bencher.iter(|| assert_eq!(decode_all(black_box(&bytes), version), count))
    });
    group.finish();
}

fn encode(criterion: &mut Criterion, name: &str, packet: &Packet<'_>, version: ProtocolVersion) {
    const COUNT: usize = 800;
    let mut out = Vec::with_capacity(1024 * 1024);
    let mut group = criterion.benchmark_group("encode");
    group.throughput(Throughput::Elements(COUNT as u64));
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            out.clear();
            for _ in 0..COUNT {
                black_box(packet).encode(version, &mut out);
            }
            black_box(&out);
        });
    });
    group.finish();
}

fn codec(criterion: &mut Criterion) {
    let (old, new) = (ProtocolVersion::V3_1_1, ProtocolVersion::V5_0);
    let mut buffer = PropertiesBuffer::new();
    buffer.push(Property::MessageExpiryInterval(60));
    buffer.push(Property::ContentType("application/json"));
    buffer.push(Property::UserProperty("unit", "celsius"));
    let plain = Publish {
        duplicate: false,
        qos: QoS::AtMostOnce,
        retain: false,
        topic: "bench/0001",
        packet_identifier: None,
        properties: Properties::EMPTY,
        payload: &traffic::PAYLOAD,
    };
    let rich = Publish {
        qos: QoS::AtLeastOnce,
        packet_identifier: Some(NonZeroU16::MIN),
        properties: buffer.as_properties(),
        ..plain
    };
    let acknowledgement = Acknowledgement {
        packet_identifier: NonZeroU16::MIN,
        reason: ReasonCode::Success,
        properties: Properties::EMPTY,
    };
    let packets = [
        ("PUBLISH 3.1.1, QoS 0, 64 B", Packet::Publish(plain), old),
        ("PUBLISH 5.0, QoS 1, 64 B, 3 properties", Packet::Publish(rich), new),
        ("PUBACK 5.0", Packet::Puback(acknowledgement), new),
    ];
    for (name, packet, version) in packets {
        let mut bytes = Vec::new();
        packet.encode(version, &mut bytes);
        decode(criterion, name, &bytes, version);
        encode(criterion, name, &packet, version);
    }
    decode(criterion, "CONNECT 5.0", &traffic::connect("device-0123456789abcdef", new), new);
}

criterion_group!(benches, codec);
criterion_main!(benches);
