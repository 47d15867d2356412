//! The socket of a connection: how it waits for its client, and how it ends.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::Sleep};

/// How long it is read and thrown away what a client sends behind the last answer. Source: ours.
const LINGER: Duration = Duration::from_secs(1);

/// What a request can do to its connection.
#[derive(Debug, Default)]
pub(super) struct Link {
    is_to_reset: AtomicBool,
    is_left_unread: AtomicBool,
}

impl Link {
    /// The connection is reset when the request is over.
    pub(super) fn reset(&self) {
        self.is_to_reset.store(true, Relaxed);
    }

    /// The connection ends behind the answer, and the client still sends.
    pub(super) fn leave_unread(&self) {
        self.is_left_unread.store(true, Relaxed);
    }
}

/// A stream that can be reset instead of closed, and that neither waits for ever for a client that
/// does not read, nor breaks off one that has not read the last answer because it still sends.
pub(super) struct Stream {
    inner: TokioIo<TcpStream>,
    link: Arc<Link>,
    /// How long a client may take to read anything.
    patience: Duration,
    /// Since the client has not read: until when it may go on so.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Since it is known that the client still sends: until when that is read and thrown away.
    lingering: Option<Pin<Box<Sleep>>>,
}

impl Stream {
    pub(super) fn new(stream: TcpStream, link: Arc<Link>, patience: Duration) -> Self {
        let inner = TokioIo::new(stream);
        Self { inner, link, patience, stalled: None, lingering: None }
    }

    /// The outcome of a write, unless the client has not read for too long.
    fn in_time(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let patience = self.patience;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        stalled.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Reads what still comes, for a while. To close a socket with something unread resets it, and a
    /// client that gets the reset while it sends does not see the answer.
    fn linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let socket = self.inner.inner();
        let begin = || Box::pin(tokio::time::sleep(LINGER));
        if self.link.is_left_unread.load(Relaxed) {
            self.lingering.get_or_insert_with(begin);
        }
        loop {
            let is_over = |sleep: &mut Pin<Box<Sleep>>| sleep.as_mut().poll(context).is_ready();
            if self.lingering.as_mut().is_some_and(is_over) {
                return Poll::Ready(());
            }
            match socket.poll_read_ready(context) {
                Poll::Pending if self.lingering.is_none() => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
                Poll::Ready(_) => {}
            }
            match socket.try_read(&mut [0; 16 << 10]) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(0) | Err(_) => return Poll::Ready(()),
                Ok(_) => {
                    self.lingering.get_or_insert_with(begin);
                }
            }
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.link.is_to_reset.load(Relaxed) {
            // If it cannot be done, the connection is closed, which is an error to the client too.
            let _ = self.inner.inner().set_zero_linger();
        }
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.in_time(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.link.is_to_reset.load(Relaxed) {
            return Poll::Ready(Ok(()));
        }
        ready!(Pin::new(&mut self.inner).poll_shutdown(context))?;
        self.linger(context).map(Ok)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, parts);
        self.in_time(context, written)
    }
}
