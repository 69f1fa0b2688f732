//! What one seed is about: not every world has every trouble, or the common ones would hide the rare.

use crate::crash::random::Random;
use crate::nonsense::Setting;

/// How a world is set up.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Records are made, and promises wait for them.
    pub journal: bool,
    /// Mean seconds between crashes; 0 for none.
    pub crash_seconds: u64,
    /// Milliseconds that the disk takes at most.
    pub disk_milliseconds: u64,
    /// Some clients are asked about.
    pub asks: bool,
    /// Streams are cut and split anywhere.
    pub splits: bool,
    /// Some sockets stop taking bytes for a while.
    pub stalls: bool,
    /// Queues are short.
    pub short_queues: bool,
    /// Memory is short.
    pub short_memory: bool,
    /// Publishers have a rate.
    pub rates: bool,
    /// Few receivers are served at a time.
    pub pieces: bool,
    /// Operators give commands.
    pub commands: bool,
    /// Clients break the protocol at times.
    pub nonsense: bool,
    /// How the broker is set for that.
    pub settings: Vec<Setting>,
    /// There is hardly room for retained messages.
    pub little_retained: bool,
    /// What waits is dropped from its old end.
    pub drops_oldest: bool,
    /// QoS 0 waits for those who are away.
    pub queues_qos0: bool,
    /// Milliseconds of latency at most.
    pub latency_milliseconds: u64,
    /// Mean milliseconds between two things that a client does.
    pub act_milliseconds: u64,
}

impl Profile {
    /// The one of a seed.
    pub fn draw(random: &mut Random, clients: usize) -> Self {
        let journal = random.chance(75);
        let short_memory = random.chance(8);
        let (rates, nonsense) = (random.chance(10), random.chance(45));
        let mut settings = if nonsense { draw_settings(random, rates) } else { Vec::new() };
        if random.chance(25) {
            settings.push(Setting::LowTransmitMark);
        }
        Self {
            journal,
            crash_seconds: if journal {
                *random.pick(&[0, 300, 900, 1_800])
            } else {
                *random.pick(&[0, 0, 0, 1_800])
            },
            disk_milliseconds: *random.pick(&[1, 20, 500, 3_000]),
            asks: random.chance(40),
            splits: random.chance(50),
            stalls: random.chance(40),
            short_queues: random.chance(20),
            short_memory,
            rates,
            pieces: random.chance(25),
            commands: random.chance(40),
            nonsense,
            little_retained: settings.contains(&Setting::LittleRetained),
            settings,
            drops_oldest: random.chance(50),
            queues_qos0: random.chance(20),
            latency_milliseconds: *random.pick(&[1, 5, 100, 1_000]),
            act_milliseconds: 330 * clients as u64,
        }
    }

    /// The broker offers less than it can.
    pub fn is_poor(&self) -> bool {
        self.settings.contains(&Setting::FewCapabilities)
    }

    /// A message may be refused for want of room.
    pub fn may_refuse(&self) -> bool {
        self.short_memory || self.little_retained
    }

    /// PUBLISH packets in flight to one client, whatever it would take.
    pub fn in_flight_maximum(&self) -> u16 {
        16
    }
}

/// A broker that is set so that more can be broken.
fn draw_settings(random: &mut Random, rates: bool) -> Vec<Setting> {
    let mut all = vec![Setting::Authenticator];
    let mut add = |setting, percent| {
        if random.chance(percent) {
            all.push(setting);
        }
    };
    add(Setting::FewCapabilities, 15);
    add(Setting::SmallLimits, 30);
    add(Setting::NoControlCharacters, 30);
    add(Setting::LittleRetained, 15);
    if rates {
        add(Setting::PublishRate, 50);
    }
    all
}
