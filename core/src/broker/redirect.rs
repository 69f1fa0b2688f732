//! Clients are sent to another server (5.0 section 4.11).

use alloc::string::String;

use super::Broker;
use super::farewell::{Farewell, redirection, usable};
use crate::connection::Phase;
use crate::time::Instant;

impl Broker {
    /// One client, or all of them. Each is a group of records of its own.
    pub(super) fn redirect(
        &mut self,
        now: Instant,
        client_identifier: Option<&str>,
        permanent: bool,
        server_reference: Option<&str>,
    ) -> Result<(), String> {
        if server_reference.is_some() && usable(server_reference).is_none() {
            return Err("this Server Reference is too long, or has U+0000 in it".into());
        }
        let farewell = Farewell::disconnection(redirection(permanent)).to(server_reference);
        if let Some(client_identifier) = client_identifier {
            let index = self.connected(client_identifier)?;
            self.send_away(now, index, &farewell);
            return Ok(());
        }
        for index in self.all_connections() {
            if self.clients.connections.get(index).is_some_and(|of| of.phase == Phase::Connected) {
                self.send_away(now, index, &farewell);
                self.clients.commit();
            }
        }
        Ok(())
    }
}
