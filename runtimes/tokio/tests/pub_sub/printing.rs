//! Which messages are printed, and when it is enough.

use crate::tool::World;

#[test]
fn retained_messages() {
    let world = World::start();
    for topic in ["a", "b", "c"] {
        world.publish(&["-t", topic, "-m", topic, "-r", "-q", "1"]);
    }
    let all = world.run("sub", &["-t", "+", "-C", "3", "-F", "%t %r"]);
    assert_eq!(all, (Some(0), "a 1\nb 1\nc 1\n".into(), String::new()));
    // Only live ones.
    let live = world.subscribe(&["-t", "+", "-R", "-C", "1", "-F", "%t %r"]);
    world.publish(&["-t", "b", "-m", "x"]);
    assert_eq!(live.end(), (Some(0), b"b 0\n".to_vec()));
    // Only retained ones: the first live one ends it.
    let old = world.subscribe(&["-t", "+", "-T", "b", "--retained-only"]);
    assert_eq!((old.line(), old.line()), ("a".into(), "c".into()));
    world.publish(&["-t", "x", "-m", "x"]);
    assert_eq!(old.end(), (Some(0), Vec::new()));
    // Forgotten, but for the one that is filtered out.
    let removed = world.run("sub", &["-t", "+", "-T", "c", "--remove-retained", "-C", "2"]);
    assert_eq!(removed, (Some(0), "a\nb\n".into(), String::new()));
    let left = world.run("sub", &["-t", "+", "-W", "0.5"]);
    assert_eq!(left, (Some(27), "c\n".into(), "Timed out\n".into()));
}

#[test]
fn the_publishers_retain_bit() {
    let world = World::start();
    let subscriber = world.subscribe(&["-V", "5", "-t", "t", "--retain-as-published", "-C", "1", "-F", "%r"]);
    world.publish(&["-t", "t", "-m", "x", "-r"]);
    assert_eq!(subscriber.end(), (Some(0), b"1\n".to_vec()));
}

#[test]
fn what_is_filtered_out_does_not_count() {
    let world = World::start();
    let subscriber = world.subscribe(&["-t", "a/#", "-t", "b", "-T", "a/x", "-T", "+/y/#", "-C", "2", "-v"]);
    for topic in ["a/x", "a/y", "a/y/z", "c", "a/z", "b"] {
        world.publish(&["-t", topic, "-m", "m"]);
    }
    assert_eq!(subscriber.end(), (Some(0), b"a/z m\nb m\n".to_vec()));
}

#[test]
fn time_is_over() {
    let world = World::start();
    let start = std::time::Instant::now();
    let (code, printed, said) = world.run("sub", &["-t", "t", "-W", "1"]);
    assert_eq!((code, printed.as_str(), said.as_str()), (Some(27), "", "Timed out\n"));
    assert!(start.elapsed() >= std::time::Duration::from_secs(1));
    let quiet = world.run("sub", &["-t", "t", "-W", "0.1", "--quiet"]);
    assert_eq!(quiet, (Some(27), String::new(), String::new()));
}

#[test]
fn nobody_reads_any_more() {
    let world = World::start();
    let mut command = std::process::Command::new("sh");
    let tool =
        format!("{} sub -h 127.0.0.1 -p {} -t t | head -n 1", env!("CARGO_BIN_EXE_hushwing"), world.port());
    let mut child = command.args(["-c", &tool]).stdout(std::process::Stdio::null()).spawn().unwrap();
    let start = std::time::Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < crate::running::PATIENCE, "it does not end");
        world.publish(&["-t", "t", "-m", "x"]);
    }
}

#[test]
fn a_payload_that_is_not_json() {
    let world = World::start();
    let subscriber = world.subscribe(&["-t", "t", "-C", "2", "-F", "%J"]);
    world.publish(&["-t", "t", "-m", "{"]);
    world.publish(&["-t", "t", "-m", "[1]"]);
    subscriber.debug_line("Warning: Message payload is not valid JSON on topic t");
    let (code, printed) = subscriber.end();
    assert_eq!(code, Some(0));
    assert!(String::from_utf8(printed).unwrap().ends_with("\"payload\":[1]}\n"));
}
