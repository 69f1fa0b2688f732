//! What goes in comes out.

use crate::tool::World;

#[test]
fn every_version_at_every_qos() {
    let world = World::start();
    for version in ["mqttv31", "311", "mqttv5"] {
        for qos in ["0", "1", "2"] {
            let subscriber = world.subscribe(&["-V", version, "-t", "t/#", "-q", qos, "-v", "-C", "3"]);
            for (other, own) in [("31", "0"), ("311", "1"), ("5", "2")] {
                world.publish(&["-V", other, "-q", own, "-t", &format!("t/{other}"), "-m", "hoot"]);
            }
            let (code, printed) = subscriber.end();
            assert_eq!(code, Some(0));
            assert_eq!(String::from_utf8(printed).unwrap(), "t/31 hoot\nt/311 hoot\nt/5 hoot\n");
        }
    }
}

#[test]
fn wherever_messages_come_from() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("message");
    std::fs::write(&path, b"from\na file").unwrap();
    let world = World::start();
    let subscriber = world.subscribe(&["-t", "t", "-q", "2", "-N", "-F", r"[%p]", "-C", "12"]);
    world.publish(&["-t", "t", "-q", "2", "-m", "-5"]);
    world.publish(&["-t", "t", "-q", "2", "-f", path.to_str().unwrap()]);
    world.publish(&["-t", "t", "-q", "2", "-n"]);
    world.publish(&["-t", "t", "-q", "2", "-m", ""]);
    world.publish_input(&["-t", "t", "-q", "2", "-s"], b"all\nof it\n");
    world.publish_input(&["-t", "t", "-q", "2", "-l"], b"one\n\nthree\r\nfour");
    world.publish(&[
        "-q",
        "2",
        "-m",
        "x",
        "--repeat",
        "2",
        "-L",
        &format!("mqtt://127.0.0.1:{}/t", world.port()),
    ]);
    world.publish(&["-t", "t", "-q", "2", "-m", "y"]);
    let (code, printed) = subscriber.end();
    assert_eq!(code, Some(0));
    assert_eq!(
        String::from_utf8(printed).unwrap(),
        "[-5][from\na file][][][all\nof it\n][one][][three\r][four][x][x][y]"
    );
}

#[test]
fn a_megabyte() {
    let world = World::start();
    let payload: Vec<u8> =
        (0..1_048_576_u32).map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let subscriber = world.subscribe(&["-t", "t", "-q", "1", "-N", "-C", "1"]);
    world.publish_input(&["-t", "t", "-q", "1", "-s"], &payload);
    let (code, printed) = subscriber.end();
    assert_eq!(code, Some(0));
    assert!(printed == payload, "{} bytes", printed.len());
}

#[test]
fn many_lines_stay_in_order() {
    let world = World::start();
    let lines: String = (0..5_000).map(|number| format!("{number}\n")).collect();
    let subscriber = world.subscribe(&["-t", "t", "-q", "2", "-C", "5000"]);
    world.publish_input(&["-t", "t", "-q", "2", "-l", "-M", "7"], lines.as_bytes());
    let (code, printed) = subscriber.end();
    assert_eq!(code, Some(0));
    assert!(String::from_utf8(printed).unwrap() == lines);
}

#[test]
fn repeats_take_their_time() {
    let world = World::start();
    let subscriber = world.subscribe(&["-t", "t", "-C", "3"]);
    let start = std::time::Instant::now();
    world.publish(&["-t", "t", "-m", "x", "--repeat", "3", "--repeat-delay", "0.15"]);
    assert!(start.elapsed() >= std::time::Duration::from_millis(300), "{:?}", start.elapsed());
    assert_eq!(subscriber.end(), (Some(0), b"x\nx\nx\n".to_vec()));
}

#[test]
fn properties_arrive() {
    let world = World::start();
    let subscriber = world.subscribe(&[
        "-t",
        "t",
        "-C",
        "1",
        "-F",
        "%C|%D|%E|%F|%P|%R|%S",
        "-D",
        "subscribe",
        "subscription-identifier",
        "7",
    ]);
    world.publish(&[
        "-t",
        "t",
        "-m",
        "x",
        "-D",
        "publish",
        "user-property",
        "k",
        "v",
        "-D",
        "publish",
        "user-property",
        "k",
        "-2",
        "-D",
        "publish",
        "content-type",
        "text",
        "-D",
        "publish",
        "message-expiry-interval",
        "1000",
        "-D",
        "publish",
        "payload-format-indicator",
        "1",
        "-D",
        "publish",
        "response-topic",
        "r",
        "-D",
        "publish",
        "correlation-data",
        "cd",
    ]);
    assert_eq!(subscriber.line(), "text|cd|1000|1|k:v k:-2|r|7");
}

#[test]
fn wills() {
    let world = World::start();
    let watcher = world.subscribe(&["-t", "gone", "-q", "2", "-C", "1", "-F", "%p %q %C"]);
    let mut lost = world.subscribe(&[
        "-t",
        "t",
        "--will-topic",
        "gone",
        "--will-payload",
        "owl",
        "--will-qos",
        "1",
        "--will-retain",
        "-D",
        "will",
        "content-type",
        "text",
    ]);
    lost.child.kill().unwrap();
    assert_eq!(watcher.end(), (Some(0), b"owl 1 \n".to_vec()));
    let late = world.run("sub", &["-V", "5", "-t", "gone", "-C", "1", "-F", "%p %r %C"]);
    assert_eq!(late, (Some(0), "owl 1 text\n".into(), String::new()));
}
