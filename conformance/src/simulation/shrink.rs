//! A smaller world that goes wrong in the same way.

use super::{Failure, HOUR, Outcome, Settings, simulate};

/// How often a smaller world is tried.
pub const TRIES: u32 = 200;

/// Simulated hours for all tries together.
const HOURS: u64 = 200;

/// The smallest world that was found.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// How it is set up.
    pub settings: Settings,
    /// What goes wrong in it, with a trace in words.
    pub failure: Failure,
    /// The hash of all bytes that the broker wrote until then.
    pub digest: u64,
    /// How many worlds were tried.
    pub tries: u32,
}

/// Mutes as many clients as it can while the world still goes wrong in the same way, and not later: first by
/// halves, then by smaller and smaller parts, at last one by one, until none can be spared.
pub fn shrink(failure: &Failure, settings: &Settings) -> Shrunk {
    let mut smallest = Smallest { settings: settings.clone(), failure: failure.clone(), tries: 0 };
    smallest.end_with_its_hour();
    let mut size = settings.clients.div_ceil(2).max(1);
    loop {
        let muted = smallest.mute_parts_of(size);
        match (muted, size) {
            (false, 1) => return smallest.told(),
            (true, 1) => {}
            _ => size = size.div_ceil(2),
        }
        if smallest.exhausted() {
            return smallest.told();
        }
    }
}

/// What went wrong, without what differs from world to world: numbers, what is quoted, what is in brackets, and
/// which packet it was about.
pub fn kind(message: &str) -> String {
    let about = message.split_once(" on connection ").and_then(|(_, rest)| rest.split_once(": "));
    let sentence = about.map_or(message, |(_, sentence)| sentence);
    let (mut kind, mut depth, mut quoted) = (String::new(), 0_u32, false);
    for character in sentence.chars() {
        match character {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ if depth > 0 || character.is_ascii_digit() => {}
            _ => kind.push(character),
        }
    }
    kind
}

struct Smallest {
    settings: Settings,
    failure: Failure,
    tries: u32,
}

impl Smallest {
    /// Goes once through the clients that are left, so many at a time; whether any could be spared.
    fn mute_parts_of(&mut self, size: usize) -> bool {
        let muted = &self.settings.muted;
        let left: Vec<usize> = (0..self.settings.clients).filter(|client| !muted.contains(client)).collect();
        let mut any = false;
        for part in left.chunks(size) {
            if self.exhausted() {
                break;
            }
            let mut settings = self.settings.clone();
            settings.muted.extend(part);
            any |= self.try_with(settings);
        }
        any
    }

    fn try_with(&mut self, settings: Settings) -> bool {
        self.tries += 1;
        let outcome = simulate(self.failure.seed, &settings, false);
        let same = |failure: &Failure| {
            failure.event <= self.failure.event && kind(&failure.message) == kind(&self.failure.message)
        };
        let Some(failure) = outcome.failure.filter(same) else { return false };
        (self.settings, self.failure) = (settings, failure);
        self.end_with_its_hour();
        true
    }

    /// What comes behind the failure is not needed any more.
    fn end_with_its_hour(&mut self) {
        let hours = self.failure.at_micros / HOUR + 1;
        self.settings.hours = self.settings.hours.min(hours);
    }

    fn exhausted(&self) -> bool {
        self.tries >= TRIES || u64::from(self.tries).saturating_mul(self.settings.hours) >= HOURS
    }

    fn told(self) -> Shrunk {
        let Outcome { failure, digest, .. } = simulate(self.failure.seed, &self.settings, true);
        let failure = failure.unwrap_or(self.failure);
        Shrunk { settings: self.settings, failure, digest, tries: self.tries }
    }
}

#[cfg(test)]
mod tests {
    use super::kind;

    #[test]
    fn a_kind_has_no_numbers_and_nothing_quoted() {
        let one =
            "PUBLISH \"a\" qos 0 payload \"12 \" to c11 on connection 482: message 12 came to client 11";
        let other = "PUBLISH \"b/c\" qos 1 id 3 to c4 on connection 9: message 7 came to client 4";
        assert_eq!(kind(one), "message  came to client ");
        assert_eq!(kind(one), kind(other));
        assert_eq!(kind("client 3: Flight { of: Some(2), \"x\" } never came"), "client : Flight  never came");
        assert_eq!(kind("connection 3 is closed twice"), "connection  is closed twice");
    }
}
