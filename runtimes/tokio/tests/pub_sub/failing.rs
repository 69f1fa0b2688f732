//! What does not work is said in one sentence, with an exit code.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::thread;

use crate::running::run;
use crate::tool::World;

/// A server that answers to whatever comes first with these bytes, one list for each connection.
fn scripted(answers: &'static [&'static [u8]]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut buffer = [0; 1_024];
            assert!(stream.read(&mut buffer).unwrap() > 0);
            stream.write_all(answer).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            while stream.read(&mut buffer).is_ok_and(|length| length > 0) {}
        }
    });
    port
}

/// A server that has one connection, and answers to each packet in turn.
fn conversation(answers: &'static [&'static [u8]]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = [0; 1_024];
        for answer in answers {
            assert!(stream.read(&mut buffer).unwrap() > 0);
            stream.write_all(answer).unwrap();
        }
        while stream.read(&mut buffer).is_ok_and(|length| length > 0) {}
    });
    port
}

fn ends(tool: &str, port: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let line = [&[tool, "-h", "127.0.0.1", "-p", port, "-t", "t"][..], arguments].concat();
    let (code, printed, said) = run(&line);
    assert_eq!(printed, "");
    (code, said.replace(port, "PORT"))
}

#[test]
fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    drop(listener);
    for (tool, arguments) in [("pub", &["-m", "x"][..]), ("sub", &[])] {
        let (code, said) = ends(tool, &port, arguments);
        assert_eq!(code, Some(1));
        assert_eq!(said, "Error: cannot connect to 127.0.0.1:PORT: Connection refused\n");
    }
    let (code, said) = ends("pub", &port, &["-m", "x", "--quiet"]);
    assert_eq!((code, said.as_str()), (Some(1), ""));
}

#[test]
fn refused() {
    // 3.1.1: not authorized. 5.0: not authorized, with a Reason String.
    let port = scripted(&[&[0x20, 2, 0, 5], &[0x20, 7, 0, 0x87, 4, 0x1F, 0, 1, b'w'], &[0x20, 2, 0, 1]]);
    let (code, said) = ends("pub", &port, &["-m", "x"]);
    assert_eq!(
        (code, said.as_str()),
        (Some(5), "Error: 127.0.0.1:PORT refused the connection: Not authorized\n")
    );
    let (code, said) = ends("sub", &port, &["-V", "5"]);
    assert_eq!(
        (code, said.as_str()),
        (Some(0x87), "Error: 127.0.0.1:PORT refused the connection: Not authorized (w)\n")
    );
    let (code, _) = ends("sub", &port, &[]);
    assert_eq!(code, Some(1));
}

#[test]
fn connections_that_end() {
    let port = scripted(&[
        b"",
        b"\x20\x02\x00\x00",
        // DISCONNECT: session taken over.
        b"\x20\x03\x00\x00\x00\xe0\x01\x8e",
        b"\x20\x02\x00\x00\xff\x00",
        b"\xd0\x00",
    ]);
    let lost = "Error: the connection to 127.0.0.1:PORT was lost\n";
    assert_eq!(ends("sub", &port, &[]), (Some(7), lost.into()));
    assert_eq!(ends("pub", &port, &["-m", "x", "-q", "1"]), (Some(7), lost.into()));
    let taken = "Error: 127.0.0.1:PORT closed the connection: Session taken over\n";
    assert_eq!(ends("sub", &port, &["-V", "5"]), (Some(0x8E), taken.into()));
    let (code, said) = ends("sub", &port, &[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.starts_with("Error: 127.0.0.1:PORT broke the protocol: "), "{said}");
    let (code, said) = ends("sub", &port, &[]);
    assert_eq!(
        (code, said.as_str()),
        (Some(2), "Error: 127.0.0.1:PORT broke the protocol: it sent Pingresp at the wrong time\n")
    );
}

#[test]
fn what_the_server_does_not_take() {
    // Maximum QoS 1.
    let port = conversation(&[b"\x20\x05\x00\x00\x02\x24\x01"]);
    let (code, said) = ends("pub", &port, &["-V", "5", "-m", "x", "-q", "2"]);
    assert_eq!(
        (code, said.as_str()),
        (Some(1), "Error: cannot publish to \"t\": the server takes publications up to QoS 1 only\n")
    );
    // PUBACK: quota exceeded.
    let port = conversation(&[b"\x20\x03\x00\x00\x00", b"\x40\x03\x00\x01\x97"]);
    let (code, said) = ends("pub", &port, &["-V", "5", "-m", "x", "-q", "1"]);
    assert_eq!((code, said.as_str()), (Some(0x97), "Error: the server refused message 1: Quota exceeded\n"));
}

#[test]
fn subscriptions_that_are_refused() {
    let port = conversation(&[b"\x20\x03\x00\x00\x00", b"\x90\x04\x00\x01\x00\x87"]);
    let (code, said) = ends("sub", &port, &["-V", "5"]);
    assert_eq!(code, Some(0x87));
    assert_eq!(
        said,
        "Warning: the server refused to subscribe to \"t\": Not authorized\n\
         Error: all subscription requests were denied\n"
    );
}

#[test]
fn a_file_that_is_not_there() {
    let (code, _, said) = run(&["pub", "-t", "t", "-f", "/nonexistent/message"]);
    assert_eq!(code, Some(1));
    assert_eq!(said, "Error: cannot read the file /nonexistent/message: No such file or directory\n");
}

#[test]
fn options_that_make_no_sense() {
    let lines = [
        &["pub", "-t", "t", "-m", "x", "--cafile", "ca.pem"][..],
        &["sub", "-L", "wss://host/t"],
        &["sub", "-t", "t", "--unix", "/tmp/socket"],
        &["pub", "-m", "x"],
        &["pub", "-t", "a/#", "-m", "x"],
        &["sub", "-t", "a#"],
        &["sub", "-t", "$share/g"],
        &["sub"],
        &["sub", "-t", "t", "-c"],
        &["sub", "-t", "t", "-F", "%y"],
        &["sub", "-t", "t", "--retain-as-published"],
        &["pub", "-t", "t", "-m", "x", "-V", "311", "-x", "5"],
        &["pub", "-t", "t", "-m", "x", "-D", "will", "content-type", "x"],
        &["pub", "-t", "t"],
        &["pub", "-t", "t", "-m", "x", "-n"],
        &["pub", "-t", "t", "-m", "x", "-q", "3"],
        &["pub", "-t", "t", "-m", "x", "-V", "4"],
        &["pub", "-t", "t", "-m", "x", "-p", "0"],
        &["pub", "-t", "t", "-m", "x", "-D", "publish", "content-type"],
        &["pub", "-t", "t", "-m", "x", "--will-payload", "x"],
        &["sub", "-t", "t", "-W", "soon"],
    ];
    let mut all = String::new();
    for line in lines {
        let (code, printed, said) = run(line);
        assert_eq!((code, printed.as_str()), (Some(2), ""), "{line:?}: {said}");
        all.push_str(&format!("$ hushwing {}\n{said}\n", line.join(" ")));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn help() {
    for tool in ["pub", "sub"] {
        let (code, help, said) = run(&[tool, "--help"]);
        assert_eq!((code, said.as_str()), (Some(0), ""));
        insta::assert_snapshot!(help);
    }
}

#[test]
fn a_broker_that_stops_is_waited_for() {
    let world = World::start();
    let subscriber = world.subscribe(&["-V", "5", "-t", "t", "-W", "3"]);
    let World { broker, .. } = world;
    broker.finish();
    subscriber.debug_line("Server shutting down (the server stops); connecting again");
    assert_eq!(subscriber.end(), (Some(27), Vec::new()));
}
