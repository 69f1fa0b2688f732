//! The few packets that these tests speak, byte by byte.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::running::Running;

/// A client that writes bytes and expects packets.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
}

/// CONNECT of 3.1.1 with Clean Session 1.
pub(crate) fn connect_3_1_1(client_identifier: &str, keep_alive_seconds: u8) -> Vec<u8> {
    let fixed = [b"\x00\x04MQTT\x04\x02\x00", &[keep_alive_seconds][..]].concat();
    packet(0x10, &[fixed, text(client_identifier)].concat())
}

/// CONNECT of 5.0 with Clean Start 1 and no properties.
pub(crate) fn connect_5_0(client_identifier: &str) -> Vec<u8> {
    packet(0x10, &[b"\x00\x04MQTT\x05\x02\x00\x3c\x00".to_vec(), text(client_identifier)].concat())
}

/// SUBSCRIBE of 3.1.1 to one filter.
pub(crate) fn subscribe(filter: &str, qos: u8) -> Vec<u8> {
    packet(0x82, &[b"\x00\x01".to_vec(), text(filter), vec![qos]].concat())
}

/// PUBLISH of 3.1.1 with QoS 0.
pub(crate) fn publish(topic: &str, payload: &[u8]) -> Vec<u8> {
    packet(0x30, &[&text(topic), payload].concat())
}

/// PUBLISH of 3.1.1 with QoS 1.
pub(crate) fn publish_qos_1(topic: &str, packet_identifier: u16, payload: &[u8]) -> Vec<u8> {
    packet(0x32, &[&text(topic), &packet_identifier.to_be_bytes()[..], payload].concat())
}

/// Length and bytes of a text.
pub(crate) fn text(text: &str) -> Vec<u8> {
    [&u16::try_from(text.len()).unwrap().to_be_bytes()[..], text.as_bytes()].concat()
}

/// A packet with its fixed header.
pub(crate) fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let mut left = body.len();
    loop {
        let more = if left > 127 { 0x80 } else { 0 };
        bytes.push(u8::try_from(left % 128).unwrap() | more);
        left /= 128;
        if left == 0 {
            break;
        }
    }
    [bytes, body.to_vec()].concat()
}

impl Client {
    /// Connects with this CONNECT, and expects to be accepted.
    pub(crate) fn connect(running: &Running, connect: &[u8]) -> Self {
        let mut client = Self { stream: running.connect() };
        client.send(connect);
        let (first, body) = client.receive();
        assert_eq!((first, body[1]), (0x20, 0), "{body:?}");
        client
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// The next packet: its first byte and its body.
    pub(crate) fn receive(&mut self) -> (u8, Vec<u8>) {
        let first = self.byte();
        let (mut length, mut shift) = (0, 0);
        loop {
            let byte = usize::from(self.byte());
            length |= (byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        (first, body)
    }

    /// Expects these bytes.
    pub(crate) fn expect(&mut self, bytes: &[u8]) {
        let mut came = vec![0; bytes.len()];
        self.stream.read_exact(&mut came).unwrap();
        assert_eq!(came, bytes);
    }

    /// Expects the end of the stream, without a reset.
    pub(crate) fn expect_end(&mut self) {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, b"");
    }

    fn byte(&mut self) -> u8 {
        let mut byte = [0];
        self.stream.read_exact(&mut byte).unwrap();
        byte[0]
    }
}
