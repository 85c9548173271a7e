//! Notices: lines shown for a few seconds and kept in the list of messages.

use ratatui::style::Style;

use super::theme::Theme;
use crate::domain::time::{SECOND, Timestamp};
use crate::error::{Error, Kind};
use crate::verbs::cli_line::CliLine;

/// Milliseconds for which a notice is shown.
const NOTICE_DURATION: i64 = 8 * SECOND;
/// The same for a tip, which is never shown again.
const TIP_DURATION: i64 = 20 * SECOND;

/// A line shown for a limited time. It never contains a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The occasion.
    pub id: NoticeId,
    /// The change or the problem as text.
    pub text: String,
    /// The effect of the change; the running service's answer replaces it.
    pub effect: Option<String>,
    /// The equivalent command.
    pub cli: Option<String>,
    /// Time at which the notice was first shown.
    pub at: Timestamp,
    /// The pending check with the running service.
    pub propagation: Option<PendingPropagation>,
}

/// The occasion of a notice. Decides how the notice looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeId {
    /// The verb of this name has changed something.
    Done(&'static str),
    /// A request failed.
    Error(Kind),
    /// Not everything could be marked.
    MarkLimit,
    Copied,
    /// Text was sent to a terminal, which never confirms.
    Sent,
    /// An editor left the text as it was.
    Unchanged,
    /// A tip about a screen.
    Tip,
    /// There is nothing to copy, or the text can't be copied safely.
    NotCopied,
    /// A key has no effect at the moment.
    NoEffect,
    /// The mouse was taken or left to the terminal.
    Mouse,
    /// Too many keys were typed ahead of a list.
    KeysIgnored,
    /// Pasted text had no field to go to.
    PasteIgnored,
    /// Pasted or edited text was too long for the field, or not plain text.
    TextTruncated,
    /// Damaged rows of the store were left out.
    Damaged,
    /// Work in batches runs already.
    WorkRunning,
    /// Work in batches stops because the user quits.
    WorkStopping,
    /// Work in batches was stopped before its end.
    WorkStopped,
}

/// A check if the running service has read a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingPropagation {
    /// Number of the change in the audit log.
    pub seq: i64,
    /// Text for the tokens that the service must deny.
    pub subject: &'static str,
}

impl Notice {
    pub fn new(id: NoticeId, text: impl Into<String>) -> Self {
        Notice { id, text: text.into(), effect: None, cli: None, at: Timestamp(0), propagation: None }
    }

    pub fn error(error: &Error) -> Self {
        Notice::new(NoticeId::Error(error.kind), error.to_string())
    }

    /// Adds the effect of the change.
    pub fn effect(mut self, effect: impl Into<String>) -> Self {
        self.effect = Some(effect.into());
        self
    }

    /// Adds the equivalent command.
    pub fn cli(mut self, cli: &CliLine) -> Self {
        self.cli = Some(cli.to_string());
        self
    }

    /// Returns the whole text, with the effect.
    pub fn full_text(&self) -> String {
        match &self.effect {
            Some(effect) => format!("{}; {effect}", self.text),
            None => self.text.clone(),
        }
    }

    /// Returns the time at which the notice disappears.
    pub fn until(&self) -> Timestamp {
        self.at.plus(if self.id == NoticeId::Tip { TIP_DURATION } else { NOTICE_DURATION })
    }

    pub fn is_success(&self) -> bool {
        matches!(self.id, NoticeId::Done(_) | NoticeId::Copied | NoticeId::Mouse)
    }

    /// Returns `true` if a dialog must not cover the notice, so that it is shown below the dialog.
    pub fn is_below_dialogs(&self) -> bool {
        !self.is_success() && self.id != NoticeId::Tip
    }

    pub fn glyph(&self, theme: &Theme) -> (&'static str, Style) {
        match self.id {
            NoticeId::Sent | NoticeId::Unchanged | NoticeId::Tip => ("·", theme.accent),
            _ if self.is_success() => ("✓", theme.good),
            _ => ("!", theme.danger),
        }
    }
}
