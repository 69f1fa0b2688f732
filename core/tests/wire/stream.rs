//! Streams of bytes as a broker gets them: in any pieces, and of any kind.

use std::cell::RefCell;
use std::sync::Arc;

use hushwing_core::wire::{Packet, PacketType, Sender, split_frame};
use hushwing_core::{
    Broker, CloseCause, Config, ConnectionId, Input, Instant, Limits, Origin, Output, PeerId, ProtocolVersion,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::random::{Ingredients, encoded, ingredients};
use crate::{V3_1_1, V5_0, VERSIONS, packet};

const NOW: Instant = Instant::from_micros(1_700_000_000_000_000);
const CONNECTION: ConnectionId = ConnectionId(1);

/// What one connection has only while it is busy, besides its bytes.
const OF_A_BUSY_CONNECTION: usize = 1_024;

/// What a broker has once there is a client: tables with room for some more, buffers that are kept for the next one.
const OF_A_CLIENT: usize = 96 * 1_024;

/// The dearest bytes are those of SUBSCRIBE: three of them, `/a` and a length, can be a level of the tree.
const PER_BYTE: usize = 100;

struct Server {
    broker: Broker,
    outputs: Vec<Output>,
}

impl Server {
    fn new() -> Self {
        Self::with(Limits::default())
    }

    fn with(limits: Limits) -> Self {
        let broker = Broker::new(Arc::new(Config { limits, ..Config::default() }), PeerId(0), 1);
        let mut server = Self { broker, outputs: Vec::new() };
        server.input(Input::Opened { connection: CONNECTION, origin: Origin::default() });
        server
    }

    fn input(&mut self, input: Input<'_>) {
        self.broker.handle_input(NOW, input);
        self.poll();
        assert_eq!(self.broker.memory(), self.broker.memory_walk());
    }

    fn poll(&mut self) {
        self.outputs.extend(std::iter::from_fn(|| self.broker.poll_output()));
    }

    fn receive(&mut self, bytes: &[u8]) {
        self.input(Input::Received { connection: CONNECTION, bytes });
    }

    /// Everything that the broker has to say.
    fn take(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while let Some(transmit) = self.broker.transmit(NOW, CONNECTION) {
            while !transmit.is_empty() {
                bytes.extend_from_slice(transmit.first());
                let taken = transmit.first().len();
                transmit.advance(taken);
            }
            self.poll();
        }
        self.poll();
        bytes
    }

    fn is_closing(&self) -> bool {
        self.outputs.contains(&Output::Close { connection: CONNECTION })
    }
}

fn connect(version: ProtocolVersion) -> Vec<u8> {
    let name: &[u8] = if version == ProtocolVersion::V3_1 { b"\0\x06MQIsdp\x03" } else { b"\0\x04MQTT" };
    let level: &[u8] = match version {
        ProtocolVersion::V3_1 => &[],
        ProtocolVersion::V3_1_1 => &[4],
        ProtocolVersion::V5_0 => &[5],
    };
    let properties: &[u8] = if version == V5_0 { &[0] } else { &[] };
    packet(0x10, &[name, level, b"\x02\0\0", properties, b"\0\x01a"].concat())
}

/// The packet of a client that these make, of this version.
fn of_client(made_of: &Ingredients, version: ProtocolVersion) -> Vec<u8> {
    let mut made_of = made_of.clone();
    (made_of.version, made_of.sender) = (version, Sender::Client);
    let bytes = RefCell::new(Vec::new());
    made_of.with_packet(|packet, version, _| bytes.borrow_mut().extend(encoded(&packet, version)));
    bytes.into_inner()
}

/// CONNECT, if `connects`, and then packets of a client, some of them changed in one byte.
fn any_stream() -> impl Strategy<Value = Vec<u8>> {
    let changed = prop::option::weighted(0.1, (any::<Index>(), any::<u8>()));
    let packets = vec((ingredients(), changed), 1..12);
    (prop::bool::weighted(0.9), 0..3_usize, packets).prop_map(|(connects, version, packets)| {
        let version = VERSIONS[version];
        let mut stream = if connects { connect(version) } else { Vec::new() };
        for (made_of, change) in packets {
            let mut bytes = of_client(&made_of, version);
            if let Some((place, new)) = change.filter(|_| !bytes.is_empty()) {
                let place = place.index(bytes.len());
                bytes[place] = new;
            }
            stream.extend(bytes);
        }
        stream
    })
}

/// What a broker gives out, and what it has to say, if the stream comes in these pieces.
fn fed<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Output>, Vec<u8>) {
    let mut server = Server::new();
    pieces.for_each(|piece| server.receive(piece));
    while server.broker.work_pending() {
        server.broker.handle_work(NOW);
        server.poll();
    }
    let bytes = server.take();
    (server.outputs, bytes)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_split_is_read_as_the_whole(stream in any_stream(), cuts in vec(any::<Index>(), 0..6), single: bool) {
        let whole = fed(std::iter::once(&stream[..]));
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        places.extend([0, stream.len()]);
        places.sort_unstable();
        prop_assert_eq!(&fed(places.windows(2).map(|of| &stream[of[0]..of[1]])), &whole);
        if single {
            prop_assert_eq!(&fed(stream.chunks(1)), &whole);
        }
    }

    /// Whatever length a packet announces.
    #[test]
    fn half_a_packet_holds_what_came_of_it(
        connected: bool,
        first in any::<u8>(),
        announced in 1..268_435_455_u32,
        body in vec(any::<u8>(), 0..3_000),
        piece in 1..200_usize,
    ) {
        let mut server = Server::new();
        if connected {
            server.receive(&connect(V3_1_1));
            server.take();
        }
        let before = server.broker.memory();
        let mut header = packet(first, &[]);
        header.truncate(1);
        header.extend(remaining_length(announced));
        let bytes = [header, body[..body.len().min(announced as usize - 1)].to_vec()].concat();
        let mut given = 0;
        for piece in bytes.chunks(piece) {
            server.receive(piece);
            given += piece.len();
            let held = server.broker.memory().saturating_sub(before);
            prop_assert!(held <= 2 * given + OF_A_BUSY_CONNECTION, "{} held of {}", held, given);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever comes, whole packets among it, that nobody takes the answers to.
    #[test]
    fn garbage_holds_no_more_than_a_multiple_of_what_came(
        version in 0..2_usize,
        garbage in prop_oneof![1 => any_stream(), 1 => vec(any::<u8>(), 0..400), 2 => any_dear_packets()],
    ) {
        // Remembered routes have a bound of their own, and go when memory is short.
        let mut server = Server::with(Limits { routes_remembered: 0, ..Limits::default() });
        let before = server.broker.memory();
        server.receive(&connect(VERSIONS[version]));
        server.receive(&garbage);
        let said = server.take();
        let held = server.broker.memory().saturating_sub(before);
        prop_assert!(held <= PER_BYTE * garbage.len() + OF_A_CLIENT, "{} held of {}", held, garbage.len());
        whole_packets(&said, VERSIONS[version]);
        let cause = if server.is_closing() { CloseCause::Local } else { CloseCause::Peer };
        server.input(Input::Closed { connection: CONNECTION, cause });
        let held = server.broker.memory().saturating_sub(before);
        prop_assert!(held <= PER_BYTE * garbage.len() + OF_A_CLIENT, "{} held of {} for ever", held, garbage.len());
    }
}

/// Many short packets that are taken, each of which makes the broker remember something.
fn any_dear_packets() -> impl Strategy<Value = Vec<u8>> {
    let text = |text: &str| [&(text.len() as u16).to_be_bytes(), text.as_bytes()].concat();
    let subscribe = ("(\\+|[a-z]{0,2})(/(\\+|[a-z]{0,2})){0,12}", 0..3_u8)
        .prop_map(move |(filter, qos)| packet(0x82, &[&[0, 1], &text(&filter)[..], &[qos]].concat()));
    let publish = ("[a-z]{1,2}(/[a-z]{0,2}){0,5}", 0..3_u8, any::<bool>(), 1..u16::MAX).prop_map(
        move |(topic, qos, retain, identifier)| {
            let identifier = if qos > 0 { identifier.to_be_bytes().to_vec() } else { Vec::new() };
            packet(0x30 | qos << 1 | u8::from(retain), &[text(&topic), identifier, vec![1]].concat())
        },
    );
    vec(prop_oneof![subscribe, publish], 1..1_500).prop_map(|packets| packets.concat())
}

fn remaining_length(mut length: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    while length >= 128 {
        bytes.push((length % 128) as u8 | 0x80);
        length /= 128;
    }
    bytes.push(length as u8);
    bytes
}

/// What was said are packets of a server.
fn whole_packets(mut bytes: &[u8], version: ProtocolVersion) {
    while !bytes.is_empty() {
        let frame = split_frame(bytes, Some(version), u32::MAX).expect("a frame").expect("a whole one");
        let packet = Packet::decode(&frame, version, Sender::Server).expect("a packet of a server");
        assert_ne!(packet.packet_type(), PacketType::Connect);
        bytes = &bytes[frame.length..];
    }
}
