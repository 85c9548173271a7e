//! A log writer that neither blocks nor fails. Lines wait in a bounded queue, and a separate thread writes them to
//! stderr. While stderr can't be written, the queue retains the oldest lines. Later ones are counted, and the count is
//! written once the log is writable again.

use std::collections::VecDeque;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tracing_subscriber::fmt::MakeWriter;

use super::threads;

/// Maximum memory of waiting lines, in bytes.
const MAX_QUEUED: usize = 512 * 1024;
/// Memory of a line in addition to its text.
const LINE_OVERHEAD: usize = 48;
/// Maximum length of a line. Longer lines are truncated.
const MAX_LINE: usize = 16 * 1024;
/// Number of bytes written at once. A pipe accepts that many either completely or not at all.
const BATCH_SIZE: usize = 4096;
/// Wait before the next attempt after a failure, at first and at most. The maximum also bounds the time until
/// recovery is noticed.
const FIRST_RETRY: Duration = Duration::from_millis(50);
const LAST_RETRY: Duration = Duration::from_millis(500);

pub(super) trait Sink: Send + 'static {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;
}

/// Standard error, without the buffer and the lock of the standard library.
pub(super) struct Stderr;

/// The text of the line that reports lost lines.
pub(super) struct LossReport {
    pub now: fn() -> String,
    /// Returns the line for the number of lost lines, the time of the first, and the time now.
    pub line: fn(u64, &str, &str) -> String,
}

impl Sink for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let stderr = rustix::stdio::stderr();
        match rustix::io::write(stderr, bytes) {
            // Another process made the shared file description non-blocking.
            Err(Errno::AGAIN) => {
                wait_writable(stderr);
                Ok(rustix::io::write(stderr, bytes)?)
            }
            written => Ok(written?),
        }
    }
}

fn wait_writable(fd: BorrowedFd<'_>) {
    let mut polled = [PollFd::new(&fd, PollFlags::OUT)];
    let limit = Timespec { tv_sec: 0, tv_nsec: LAST_RETRY.subsec_nanos().into() };
    // The write that follows reports any error.
    let _ = poll(&mut polled, Some(&limit));
}

#[derive(Default)]
struct Queue {
    lines: VecDeque<Box<[u8]>>,
    size: usize,
    /// Bytes of the first line that are already written.
    written: usize,
    /// Number of lines lost and not yet reported.
    lost: u64,
    lost_since: String,
    busy: bool,
}

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
    lost: AtomicU64,
    report: LossReport,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone)]
pub struct LogWriter {
    shared: Arc<Shared>,
}

impl LogWriter {
    pub(super) fn start(sink: impl Sink, report: LossReport) -> io::Result<Self> {
        let (queue, changed, lost) = (Mutex::default(), Condvar::new(), AtomicU64::new(0));
        let shared = Arc::new(Shared { queue, changed, lost, report });
        let drained = Arc::clone(&shared);
        let sink = Mutex::new(sink);
        // The queue remains valid after a panic, which can only come from the sink.
        threads::spawn_restarting("log", move || {
            drain(&drained, &mut *sink.lock().unwrap_or_else(PoisonError::into_inner));
        })?;
        Ok(LogWriter { shared })
    }

    /// Queues a line and returns at once. A line for which there is no room is counted as lost.
    pub fn line(&self, text: &[u8]) {
        let mut queue = self.shared.queue();
        let text = text.get(..MAX_LINE).unwrap_or(text);
        if queue.size + text.len() + LINE_OVERHEAD > MAX_QUEUED {
            if queue.lost == 0 {
                queue.lost_since = (self.shared.report.now)();
            }
            queue.lost += 1;
            self.shared.lost.fetch_add(1, Relaxed);
            return;
        }
        let mut line = Vec::with_capacity(text.len() + 1);
        line.extend_from_slice(text);
        if !line.ends_with(b"\n") {
            line.push(b'\n');
        }
        queue.size += line.len() + LINE_OVERHEAD;
        queue.lines.push_back(line.into_boxed_slice());
        drop(queue);
        self.shared.changed.notify_all();
    }

    pub fn lost(&self) -> u64 {
        self.shared.lost.load(Relaxed)
    }

    /// Waits until everything is written, for at most `limit`.
    pub fn flush(&self, limit: Duration) {
        let waiting = |queue: &mut Queue| queue.busy || !queue.lines.is_empty() || queue.lost > 0;
        // At the limit the remaining lines are dropped.
        drop(self.shared.changed.wait_timeout_while(self.shared.queue(), limit, waiting));
    }
}

impl io::Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for LogWriter {
    type Writer = LogWriter;

    fn make_writer(&self) -> LogWriter {
        self.clone()
    }
}

fn drain(shared: &Shared, sink: &mut impl Sink) {
    let mut retry = FIRST_RETRY;
    let mut batch = Vec::with_capacity(BATCH_SIZE);
    loop {
        let mut queue = shared.queue();
        queue.busy = false;
        while queue.lines.is_empty() && queue.lost == 0 {
            shared.changed.notify_all();
            queue = shared.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        if queue.lines.is_empty() {
            report_lost(&mut queue, &shared.report);
        }
        batch.clear();
        let mut skipped = queue.written;
        for line in &queue.lines {
            let rest = &line[skipped..];
            if !batch.is_empty() && batch.len() + rest.len() > BATCH_SIZE {
                break;
            }
            batch.extend_from_slice(rest);
            skipped = 0;
        }
        queue.busy = true;
        drop(queue);
        let written = sink.write(&batch);
        let mut queue = shared.queue();
        match written {
            Ok(count) if count > 0 => {
                remove_written(&mut queue, count);
                retry = FIRST_RETRY;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Ok(_) | Err(_) => {
                // New lines wake the thread too early, so it waits for the rest of the time.
                let _ = shared.changed.wait_timeout_while(queue, retry, |_| true);
                retry = (retry * 2).min(LAST_RETRY);
            }
        }
    }
}

fn remove_written(queue: &mut Queue, mut count: usize) {
    while let Some(line) = queue.lines.front() {
        let left = line.len() - queue.written;
        if count < left {
            queue.written += count;
            return;
        }
        count -= left;
        queue.written = 0;
        queue.size = queue.size.saturating_sub(line.len() + LINE_OVERHEAD);
        queue.lines.pop_front();
    }
}

/// Queues the line that reports the number of lost lines. All kept lines have been written by then.
fn report_lost(queue: &mut Queue, report: &LossReport) {
    let lost = std::mem::take(&mut queue.lost);
    let line = (report.line)(lost, &queue.lost_since, &(report.now)()).into_bytes().into_boxed_slice();
    queue.size += line.len() + LINE_OVERHEAD;
    queue.lines.push_back(line);
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    const REPORT: LossReport =
        LossReport { now: || "now".to_owned(), line: |lost, since, now| format!("{now}: {lost} lost since {since}\n") };
    const LIMIT: Duration = Duration::from_secs(20);

    /// A sink with scripted results: each call writes a given number of bytes, or fails.
    struct ScriptedSink {
        orders: Receiver<io::Result<usize>>,
        order: io::Result<usize>,
        written: Sender<Vec<u8>>,
    }

    impl Sink for ScriptedSink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            while let Ok(order) = self.orders.try_recv() {
                self.order = order;
            }
            match &self.order {
                Ok(most) => {
                    let count = bytes.len().min(*most);
                    self.written.send(bytes[..count].to_vec()).map_err(io::Error::other)?;
                    Ok(count)
                }
                Err(e) => Err(e.kind().into()),
            }
        }
    }

    fn log(order: io::Result<usize>) -> (LogWriter, Sender<io::Result<usize>>, Receiver<Vec<u8>>) {
        let (orders, received) = channel();
        let (written, read) = channel();
        (LogWriter::start(ScriptedSink { orders: received, order, written }, REPORT).unwrap(), orders, read)
    }

    fn text(read: &Receiver<Vec<u8>>) -> String {
        String::from_utf8(read.try_iter().flatten().collect()).unwrap()
    }

    #[test]
    fn log_writer_keeps_lines_whole_over_partial_writes() {
        let (log, _orders, read) = log(Ok(3));
        ["one\n", "twotwo", "three\n"].into_iter().for_each(|line| log.line(line.as_bytes()));
        log.flush(LIMIT);
        assert_eq!((text(&read).as_str(), log.lost()), ("one\ntwotwo\nthree\n", 0));
    }

    #[test]
    fn log_writer_keeps_the_oldest_lines_of_a_fault_and_counts_the_rest() {
        let (log, orders, read) = log(Err(io::ErrorKind::StorageFull.into()));
        let line = format!("{:<999}\n", "line");
        let count = 2_000;
        (0..count).for_each(|_| log.line(line.as_bytes()));
        let lost = log.lost();
        assert!(lost > 0);
        assert!((count - lost) as usize * line.len() <= MAX_QUEUED, "bounded in bytes");
        orders.send(Ok(usize::MAX)).unwrap();
        log.flush(LIMIT);
        log.line(b"after");
        log.flush(LIMIT);
        let text = text(&read);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.iter().filter(|line| line.starts_with("line ")).count() as u64, count - lost);
        assert_eq!(lines[lines.len() - 2..], [format!("now: {lost} lost since now").as_str(), "after"]);
    }

    /// A reader that is stuck blocks only the log's thread.
    #[test]
    fn log_writer_does_not_wait_for_a_stuck_reader() {
        let (reader, writer) = io::pipe().unwrap();
        struct Pipe(io::PipeWriter);
        impl Sink for Pipe {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                io::Write::write(&mut self.0, bytes)
            }
        }
        let log = LogWriter::start(Pipe(writer), REPORT).unwrap();
        (0..100_000).for_each(|_| log.line(b"a line of a log that nobody reads\n"));
        assert!(log.lost() > 0);
        log.flush(Duration::from_millis(1));
        drop(reader);
    }
}
