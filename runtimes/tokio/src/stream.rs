//! What a connection runs over.

use tokio::io::{AsyncRead, AsyncWrite};

/// A stream of bytes both ways: a TCP or Unix socket, a TLS session, a pipe in memory.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for S {}
