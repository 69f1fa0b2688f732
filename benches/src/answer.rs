//! What a client owes the broker for what it got.

/// Appends to `says` the acknowledgement of every packet in `arrived`, which are whole packets of MQTT 3.1.1:
/// PUBACK or PUBREC for PUBLISH, PUBREL for PUBREC, PUBCOMP for PUBREL. Written without the core's codec: it is
/// counted in the benchmarks, and has to cost little.
pub fn answer(arrived: &[u8], says: &mut Vec<u8>) {
    let mut rest = arrived;
    while let [first, tail @ ..] = rest {
        let (length, header) = remaining_length(tail);
        let (body, after) = tail[header..].split_at(length);
        match first >> 4 {
            3 if first & 0b0110 != 0 => {
                let topic = usize::from(u16::from_be_bytes([body[0], body[1]]));
                let reply = if first & 0b0110 == 0b0010 { 0x40 } else { 0x50 };
                says.extend_from_slice(&[reply, 2, body[2 + topic], body[3 + topic]]);
            }
            5 => says.extend_from_slice(&[0x62, 2, body[0], body[1]]),
            6 => says.extend_from_slice(&[0x70, 2, body[0], body[1]]),
            _ => {}
        }
        rest = after;
    }
}

/// The Remaining Length and the bytes that it takes.
fn remaining_length(bytes: &[u8]) -> (usize, usize) {
    let mut length = 0;
    for (index, byte) in bytes.iter().enumerate() {
        length |= usize::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            return (length, index + 1);
        }
    }
    panic!("only whole packets arrive here");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_packet_gets_its_answer() {
        let arrived = [
            &[0x30, 4, 0, 1, b'a', b'x'][..],
            &[0x32, 5, 0, 1, b'a', 0, 7],
            &[0x34, 5, 0, 1, b'a', 0, 8],
            &[0x50, 2, 0, 9],
            &[0x62, 2, 0, 10],
            &[0x70, 2, 0, 11],
        ];
        let mut says = Vec::new();
        answer(&arrived.concat(), &mut says);
        assert_eq!(says, [[0x40, 2, 0, 7], [0x50, 2, 0, 8], [0x62, 2, 0, 9], [0x70, 2, 0, 10]].concat());
    }
}
