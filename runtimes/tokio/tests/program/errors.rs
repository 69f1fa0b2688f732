//! What it says when it cannot start, and how it exits: 1 at run time, 2 for the way it was asked.

use std::net::TcpListener;

use crate::running::{Running, hushwing, run};

#[test]
fn usage() {
    for arguments in [&["--lisen"][..], &["serve"], &["--listen"], &["config"]] {
        let (code, said, problems) = run(arguments);
        assert_eq!((code, said.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(!problems.is_empty(), "{arguments:?}");
    }
}

#[test]
fn configuration() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hushwing.toml");
    std::fs::write(&path, "[limits]\nqueue_messages = 0\nqueue_bites = 1\n").unwrap();
    let path = path.to_str().unwrap();
    for before in [&[][..], &["config", "check"]] {
        let arguments = [before, &["-c", path, "-p", "70000", "--listen", "0.0.0.0:0"]].concat();
        let (code, said, problems) = run(&arguments);
        assert_eq!((code, said.as_str()), (Some(2), ""));
        insta::assert_snapshot!("configuration", problems.replace(path, "hushwing.toml"));
    }
}

#[test]
fn log_level() {
    let output = hushwing(&["-p", "none"]).env("RUST_LOG", "hushwing=loud").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap());
}

#[test]
fn port_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, said, problems) = run(&["-p", &port]);
    assert_eq!((code, said.as_str()), (Some(1), ""));
    insta::assert_snapshot!(problems.replace(&port, "PORT"));
}

#[test]
fn port_of_another_hushwing() {
    let first = Running::start(&["-p", "0"]);
    let (code, _, _) = run(&["--listen", &first.addresses()[0].to_string()]);
    assert_eq!(code, Some(1));
}

#[test]
fn every_listener_that_fails_is_named() {
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = held.local_addr().unwrap();
    let (taken, port) = (taken.to_string(), taken.port().to_string());
    // 192.0.2.0/24 is for documentation: no machine has it.
    let arguments =
        ["--listen", &taken, "--listen", "127.0.0.1:0", "--listen", "192.0.2.1:0", "--allow-anonymous"];
    let (code, said, problems) = run(&arguments);
    assert_eq!((code, said.as_str()), (Some(1), ""));
    insta::assert_snapshot!(problems.replace(&port, "PORT"));
}
