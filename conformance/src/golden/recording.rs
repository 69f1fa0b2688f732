//! Writing down what a script says.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::runner::{Verdict, choose, run_as};
use crate::script::Script;
use crate::targets::{Arrival, Instance, Link, Memory, Setup, Target};

/// What one script said, in order.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// The script, and the version that it spoke.
    pub name: String,
    /// How the broker was set up.
    pub setup: Setup,
    /// What happened.
    pub steps: Vec<Step>,
}

/// Something that a client, or the clock, did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Another connection opens; they are counted from 0.
    Open,
    /// Bytes, in one write.
    Write(usize, Vec<u8>),
    /// The connection is lost.
    Cut(usize),
    /// Time passes.
    Wait(Duration),
}

impl Conversation {
    /// Bytes that the clients say.
    pub fn bytes(&self) -> usize {
        self.writes().map(<[u8]>::len).sum()
    }

    /// What the clients say, write by write.
    pub fn writes(&self) -> impl Iterator<Item = &[u8]> {
        self.steps.iter().filter_map(|step| match step {
            Step::Write(_, bytes) => Some(&bytes[..]),
            _ => None,
        })
    }
}

/// Runs every script in every version, and writes down what each says.
///
/// # Errors
/// A script that did not pass.
pub fn record(scripts: &[Script]) -> Result<Vec<Conversation>, String> {
    let mut conversations = Vec::new();
    for (script, version) in choose(scripts, |_, _| true) {
        let recorder = Recorder::default();
        let report = run_as(&recorder, &script, version, "golden".to_owned());
        if !matches!(report.verdict, Verdict::Passed) {
            return Err(report.to_string());
        }
        let name = format!("{} {}", version.name(), script.path());
        let steps = recorder.taken();
        conversations.push(Conversation { name, setup: script.setup, steps });
    }
    Ok(conversations)
}

/// The core in memory, with an ear.
#[derive(Default)]
struct Recorder {
    steps: Arc<Mutex<Vec<Step>>>,
}

impl Recorder {
    fn taken(&self) -> Vec<Step> {
        std::mem::take(&mut *self.steps.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Target for Recorder {
    fn name(&self) -> String {
        "the core in memory, written down".to_owned()
    }

    fn is_ours(&self) -> bool {
        true
    }

    fn start(&self, setup: Setup) -> Result<Box<dyn Instance>, String> {
        let inner = Memory::default().start(setup)?;
        Ok(Box::new(Recording { inner, steps: Arc::clone(&self.steps), over: false }))
    }
}

struct Recording {
    inner: Box<dyn Instance>,
    steps: Arc<Mutex<Vec<Step>>>,
    /// The script has ended: what follows is not said by it.
    over: bool,
}

impl Recording {
    fn note(&self, step: Step) {
        if !self.over {
            self.steps.lock().unwrap_or_else(PoisonError::into_inner).push(step);
        }
    }
}

impl Instance for Recording {
    fn open(&mut self) -> Result<Link, String> {
        self.note(Step::Open);
        self.inner.open()
    }

    fn write(&mut self, link: Link, bytes: &[u8]) {
        self.note(Step::Write(link.0, bytes.to_vec()));
        self.inner.write(link, bytes);
    }

    fn read(&mut self, link: Link, patience: Duration) -> Arrival {
        self.inner.read(link, patience)
    }

    fn cut(&mut self, link: Link) {
        self.note(Step::Cut(link.0));
        self.inner.cut(link);
    }

    fn wait(&mut self, duration: Duration) {
        self.note(Step::Wait(duration));
        self.inner.wait(duration);
    }

    fn is_virtual(&self) -> bool {
        true
    }

    fn finish(&mut self) -> Result<(), String> {
        self.over = true;
        self.inner.finish()
    }
}
