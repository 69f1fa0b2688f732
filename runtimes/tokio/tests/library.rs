//! The broker inside another program.

use std::time::{Duration, Instant};

use hushwing_core::{
    Answer, Ask, Authentication, Command, Config, Decision, Limits, Listener, Origin, Publication, Rules,
};
use hushwing_tokio::{Handle, Reply, Running, Server, Stopped};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, LocalSet};
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(60);
const CONNECT: &[u8] = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01a";
const CONNACK: &[u8] = b"\x20\x02\x00\x00";
const SUBSCRIBE: &[u8] = b"\x82\x06\x00\x01\x00\x01#\x00";
const SUBACK: &[u8] = b"\x90\x03\x00\x01\x00";

async fn expect(stream: &mut (impl AsyncReadExt + Unpin), bytes: &[u8]) {
    let mut came = vec![0; bytes.len()];
    timeout(PATIENCE, stream.read_exact(&mut came)).await.unwrap().unwrap();
    assert_eq!(came, bytes);
}

fn publication(payload: Vec<u8>) -> Command {
    Command::Publish(Publication { topic: "t".into(), payload, ..Publication::default() })
}

/// A broker without listeners, and a client on a pipe of so many bytes.
async fn on_a_pipe(pipe_bytes: usize) -> (DuplexStream, Handle, Running) {
    let server = Server::new(Config::default());
    let handle = server.handle();
    let running = server.spawn().unwrap();
    let (mut client, stream) = duplex(pipe_bytes);
    handle.serve(stream, Origin::default()).await.unwrap();
    client.write_all(CONNECT).await.unwrap();
    expect(&mut client, CONNACK).await;
    client.write_all(SUBSCRIBE).await.unwrap();
    expect(&mut client, SUBACK).await;
    (client, handle, running)
}

#[tokio::test]
async fn a_stream_of_ones_own_and_commands() {
    let (mut client, handle, running) = on_a_pipe(1_024).await;
    handle.command(publication(b"hello".to_vec())).await.unwrap();
    expect(&mut client, b"\x30\x08\x00\x01thello").await;
    handle.stop();
    assert_eq!(timeout(PATIENCE, client.read(&mut [0; 8])).await.unwrap().unwrap(), 0);
    drop(client);
    running.join().unwrap();
    assert_eq!(handle.command(publication(Vec::new())).await, Err(Stopped));
}

/// Streams that take a few bytes at a time get everything, in order.
#[tokio::test]
async fn a_narrow_pipe() {
    let (mut client, handle, running) = on_a_pipe(7).await;
    for number in 0..100_u8 {
        handle.command(publication(vec![number; 100])).await.unwrap();
    }
    for number in 0..100_u8 {
        expect(&mut client, b"\x30\x67\x00\x01t").await;
        expect(&mut client, &[number; 100]).await;
    }
    handle.stop();
    drop(client);
    running.join().unwrap();
}

#[tokio::test]
async fn the_shutdown_command_stops_it() {
    let mut server = Server::new(Config::default());
    let address = server.listen("127.0.0.1:0".parse().unwrap(), 0).unwrap();
    let handle = server.handle();
    let running = server.spawn().unwrap();
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(CONNECT).await.unwrap();
    expect(&mut client, CONNACK).await;
    handle.command(Command::Shutdown).await.unwrap();
    assert_eq!(timeout(PATIENCE, client.read(&mut [0; 8])).await.unwrap().unwrap(), 0);
    drop(client);
    running.join().unwrap();
    TcpStream::connect(address).await.unwrap_err();
}

/// Everything is there before the broker reads the first byte: the answers leave all the same.
#[tokio::test]
async fn who_stops_sending_still_gets_answers() {
    let server = Server::new(Config::default());
    let handle = server.handle();
    let running = server.spawn().unwrap();
    let (mut client, stream) = duplex(1_024);
    client.write_all(&[CONNECT, b"\xc0\x00"].concat()).await.unwrap();
    client.shutdown().await.unwrap();
    handle.serve(stream, Origin::default()).await.unwrap();
    expect(&mut client, &[CONNACK, b"\xd0\x00"].concat()).await;
    assert_eq!(timeout(PATIENCE, client.read(&mut [0; 8])).await.unwrap().unwrap(), 0);
    handle.stop();
    running.join().unwrap();
}

/// What is left after one buffer comes with the next turn, though the stream has no more news.
#[tokio::test]
async fn more_than_a_buffer_at_once() {
    let server = Server::new(Config::default());
    let handle = server.handle();
    let running = server.spawn().unwrap();
    let (mut client, stream) = duplex(1 << 20);
    // PUBLISH with QoS 1 to the topic t: Remaining Length 5 + 300,000.
    let publish = [&b"\x32\xe5\xa7\x12\x00\x01t\x00\x01"[..], &[0; 300_000]].concat();
    client.write_all(&[CONNECT, &publish].concat()).await.unwrap();
    handle.serve(stream, Origin::default()).await.unwrap();
    expect(&mut client, &[CONNACK, b"\x40\x02\x00\x01"].concat()).await;
    handle.stop();
    drop(client);
    running.join().unwrap();
}

/// Who may do what is asked; the answers come from another thread, and one never comes.
#[tokio::test]
async fn the_program_has_a_say() {
    let rules = Rules { rules: Vec::new(), otherwise: Decision::Ask };
    let listener = Listener { authentication: Authentication::Ask, rules: rules.into() };
    let limits = Limits { answer_timeout_seconds: 1, ..Limits::default() };
    let mut server = Server::new(Config { listeners: vec![listener], limits, ..Config::default() });
    let (sender, questions) = std::sync::mpsc::channel::<(Ask, Reply)>();
    server.on_ask(move |about, reply| sender.send((about, reply)).unwrap());
    let authority = std::thread::spawn(move || {
        for (about, reply) in questions {
            match about {
                Ask::Authenticate(who) if who.client_identifier.starts_with('a') => {
                    reply.send(Answer::Accept { rules: None, data: None });
                }
                Ask::Authenticate(_) => drop(reply),
                Ask::Authorize { topics, .. } => {
                    reply.send(Answer::Decisions(topics.iter().map(|topic| topic == "t").collect()));
                }
                other => panic!("{other:?}"),
            }
        }
    });
    let (handle, running) = (server.handle(), server.spawn().unwrap());
    let (mut client, stream) = duplex(1_024);
    handle.serve(stream, Origin::default()).await.unwrap();
    client.write_all(&[CONNECT, SUBSCRIBE, b"\x82\x06\x00\x01\x00\x01t\x00"].concat()).await.unwrap();
    // `#` is refused, `t` is granted.
    expect(&mut client, &[CONNACK, b"\x90\x03\x00\x01\x80", SUBACK].concat()).await;
    let (mut nobody, stream) = duplex(1_024);
    handle.serve(stream, Origin::default()).await.unwrap();
    let last = CONNECT.len() - 1;
    nobody.write_all(&[&CONNECT[..last], b"b"].concat()).await.unwrap();
    // Server unavailable: nobody has said whether it may.
    expect(&mut nobody, b"\x20\x02\x00\x03").await;
    handle.stop();
    drop((client, nobody));
    running.join().unwrap();
    authority.join().unwrap();
}

/// With nobody to ask, nobody is let in.
#[tokio::test]
async fn nobody_to_ask() {
    let listener = Listener { authentication: Authentication::Ask, ..Listener::default() };
    let server = Server::new(Config { listeners: vec![listener], ..Config::default() });
    let (handle, running) = (server.handle(), server.spawn().unwrap());
    let (mut client, stream) = duplex(1_024);
    handle.serve(stream, Origin::default()).await.unwrap();
    client.write_all(CONNECT).await.unwrap();
    expect(&mut client, b"\x20\x02\x00\x05").await;
    handle.stop();
    drop(client);
    running.join().unwrap();
}

/// Who publishes faster than it may is not read meanwhile, and read again in time.
#[tokio::test]
async fn a_publisher_that_is_too_fast() {
    let limits = Limits { publish_messages_per_second: 100, ..Limits::default() };
    let server = Server::new(Config { limits, ..Config::default() });
    let (handle, running) = (server.handle(), server.spawn().unwrap());
    let (mut client, stream) = duplex(64);
    handle.serve(stream, Origin::default()).await.unwrap();
    client.write_all(&[CONNECT, SUBSCRIBE].concat()).await.unwrap();
    expect(&mut client, &[CONNACK, SUBACK].concat()).await;
    let (mut reads, mut writes) = tokio::io::split(client);
    let begin = Instant::now();
    let send = async {
        for number in 0..150_u8 {
            writes.write_all(&[0x30, 4, 0, 1, b't', number]).await.unwrap();
        }
        // But for the pipe, and the bytes that were read when the machine said stop.
        assert!(begin.elapsed() >= Duration::from_millis(200), "{:?}", begin.elapsed());
    };
    let receive = async {
        for number in 0..150_u8 {
            expect(&mut reads, &[0x30, 4, 0, 1, b't', number]).await;
        }
    };
    tokio::join!(send, receive);
    assert!(begin.elapsed() >= Duration::from_millis(490), "{:?}", begin.elapsed());
    handle.stop();
    drop((reads, writes));
    running.join().unwrap();
}

/// A broker in virtual time, and a client that it has just closed, which does not close.
async fn closed_by_the_broker() -> (DuplexStream, LocalSet, JoinHandle<std::io::Result<()>>) {
    let server = Server::new(Config::default());
    let handle = server.handle();
    let local = LocalSet::new();
    let broker = local.spawn_local(server.run());
    let (mut client, stream) = duplex(1_024);
    local
        .run_until(async {
            handle.serve(stream, Origin::default()).await.unwrap();
            client.write_all(CONNECT).await.unwrap();
            expect(&mut client, CONNACK).await;
            // A packet type that only servers send, and more than the pipe holds behind it.
            client.write_all(&[b"\x20\x00", &[0; 10_000][..]].concat()).await.unwrap();
            assert_eq!(timeout(PATIENCE, client.read(&mut [0; 8])).await.unwrap().unwrap(), 0);
        })
        .await;
    (client, local, broker)
}

/// What a closed client still sends is discarded, for two seconds and no longer.
#[tokio::test(start_paused = true)]
async fn closing_lingers() {
    let (mut client, local, _broker) = closed_by_the_broker().await;
    local
        .run_until(async {
            sleep(Duration::from_millis(1_900)).await;
            client.write_all(&[0; 10_000]).await.unwrap();
            sleep(Duration::from_millis(200)).await;
            client.write_all(&[0; 10_000]).await.unwrap_err();
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn lingering_ends_with_the_broker() {
    let (mut client, local, broker) = closed_by_the_broker().await;
    broker.abort();
    local
        .run_until(async {
            tokio::task::yield_now().await;
            client.write_all(&[0; 10_000]).await.unwrap_err();
        })
        .await;
}

/// On a runtime of one's own, dropping the future ends everything.
#[tokio::test]
async fn within_a_local_set() {
    let mut server = Server::new(Config::default());
    let address = server.listen("127.0.0.1:0".parse().unwrap(), 0).unwrap();
    let local = LocalSet::new();
    let client = async {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(CONNECT).await.unwrap();
        expect(&mut client, CONNACK).await;
        client
    };
    let mut client = local
        .run_until(async {
            tokio::select! {
                ended = server.run() => panic!("{ended:?}"),
                client = client => client,
            }
        })
        .await;
    // The tasks of connections end by themselves: the set runs dry.
    timeout(PATIENCE, local).await.unwrap();
    assert_eq!(timeout(PATIENCE, client.read(&mut [0; 8])).await.unwrap().unwrap(), 0);
}
