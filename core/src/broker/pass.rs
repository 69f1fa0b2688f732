//! QoS 1 and 2 messages that leave at once, for a client whose session ends with its connection: they are not
//! stored, since nobody can ask for them again.

use super::clients::Clients;
use super::copy::Copy;
use super::deliver::Publication;
use super::encode::Form;
use crate::event::DropReason;
use crate::fault::Fault;
use crate::session::SessionIndex;
use crate::time::Instant;

impl Clients {
    /// Sends a copy of the publication at hand without storing it; whether that was possible.
    pub(super) fn pass_on(
        &mut self,
        now: Instant,
        publication: &Publication<'_>,
        session: SessionIndex,
        copy: &Copy<'_>,
    ) -> bool {
        let in_flight_maximum = self.config.limits.in_flight_maximum;
        let Some(found) = self.sessions.get(session).filter(|found| !found.is_kept()) else { return false };
        let Some(index) = found.connection() else { return false };
        if copy.share.is_some() || !self.takes_at_once(index, publication.wait) || self.is_unread(index) {
            return false;
        }
        let Some(found) = self.sessions.get_mut(session) else { return false };
        let outgoing = found.outgoing();
        if !outgoing.takes_at_once(in_flight_maximum) {
            return false;
        }
        let planted = self.config.planted();
        let admitted = outgoing.admit_passing(copy.qos, copy.retain, planted);
        let Some(packet_identifier) = admitted else { return false };
        let packet_identifier = Some(planted.identifier(packet_identifier));
        let duplicate = planted.is(Fault::DuplicateAtFirst);
        let form = Form { qos: copy.qos, packet_identifier, duplicate, ..copy.form() };
        let written = if self.write_as_it_came(index, publication, &form) {
            Ok(())
        } else {
            self.frames.take_up();
            self.write_publish(now, index, &publication.view, None, &form)
        };
        if let Some(outgoing) = self.sessions.get_mut(session).and_then(|of| of.outgoing.as_mut()) {
            match written {
                Ok(()) => outgoing.advance(),
                // [MQTT-3.1.2-25] of 5.0: as if its delivery were complete.
                Err(_) => drop(outgoing.drop_next()),
            }
        }
        if written.is_err() {
            self.dropped(index, DropReason::TooLarge);
        }
        self.recount_session(session);
        true
    }
}
