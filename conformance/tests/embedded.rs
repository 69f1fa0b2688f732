//! What only a program can be asked that embeds the broker: enhanced authentication, over TCP.

use std::io::Write;
use std::net::SocketAddr;

use conformance::targets::{Instance, Setup, Target, Tcp, authenticator};
use conformance::{all_scripts, runner};
use hushwing_core::{Authentication, Config, Listener};
use hushwing_tokio::{Handle, Running, Server};

/// How many scripts run at once: they mostly wait.
const AT_A_TIME: usize = 16;

/// Scripts that went well: at least so many.
const LEAST_PASSED: usize = 25;

/// A program with an authenticator.
struct Embedding {
    address: SocketAddr,
}

impl Target for Embedding {
    fn name(&self) -> String {
        "a program that embeds the broker, over TCP".to_owned()
    }

    fn is_ours(&self) -> bool {
        true
    }

    fn start(&self, setup: Setup) -> Result<Box<dyn Instance>, String> {
        match setup {
            Setup::Authenticator => Tcp::ours(self.address).start(Setup::Open),
            _ => Err(format!("it needs a broker where {setup}")),
        }
    }
}

fn embed() -> (Embedding, Handle, Running) {
    let listener = Listener { authentication: Authentication::Ask, ..Listener::default() };
    let mut server = Server::new(Config { listeners: vec![listener], journal: false, ..Config::default() });
    server.on_ask(|about, reply| {
        if let Some(answer) = authenticator::answer(&about) {
            reply.send(answer);
        }
    });
    let address = server.listen(([127, 0, 0, 1], 0).into(), 0).expect("a free port");
    let handle = server.handle();
    (Embedding { address }, handle, server.spawn().expect("a thread"))
}

#[test]
fn an_embedding_program_passes() {
    let (target, handle, running) = embed();
    let chosen = runner::choose(&all_scripts(), |script, _| {
        script.setup == Setup::Authenticator && !script.virtual_time_only
    });
    let reports = runner::run(&target, &chosen, AT_A_TIME);
    handle.stop();
    running.join().expect("it stops when it is told");
    let failed: Vec<String> = reports.iter().filter(|it| it.failed()).map(ToString::to_string).collect();
    let _ = writeln!(
        std::io::stderr(),
        "\nconformance of an embedding program: {} scripts ran, {} failed",
        reports.len(),
        failed.len()
    );
    assert!(failed.is_empty(), "{} scripts failed\n\n{}", failed.len(), failed.join("\n"));
    let passed = reports.iter().filter(|it| matches!(it.verdict, runner::Verdict::Passed)).count();
    assert_eq!(passed, reports.len(), "a script did not run");
    assert!(passed >= LEAST_PASSED, "only {passed} scripts ran");
}
