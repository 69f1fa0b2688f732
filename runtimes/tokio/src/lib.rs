//! The Hushwing MQTT broker on tokio.
//!
//! All that MQTT means is in [`hushwing_core`]; here are the sockets and the timers around it.
//!
//! ```no_run
//! use hushwing_core::Config;
//! use hushwing_tokio::Server;
//!
//! # fn main() -> std::io::Result<()> {
//! let mut server = Server::new(Config::default());
//! let address = server.listen("127.0.0.1:1883".parse().expect("an address"), 0)?;
//! println!("listening on {address}");
//! let handle = server.handle();
//! let broker = server.spawn()?;
//! // … publish with `handle.command`, and when it is enough:
//! handle.stop();
//! broker.join()
//! # }
//! ```
//!
//! Who may connect can be decided by the program, at once or later:
//!
//! ```
//! use hushwing_core::wire::ReasonCode;
//! use hushwing_core::{Answer, Ask, Authentication, Config, Listener};
//! use hushwing_tokio::Server;
//!
//! let listener = Listener { authentication: Authentication::Ask, ..Listener::default() };
//! let mut server = Server::new(Config { listeners: vec![listener], ..Config::default() });
//! server.on_ask(|about, reply| match about {
//!     Ask::Authenticate(who) if who.password.as_deref() == Some(b"hoot") => {
//!         reply.send(Answer::Accept { rules: None, data: None });
//!     }
//!     _ => reply.send(Answer::Refuse(ReasonCode::BadUserNameOrPassword)),
//! });
//! ```

mod bell;
mod close;
mod listener;
mod question;
mod server;
mod shard;
mod stream;
mod turn;

pub use hushwing_core as core;

pub use self::question::Reply;
pub use self::server::{Handle, Running, Server, Stopped};
pub use self::stream::Stream;
