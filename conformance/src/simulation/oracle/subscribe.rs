//! Subscriptions come and go (sections 3.8 to 3.11).

use super::answers::Answer;
use super::{Checked, Interval, OPEN, Oracle};
use crate::Version;
use crate::simulation::access;
use crate::simulation::said::Wanted;
use crate::wire::Suback;

impl Oracle {
    /// SUBSCRIBE has been handled.
    pub(super) fn subscribed(&mut self, link: u64, packet_identifier: u16, wanted: &[Wanted]) -> Checked {
        let (client, listener, version) = {
            let conn = self.conn(link)?;
            (conn.client, conn.listener, conn.version)
        };
        let untold = self.profile.short_memory && version == Version::V3_1;
        let mut granted = Vec::with_capacity(wanted.len());
        for of in wanted {
            let may = access::may_subscribe(client, listener, of.filter);
            granted.push((*of, may));
            if may {
                self.begin_interval(client, *of);
                // SUBACK of 3.1 cannot say that there was no room for it (docs/decisions.md D16).
                if untold
                    && let Some(last) = self.sessions[client].intervals[usize::from(of.filter)].last_mut()
                {
                    last.certain = false;
                }
            }
        }
        self.expect(link, Answer::Suback(packet_identifier, granted));
        Ok(())
    }

    /// A client has another subscription, or the same one anew ([MQTT-3.8.4-3]).
    pub(super) fn begin_interval(&mut self, client: usize, wanted: Wanted) {
        let (turn, tag) = (self.turn, self.tag);
        let mut session = std::mem::take(&mut self.sessions[client]);
        let intervals = &mut session.intervals[usize::from(wanted.filter)];
        let mut is_new = true;
        let (mut open, mut replayed) = (false, Vec::new());
        if let Some(last) = intervals.last_mut().filter(|last| last.until == OPEN) {
            (is_new, open) = (false, !last.certain);
            (last.until, last.ended) = (turn, tag);
            session.loose_replays.append(&mut last.replays);
            replayed = std::mem::take(&mut last.replayed);
        }
        if intervals.len() > 200 {
            intervals.remove(0);
        }
        session.loosen_others(&replayed);
        // Whether a subscription of before a crash was there is open, and with it what Retain Handling 1 makes of it.
        let doubtful = self.shelves.iter().any(|shelf| shelf.open);
        session.replays_open |= open && wanted.retain_handling == 1 || doubtful;
        let asks = match wanted.retain_handling {
            0 => true,
            1 => is_new,
            _ => false,
        };
        let (replays, perhaps) = if asks { self.replays_of(client, &wanted) } else { Default::default() };
        session.loose_replays.extend(perhaps);
        self.reach.retained(replays.len());
        session.intervals[usize::from(wanted.filter)].push(Interval {
            wanted,
            from: turn,
            since: self.now,
            // With a rate it may be dealt with much later than it is read; with short memory it may be refused.
            sure_from: if self.profile.rates || self.profile.short_memory { OPEN } else { turn },
            until: OPEN,
            certain: true,
            confirmed: false,
            over: false,
            began: tag,
            ended: tag,
            replays,
            replayed: Vec::new(),
        });
        // What the group is owed may be handed on to him, who may lose it.
        if wanted.qos == 0 || session.maximum_packet_size > 0 {
            self.groups[usize::from(wanted.filter)].owed.clear();
        }
        self.sessions[client] = session;
    }

    /// UNSUBSCRIBE has been handled.
    pub(super) fn unsubscribed(&mut self, link: u64, packet_identifier: u16, filters: &[u8]) -> Checked {
        let client = self.client_of(link)?;
        let mut had = Vec::with_capacity(filters.len());
        for filter in filters {
            let open = self.sessions[client].open(*filter).map(|interval| interval.certain);
            had.push((
                *filter,
                match open {
                    Some(true) => Some(true),
                    Some(false) => None,
                    None => Some(false),
                },
            ));
            self.end_interval(client, *filter);
        }
        self.expect(link, Answer::Unsuback(packet_identifier, had));
        self.end_empty_groups();
        Ok(())
    }

    /// There was no room for a subscription: the one before it stays.
    fn take_back_interval(&mut self, client: usize, filter: u8) {
        let session = &mut self.sessions[client];
        session.replays_open = true;
        let intervals = &mut session.intervals[usize::from(filter)];
        let Some(last) = intervals.pop_if(|last| last.until == OPEN) else { return };
        if let Some(before) = intervals.last_mut().filter(|before| before.until == last.from) {
            before.until = OPEN;
        }
    }

    /// A subscription ends.
    pub(super) fn end_interval(&mut self, client: usize, filter: u8) {
        let (turn, tag) = (self.turn, self.tag);
        let session = &mut self.sessions[client];
        let last = session.intervals[usize::from(filter)].last_mut();
        if let Some(last) = last.filter(|last| last.until == OPEN) {
            (last.until, last.ended, last.over) = (turn, tag, false);
            let (replays, replayed) = (std::mem::take(&mut last.replays), std::mem::take(&mut last.replayed));
            session.loosen(replays);
            session.loosen_others(&replayed);
        }
    }

    /// SUBACK goes out.
    pub(super) fn suback(&mut self, link: u64, suback: &Suback) -> Checked {
        let expected = self.answer(link, 0x90, suback.packet_identifier)?;
        let Answer::Suback(_, granted) = expected.answer else { return Err("a SUBACK to nothing".into()) };
        let (client, version) = {
            let conn = self.conn(link)?;
            (conn.client, conn.version)
        };
        if granted.len() != suback.codes.len() {
            return Err(format!("{} codes for {} filters", suback.codes.len(), granted.len()));
        }
        for ((wanted, may), code) in granted.iter().zip(&suback.codes) {
            let right = match (may, version) {
                (true, _) | (false, Version::V3_1) => wanted.qos,
                (false, Version::V3_1_1) => 0x80,
                (false, Version::V5_0) => 0x87,
            };
            self.reach.suback(*code);
            if *code >= 0x80 && *may && self.profile.short_memory {
                // There was no room for it.
                self.take_back_interval(client, wanted.filter);
                continue;
            }
            if *code != right {
                return Err(format!("{wanted:?} was granted 0x{code:02X}, not 0x{right:02X}"));
            }
        }
        if self.is_durable(client) && granted.iter().any(|(_, may)| *may) {
            self.check_hold(expected.tag, "SUBACK")?;
        }
        let (tag, turn) = (expected.tag, self.turn);
        for interval in self.sessions[client].intervals.iter_mut().flatten() {
            if interval.began == tag {
                interval.confirmed = true;
                interval.sure_from = interval.sure_from.min(turn);
            }
            interval.over |= interval.until != OPEN && interval.ended == tag;
        }
        Ok(())
    }

    /// UNSUBACK goes out.
    pub(super) fn unsuback(&mut self, link: u64, unsuback: &Suback) -> Checked {
        let expected = self.answer(link, 0xB0, unsuback.packet_identifier)?;
        let Answer::Unsuback(_, had) = expected.answer else { return Err("an UNSUBACK to nothing".into()) };
        let (client, is_5) = {
            let conn = self.conn(link)?;
            (conn.client, conn.version.is_5())
        };
        if is_5 && had.len() != unsuback.codes.len() {
            return Err(format!("{} codes for {} filters", unsuback.codes.len(), had.len()));
        }
        for ((filter, had), code) in had.iter().zip(&unsuback.codes) {
            // With short memory there may not have been room for it.
            let had = had.filter(|_| !self.profile.short_memory);
            let wrong = had.is_some_and(|had| *code != if had { 0x00 } else { 0x11 });
            if wrong {
                return Err(format!(
                    "the end of subscription {filter} is 0x{code:02X}, it was there: {had:?}"
                ));
            }
        }
        if self.is_durable(client) && had.iter().any(|(_, had)| *had == Some(true)) {
            self.check_hold(expected.tag, "UNSUBACK")?;
        }
        let tag = expected.tag;
        for interval in self.sessions[client].intervals.iter_mut().flatten() {
            interval.over |= interval.until != OPEN && interval.ended == tag;
        }
        Ok(())
    }
}
