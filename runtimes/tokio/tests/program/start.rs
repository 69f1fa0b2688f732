//! What it says when it starts.

use std::net::TcpStream;

use crate::running::{Running, run};

#[test]
fn three_lines_and_no_more() {
    let running = Running::start(&["-p", "0"]);
    let port = running.addresses()[0].port();
    assert_ne!(port, 0);
    let said = running.start_lines.join("\n").replace(&port.to_string(), "PORT");
    insta::assert_snapshot!(said.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    TcpStream::connect(running.addresses()[0]).unwrap();
    let (stdout, _) = running.finish();
    assert!(stdout.is_empty(), "{stdout:?}");
}

#[test]
fn every_listener_is_named_and_serves() {
    let running = Running::start(&["--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0", "-p", "0"]);
    let addresses = running.addresses();
    assert_eq!(addresses.len(), 3);
    for address in addresses {
        TcpStream::connect(address).unwrap();
    }
}

#[test]
fn open_to_the_network_says_so() {
    let running = Running::start(&["--listen", "0.0.0.0:0", "--allow-anonymous", "--ephemeral"]);
    insta::assert_snapshot!(running.start_lines[1]);
}

#[test]
fn one_that_takes_nobody_says_so() {
    let running = Running::start(&["--listen", "0.0.0.0:0", "--set", "access.authentication=refuse"]);
    insta::assert_snapshot!(running.start_lines[1]);
}

#[test]
fn a_file_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hushwing.toml");
    std::fs::write(&path, "listeners = [{ address = 'localhost:0' }, { address = '127.0.0.1:0' }]\n")
        .unwrap();
    let running = Running::start(&["-c", path.to_str().unwrap(), "--set", "log.level=off"]);
    assert_eq!(running.addresses().len(), 2);
    let (_, log) = running.finish();
    assert!(log.is_empty(), "{log:?}");
}

#[test]
fn the_printed_default_is_a_configuration() {
    let (code, printed, _) = run(&["config", "print-default"]);
    assert_eq!(code, Some(0));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hushwing.toml");
    std::fs::write(&path, printed).unwrap();
    let (code, said, problems) = run(&["config", "check", "-c", path.to_str().unwrap()]);
    assert_eq!((code, problems.as_str()), (Some(0), ""));
    insta::assert_snapshot!(said);
}

#[test]
fn help_and_version() {
    let (code, version, _) = run(&["--version"]);
    assert_eq!((code, version), (Some(0), format!("hushwing {}\n", env!("CARGO_PKG_VERSION"))));
    let (code, help, _) = run(&["--help"]);
    assert_eq!(code, Some(0));
    assert!(help.contains("--allow-anonymous"), "{help}");
}
