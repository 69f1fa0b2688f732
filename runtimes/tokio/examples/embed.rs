//! A program with a broker inside that publishes the seconds of its life:
//! `cargo run -p hushwing-tokio --example embed`, then subscribe with any client.

use std::time::Duration;

use hushwing_core::{Command, Config, Publication};
use hushwing_tokio::Server;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut server = Server::new(Config::default());
    let address = server.listen("127.0.0.1:0".parse()?, 0)?;
    let handle = server.handle();
    let broker = server.spawn()?;
    println!("Try: mosquitto_sub -p {} -t clock/seconds (Ctrl-C ends this program)", address.port());

    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    for second in 0_u64.. {
        handle
            .command(Command::Publish(Publication {
                topic: "clock/seconds".into(),
                payload: second.to_string().into_bytes(),
                retain: true,
                ..Publication::default()
            }))
            .await?;
        tokio::select! {
            _ = &mut interrupted => break,
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
    }
    handle.stop();
    Ok(broker.join()?)
}
