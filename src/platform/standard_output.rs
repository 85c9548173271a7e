//! Standard output that waits for a slow reader, also if another program has made it non-blocking.

use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

/// Takes standard output for this thread. Waits while another thread has it.
pub fn lock() -> impl Write {
    WaitingWriter(io::stdout().lock())
}

/// A writer that waits while it can take no bytes. Programs that share a terminal share its modes, so any of them can
/// make it non-blocking.
struct WaitingWriter<W>(W);

impl<W: Write + AsFd> WaitingWriter<W> {
    fn repeat<T>(&mut self, write: impl Fn(&mut W) -> io::Result<T>) -> io::Result<T> {
        loop {
            match write(&mut self.0) {
                Err(e) if e.kind() == ErrorKind::WouldBlock => {
                    match poll(&mut [PollFd::new(&self.0, PollFlags::OUT)], None) {
                        Ok(_) | Err(Errno::INTR) => {}
                        Err(e) => return Err(e.into()),
                    }
                }
                result => return result,
            }
        }
    }
}

impl<W: Write + AsFd> Write for WaitingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.repeat(|writer| writer.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.repeat(Write::flush)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn non_blocking_output_takes_all_bytes() {
        const BYTES: usize = 4_000_000;
        let (writer, mut reader) = UnixStream::pair().unwrap();
        writer.set_nonblocking(true).unwrap();
        let reader = std::thread::spawn(move || {
            let mut read = Vec::new();
            reader.read_to_end(&mut read).map(|_| read.len())
        });
        let mut output = WaitingWriter(writer);
        output.write_all(&vec![b'x'; BYTES]).and_then(|()| output.flush()).unwrap();
        drop(output);
        assert_eq!(reader.join().unwrap().unwrap(), BYTES);
    }
}
