//! What a service says while it runs: one event a line, on stderr.

use std::io;

use tracing::level_filters::LevelFilter;

use crate::error::{Error, Result};

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loudness {
    /// What went wrong.
    Error,
    /// What may go wrong.
    Warn,
    /// That it began and ended, and what changed between.
    Info,
    /// Every denied attempt.
    Debug,
    /// Every request.
    Trace,
}

impl Loudness {
    /// Every degree, the quietest first.
    pub const ALL: [Loudness; 5] = [Loudness::Error, Loudness::Warn, Loudness::Info, Loudness::Debug, Loudness::Trace];

    /// The word that stands for it.
    pub const fn word(self) -> &'static str {
        match self {
            Loudness::Error => "error",
            Loudness::Warn => "warn",
            Loudness::Info => "info",
            Loudness::Debug => "debug",
            Loudness::Trace => "trace",
        }
    }

    /// # Errors
    /// [`crate::error::Kind::Usage`] with the words.
    pub fn parse(text: &str) -> Result<Self> {
        Loudness::ALL
            .into_iter()
            .find(|l| l.word() == text)
            .ok_or_else(|| Error::usage("that is no log level").why("it is error, warn, info, debug or trace"))
    }

    const fn filter(self) -> LevelFilter {
        match self {
            Loudness::Error => LevelFilter::ERROR,
            Loudness::Warn => LevelFilter::WARN,
            Loudness::Info => LevelFilter::INFO,
            Loudness::Debug => LevelFilter::DEBUG,
            Loudness::Trace => LevelFilter::TRACE,
        }
    }
}

/// Begins to write events to stderr, in words or as JSON; once in a run.
pub fn begin(loudness: Loudness, json: bool) {
    let events = tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_max_level(loudness.filter())
        .with_target(false)
        .with_ansi(false);
    // A second begin changes nothing.
    let _ = if json { events.json().flatten_event(true).try_init() } else { events.try_init() };
}
