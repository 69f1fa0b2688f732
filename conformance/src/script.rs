//! A script: a conversation that shows whether a broker keeps some statements of the standard.

use crate::harness::Broker;
use crate::targets::Setup;
use crate::version::Version;

/// A script and what it is about.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    /// The name of its function.
    pub name: &'static str,
    /// The module that it is in.
    pub module: &'static str,
    /// Whether it may only run where time is virtual.
    pub virtual_time_only: bool,
    /// How the broker has to be set up.
    pub setup: Setup,
    run: fn(&Broker),
    statements: [Option<&'static [&'static str]>; 3],
}

/// A [`Script`] from the name of its function.
macro_rules! script {
    ($function:ident) => {
        $crate::script::Script::new(stringify!($function), module_path!(), $function)
    };
}
pub(crate) use script;

impl Script {
    /// A script that runs in no version yet.
    pub const fn new(name: &'static str, module: &'static str, run: fn(&Broker)) -> Self {
        let statements = [None; 3];
        Self { name, module, virtual_time_only: false, setup: Setup::Open, run, statements }
    }

    /// Runs in MQTT 3.1, for which no numbered statements exist.
    #[must_use]
    pub const fn in_3_1(mut self, statements: &'static [&'static str]) -> Self {
        self.statements[0] = Some(statements);
        self
    }

    /// Runs in MQTT 3.1.1 and covers these statements of its.
    #[must_use]
    pub const fn in_3_1_1(mut self, statements: &'static [&'static str]) -> Self {
        self.statements[1] = Some(statements);
        self
    }

    /// Runs in MQTT 5.0 and covers these statements of its.
    #[must_use]
    pub const fn in_5_0(mut self, statements: &'static [&'static str]) -> Self {
        self.statements[2] = Some(statements);
        self
    }

    /// Waits too long, or too exactly, for real time.
    #[must_use]
    pub const fn virtual_time_only(mut self) -> Self {
        self.virtual_time_only = true;
        self
    }

    /// Needs a broker that is set up in a certain way.
    #[must_use]
    pub const fn with_setup(mut self, setup: Setup) -> Self {
        self.setup = setup;
        self
    }

    /// What it covers in this version; `None` if it does not run in it.
    pub const fn statements(&self, version: Version) -> Option<&'static [&'static str]> {
        self.statements[version as usize]
    }

    /// Module and name, as a reader finds it: `both::connect::second_connect`.
    pub fn path(&self) -> String {
        let module = self.module.trim_start_matches("conformance::scripts::");
        format!("{module}::{}", self.name)
    }

    pub(crate) fn play(&self, broker: &Broker) {
        (self.run)(broker);
    }
}
