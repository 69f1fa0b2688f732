//! A broker that serves: listeners or streams of your own, commands, and its end.

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hushwing_common::{listen, seed};
use hushwing_core::{Ask, Command, Config, Origin};
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::{Notify, mpsc};
use tokio::task;
use tokio::time::timeout;

use crate::question::{OnAsk, Questions, Reply};
use crate::shard::Shard;
use crate::stream::Stream;
use crate::{listener, turn};

/// How long clients have to go once the broker stops. The program promises to be gone after five seconds.
const STOP: Duration = Duration::from_secs(4);

/// Requests that may wait for the broker; then [`Handle`] waits.
const REQUESTS: usize = 1_024;

/// A broker before it runs.
pub struct Server {
    config: Arc<Config>,
    listeners: Vec<(TcpListener, u16)>,
    on_ask: Option<OnAsk>,
    handle: Handle,
    requests: mpsc::Receiver<Request>,
}

/// Reaches a running broker from any thread. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    requests: mpsc::Sender<Request>,
    stop: Arc<Notify>,
}

/// A broker that runs on a thread of its own.
pub struct Running {
    thread: JoinHandle<io::Result<()>>,
}

/// The broker does not run any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

enum Request {
    Command(Command),
    Serve(Box<dyn Stream>, Origin),
}

impl Server {
    /// A broker with this configuration, that listens nowhere yet.
    pub fn new(config: Config) -> Self {
        let (sender, requests) = mpsc::channel(REQUESTS);
        let handle = Handle { requests: sender, stop: Arc::default() };
        Self { config: Arc::new(config), listeners: Vec::new(), on_ask: None, handle, requests }
    }

    /// Listens on `address`. Clients there get the listener profile `profile` of the configuration. Returns
    /// the address with the port that port 0 became.
    ///
    /// # Errors
    /// Those of the operating system: the port is in use, the address is not one of this machine.
    pub fn listen(&mut self, address: SocketAddr, profile: u16) -> io::Result<SocketAddr> {
        self.add_listener(listen::listen(address)?, profile)
    }

    /// Takes over a listening socket. Returns its address.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn add_listener(&mut self, listener: TcpListener, profile: u16) -> io::Result<SocketAddr> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        self.listeners.push((listener, profile));
        Ok(address)
    }

    /// Has `on_ask` answer what the broker cannot decide by itself: who may connect, where the listener says
    /// [`hushwing_core::Authentication::Ask`], with all steps of an enhanced authentication; and who may publish
    /// or subscribe, where the rules say [`hushwing_core::Decision::Ask`]. Without it the answer is always no.
    ///
    /// It is called on the thread of the broker and must not block it. Where the answer takes time, pass the
    /// [`Reply`] on to a thread or a task: only the client in question waits.
    pub fn on_ask(&mut self, on_ask: impl FnMut(Ask, Reply) + Send + 'static) {
        self.on_ask = Some(Box::new(on_ask));
    }

    /// What reaches the broker while it runs.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Serves until it is stopped, and then until every client is gone or four seconds have passed. To be run
    /// on a [`tokio::runtime::LocalRuntime`] or within a [`tokio::task::LocalSet`], with timers and I/O
    /// enabled. Dropping the future closes all connections at once.
    ///
    /// # Errors
    /// Where the operating system gives no random numbers or does not let the listeners be watched.
    pub async fn run(mut self) -> io::Result<()> {
        let seed = seed::seed().map_err(io::Error::other)?;
        let (questions, mut answers) = Questions::new(self.on_ask);
        let shard = Rc::new(RefCell::new(Shard::new(self.config, seed, questions)));
        let mut tasks = Tasks::start(&shard);
        for (listener, profile) in self.listeners {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let accept = listener::accept(listener, profile, shard.clone());
            tasks.accepting.push(task::spawn_local(accept).abort_handle());
        }
        loop {
            let request = tokio::select! {
                request = self.requests.recv() => request,
                Some((question, answer)) = answers.recv() => {
                    shard.borrow_mut().answer(question, answer);
                    continue;
                }
                () = self.handle.stop.notified() => None,
                // It never ends by itself: a machine that panicked serves nobody.
                ended = &mut tasks.turns => return ended.map_err(io::Error::other),
            };
            match request {
                Some(Request::Serve(stream, origin)) => shard.borrow_mut().open(stream, origin),
                Some(Request::Command(Command::Shutdown)) | None => break,
                Some(Request::Command(command)) => shard.borrow_mut().command(command),
            }
        }
        tasks.stop_accepting();
        stop(&shard).await;
        Ok(())
    }

    /// Serves on a new thread with a runtime of its own.
    ///
    /// # Errors
    /// Where there is no new thread or no runtime.
    pub fn spawn(self) -> io::Result<Running> {
        let mut builder = Builder::new_current_thread();
        builder.enable_all();
        let serve = move || builder.build_local(LocalOptions::default())?.block_on(self.run());
        let thread = thread::Builder::new().name("hushwing".into()).spawn(serve)?;
        Ok(Running { thread })
    }
}

/// Tells the machine to stop, and waits until it has and every connection is closed.
async fn stop(shard: &RefCell<Shard>) {
    shard.borrow_mut().command(Command::Shutdown);
    let progress = shard.borrow().progress();
    let over = async {
        while !shard.borrow().is_over() {
            progress.notified().await;
        }
    };
    if timeout(STOP, over).await.is_err() {
        let count = shard.borrow().connection_count();
        tracing::warn!(count, "connections did not close in time");
    }
}

impl Handle {
    /// Carries out a command. Returns once the broker has it, or will have it next.
    ///
    /// # Errors
    /// [`Stopped`] if it does not run any more.
    pub async fn command(&self, command: Command) -> Result<(), Stopped> {
        self.request(Request::Command(command)).await
    }

    /// Serves a client over a stream of your own, whatever it runs on.
    ///
    /// # Errors
    /// [`Stopped`] if the broker does not run any more.
    pub async fn serve(&self, stream: impl Stream, origin: Origin) -> Result<(), Stopped> {
        self.request(Request::Serve(Box::new(stream), origin)).await
    }

    /// Stops the broker: it accepts nobody any more, keeps its promises, tells its clients, closes.
    pub fn stop(&self) {
        self.stop.notify_one();
    }

    async fn request(&self, request: Request) -> Result<(), Stopped> {
        self.requests.send(request).await.map_err(|_| Stopped)
    }
}

impl Running {
    /// Waits for the end of the broker.
    ///
    /// # Errors
    /// What [`Server::run`] returned.
    pub fn join(self) -> io::Result<()> {
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the broker does not run any more")
    }
}

impl std::error::Error for Stopped {}

/// The tasks of a running broker. They and all connections end with it.
struct Tasks {
    shard: Rc<RefCell<Shard>>,
    turns: task::JoinHandle<()>,
    accepting: Vec<task::AbortHandle>,
}

impl Tasks {
    fn start(shard: &Rc<RefCell<Shard>>) -> Self {
        // Tokio's budget would stop a turn after 128 writes, as if the sockets took no more.
        let turns = task::spawn_local(task::coop::unconstrained(turn::turns(shard.clone())));
        Self { shard: shard.clone(), turns, accepting: Vec::new() }
    }

    fn stop_accepting(&mut self) {
        self.accepting.drain(..).for_each(|task| task.abort());
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.stop_accepting();
        self.turns.abort();
        self.shard.borrow_mut().abandon();
    }
}
