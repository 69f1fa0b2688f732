//! `hushwing pub` and `hushwing sub` against `hushwing` itself, and against servers that are a list of bytes.
#![cfg(unix)]

#[path = "program/running.rs"]
#[allow(dead_code, reason = "shared with the tests of the program, which use other parts of it")]
mod running;

#[path = "pub_sub/tool.rs"]
mod tool;

#[path = "pub_sub/failing.rs"]
mod failing;
#[path = "pub_sub/messages.rs"]
mod messages;
#[path = "pub_sub/printing.rs"]
mod printing;
#[path = "pub_sub/sessions.rs"]
mod sessions;
