//! What is said to people.

use std::io;
use std::net::SocketAddr;

/// The three lines of a broker that has started: what it listens on, who may connect (or that it `refuses`
/// everybody), where help is.
pub fn started(addresses: &[SocketAddr], refuses: bool) -> String {
    let listed: Vec<String> = addresses.iter().map(|address| format!("{address} (tcp)")).collect();
    let local = addresses.iter().all(|address| address.ip().to_canonical().is_loopback());
    let who = if refuses {
        "Nobody may connect: access.authentication is \"refuse\"."
    } else if local {
        "Any program on this machine may connect, without a password; other machines cannot."
    } else {
        "Anybody who can reach this machine may connect, without a password."
    };
    format!(
        "hushwing {} listens on {}\n{who}\nHelp: hushwing --help\n",
        env!("CARGO_PKG_VERSION"),
        listed.join(", ")
    )
}

/// Why an address cannot be listened on, and what to do.
pub fn listen_failed(address: SocketAddr, error: &io::Error) -> String {
    let port = address.port();
    let why = match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "another program listens on port {port} already; stop it, or choose another port with -p PORT (0 \
             takes a free one)"
        ),
        io::ErrorKind::PermissionDenied => {
            "the operating system does not allow it; choose a port from 1024 on, such as 1883".into()
        }
        io::ErrorKind::AddrNotAvailable => format!(
            "this machine has no such address; write one that it has, or {} for all of them",
            if address.is_ipv4() { "0.0.0.0" } else { "[::]" }
        ),
        _ => format!("{}; choose another address with --listen ADDR:PORT", plain(error)),
    };
    format!("cannot listen on {address}: {why}")
}

/// An error of the operating system without its number.
pub fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(at) => text.get(..at).unwrap_or(&text).into(),
        None => text,
    }
}

/// How many problems there were, after all of them.
pub fn not_started(count: usize) -> String {
    match count {
        1 => "hushwing was not started: 1 problem".into(),
        count => format!("hushwing was not started: {count} problems"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn start_lines() {
        let local = started(&[address("127.0.0.1:1883")], false);
        let open = started(&[address("[::1]:1883"), address("0.0.0.0:8883")], false);
        let shut = started(&[address("0.0.0.0:1883")], true);
        insta::assert_snapshot!(
            format!("{local}\n{open}\n{shut}").replace(env!("CARGO_PKG_VERSION"), "VERSION")
        );
    }

    #[test]
    fn listen_failures() {
        let kinds = [
            io::ErrorKind::AddrInUse,
            io::ErrorKind::PermissionDenied,
            io::ErrorKind::AddrNotAvailable,
            io::ErrorKind::OutOfMemory,
        ];
        let told = kinds.map(|kind| listen_failed(address("127.0.0.1:1883"), &kind.into()));
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn counts() {
        assert_eq!(not_started(1), "hushwing was not started: 1 problem");
        assert_eq!(not_started(2), "hushwing was not started: 2 problems");
    }
}
