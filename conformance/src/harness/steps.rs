//! Which step of a script took which answer: so that a wrong answer can be told to be noticed where it came, not
//! somewhere later.

/// The steps of one run. A step is one look of the script at one connection: for a packet, for nothing, for the
/// end; so is the look at what is left when a script ends a connection, or itself. Looks whose order does not
/// matter can be one step. Whatever the script does between two looks, such as comparing, belongs to the first.
#[derive(Clone, Debug, Default)]
pub struct Steps {
    /// Steps begun.
    begun: usize,
    /// How many callers want their looks to be one step.
    together: usize,
    connections: Vec<Taken>,
}

/// What was taken from one connection.
#[derive(Clone, Debug, Default)]
struct Taken {
    /// The steps that took the packets, in the order in which these came; 0 where none did.
    packets: Vec<usize>,
    /// The step that took everything behind those.
    rest: Option<usize>,
    /// The step that saw the end.
    end: Option<usize>,
}

impl Steps {
    /// The step at which the script is, or ended: they are counted from 1.
    pub fn last(&self) -> usize {
        self.begun
    }

    /// The step that took the packet of this number of this connection, both counted from 0.
    pub fn of_packet(&self, connection: usize, number: usize) -> Option<usize> {
        let taken = self.connections.get(connection)?;
        taken.packets.get(number).copied().filter(|step| *step > 0).or(taken.rest)
    }

    /// The step that saw the server end this connection.
    pub fn of_end(&self, connection: usize) -> Option<usize> {
        self.connections.get(connection)?.end
    }

    pub(super) fn begin(&mut self) {
        self.begun += usize::from(self.together == 0);
    }

    /// Looks are one step from here on.
    pub(super) fn begin_together(&mut self) {
        self.begin();
        self.together += 1;
    }

    /// Looks are steps again.
    pub(super) fn end_together(&mut self) {
        self.together -= 1;
    }

    pub(super) fn take_packet(&mut self, connection: usize, number: usize) {
        let begun = self.begun;
        let packets = &mut self.connection(connection).packets;
        packets.resize(packets.len().max(number + 1), 0);
        packets[number] = begun;
    }

    pub(super) fn take_end(&mut self, connection: usize) {
        let begun = self.begun;
        self.connection(connection).end.get_or_insert(begun);
    }

    pub(super) fn take_rest(&mut self, connection: usize) {
        let begun = self.begun;
        self.connection(connection).rest = Some(begun);
        self.take_end(connection);
    }

    fn connection(&mut self, connection: usize) -> &mut Taken {
        self.connections.resize(self.connections.len().max(connection + 1), Taken::default());
        &mut self.connections[connection]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_together_are_one_step() {
        let mut steps = Steps::default();
        steps.begin();
        steps.take_packet(0, 0);
        steps.begin_together();
        for number in [2, 1] {
            steps.begin();
            steps.take_packet(0, number);
        }
        steps.end_together();
        steps.begin();
        steps.take_end(0);
        let of_packets = [0, 1, 2, 3].map(|number| steps.of_packet(0, number));
        assert_eq!(of_packets, [Some(1), Some(2), Some(2), None]);
        assert_eq!((steps.of_end(0), steps.of_end(1), steps.last()), (Some(3), None, 3));
    }

    #[test]
    fn what_is_taken_undecoded_is_taken_by_one_step() {
        let mut steps = Steps::default();
        steps.begin();
        steps.take_packet(1, 0);
        steps.begin();
        steps.take_rest(1);
        assert_eq!((steps.of_packet(1, 0), steps.of_packet(1, 7)), (Some(1), Some(2)));
        assert_eq!((steps.of_end(1), steps.of_packet(0, 0)), (Some(2), None));
    }
}
