//! The log of a running service: one event a line, on stderr. Logging neither blocks nor fails.

use std::panic;
use std::sync::OnceLock;
use std::time::Duration;

pub use tracing::level_filters::LevelFilter;

use super::clock::SystemClock;
use super::log_writer::{LogWriter, LossReport, Stderr};
use crate::domain::secret::contains_secret;
use crate::domain::untrusted_text::{escape_untrusted, excerpt};
use crate::error::{Error, Result};
use crate::verbs::ports::Clock;

/// Maximum wait at the end of the process for a log that can't be written.
const FINAL_FLUSH_TIMEOUT: Duration = Duration::from_millis(300);

static LOG: OnceLock<Log> = OnceLock::new();

struct Log {
    writer: LogWriter,
    is_json: bool,
}

/// Parses a log level: failures, possible problems, the start and end of the service with the changes in between,
/// every denied attempt, or every request.
pub fn parse_level(text: &str) -> Result<LevelFilter> {
    match text {
        "error" => Ok(LevelFilter::ERROR),
        "warn" => Ok(LevelFilter::WARN),
        "info" => Ok(LevelFilter::INFO),
        "debug" => Ok(LevelFilter::DEBUG),
        "trace" => Ok(LevelFilter::TRACE),
        _ => Err(Error::usage(format!("unknown log level \"{}\"", excerpt(text, 32)))
            .why("use error, warn, info, debug or trace")),
    }
}

/// Starts to write events to stderr, as text or as JSON, once per run. Panics become events, too.
pub fn init(level: LevelFilter, json: bool) -> Result<()> {
    let report = LossReport { now, line: if json { lost_json } else { lost_text } };
    let writer = LogWriter::start(Stderr, report).map_err(super::threads::not_started)?;
    let events =
        tracing_subscriber::fmt().with_writer(writer.clone()).with_max_level(level).with_target(false).with_ansi(false);
    // A second call changes nothing.
    let initialized = if json { events.json().flatten_event(true).try_init() } else { events.try_init() };
    if initialized.is_ok() {
        let _ = LOG.set(Log { writer, is_json: json });
        panic::set_hook(Box::new(report_panic));
    }
    Ok(())
}

pub fn lost_lines() -> u64 {
    LOG.get().map_or(0, |log| log.writer.lost())
}

/// Writes `error` after all waiting lines, and waits a moment for that. The error is written as JSON, or as formatted
/// by `in_words`.
///
/// Called at the end of a process whose log may be stuck. Without a log nothing is written.
pub fn flush_with(error: Option<&Error>, in_words: fn(&Error) -> String) {
    let Some(log) = LOG.get() else { return };
    if let Some(error) = error.filter(|error| !error.is_silent()) {
        let text = if log.is_json { last_json(error) } else { in_words(error) };
        log.writer.line(text.as_bytes());
    }
    log.writer.flush(FINAL_FLUSH_TIMEOUT);
}

fn last_json(error: &Error) -> String {
    let mut line =
        serde_json::json!({ "timestamp": now(), "level": "ERROR", "message": escape_untrusted(&error.what) });
    for (name, value) in [("why", &error.why), ("next", &error.next)] {
        if let Some(value) = value {
            line[name] = escape_untrusted(value).into();
        }
    }
    line["exit_code"] = error.kind.exit_code().into();
    format!("{line}\n")
}

/// Logs a panic. The standard hook writes to stderr itself, and would wait for a reader that is stuck.
fn report_panic(info: &panic::PanicHookInfo<'_>) {
    let payload = info.payload();
    let message = payload.downcast_ref::<&str>().copied();
    let message = message.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or_default();
    let message = if contains_secret(message) { "(text withheld, because it contains a secret)" } else { message };
    let at = info.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current();
    tracing::error!(thread = thread.name(), at, "panic: {}", escape_untrusted(message));
}

fn now() -> String {
    SystemClock::new().now().rfc3339()
}

fn describe_lost(lost: u64, since: &str) -> String {
    match lost {
        1 => format!("1 log line was lost since {since}"),
        _ => format!("{lost} log lines were lost since {since}"),
    }
}

fn lost_text(lost: u64, since: &str, now: &str) -> String {
    format!("{now}  WARN {} lost={lost}\n", describe_lost(lost, since))
}

fn lost_json(lost: u64, since: &str, now: &str) -> String {
    let message = describe_lost(lost, since);
    let line = serde_json::json!({ "timestamp": now, "level": "WARN", "message": message, "lost": lost });
    format!("{line}\n")
}
