//! A new secret, shown once, and the question before closing an unused one.

use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::Line;

use super::save_secret::SaveSecretDialog;
use crate::domain::secret::Secret;
use crate::domain::token::Token;
use crate::tui::component::{ClickTarget, Component, Destination, Intent, Reply, UpdateContext};
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::msg::{Copied, Sent};
use crate::tui::text_fit::fold;
use crate::tui::theme::Theme;
use crate::tui::widget::dialog_frame::{FRAME_ROWS, dialog_area, dialog_click, dialog_columns, draw_dialog};
use crate::tui::widget::key_hints::key_hints;
use crate::tui::widget::scroll_text::{LineStyle, ScrollText, is_tight};
use crate::verbs::cli_line::quote_absolute;

/// Number of columns of a terminal from which on the labels of all keys fit.
const MIN_COLUMNS_OF_LABELS: u16 = 50;

/// The dialog that shows a secret once.
pub struct RevealSecretDialog {
    token: Token,
    secret: Arc<Secret>,
    shown: bool,
    was_shown: bool,
    copied: bool,
    /// The route by which the secret was sent to a terminal, which doesn't confirm that it was copied.
    sent: Option<Sent>,
    /// The file that the secret was saved to, with quotes for the shell if it needs them.
    saved: Option<String>,
    note: String,
    failed: bool,
    /// `true` while the note says that the clipboard will be cleared.
    awaits_clearing: bool,
    /// A warning about the selection.
    warning: Option<String>,
}

impl RevealSecretDialog {
    /// Creates the dialog for the secret of `token`, masked until the user shows it.
    pub fn new(token: Token, secret: Secret, warning: Option<String>) -> Self {
        RevealSecretDialog {
            token,
            secret: Arc::new(secret),
            shown: false,
            was_shown: false,
            copied: false,
            sent: None,
            saved: None,
            note: String::new(),
            failed: false,
            awaits_clearing: false,
            warning,
        }
    }

    /// Returns `true` if the user certainly has the secret: it was shown, copied or saved.
    fn is_received(&self) -> bool {
        self.was_shown || self.copied || self.saved.is_some()
    }

    /// Returns the lines of the dialog over `area`.
    fn lines(&self, area: Rect, model: &Model) -> Vec<Line<'static>> {
        let theme = &model.theme;
        let (columns, tight) = (dialog_columns(area), is_tight(area.height.into()));
        let styled = |text: &str, style| fold(text, columns).into_iter().map(move |line| Line::styled(line, style));
        // A secret that doesn't fit on one line is split over two: a cut secret would look complete.
        let broken = |text: &str| {
            let letters: Vec<char> = text.chars().collect();
            let mut rows: Vec<Line<'static>> = letters
                .chunks(columns.saturating_sub(2).max(1))
                .map(|row| Line::styled(format!("  {}", row.iter().collect::<String>()), theme.strong))
                .collect();
            if !tight {
                rows.resize(rows.len().max(2), Line::default());
            }
            rows
        };
        let secret = if self.shown {
            // The only place that puts a secret on the screen.
            self.secret.expose(broken)
        } else {
            broken(&format!("{}_{}", self.secret.hint(), "•".repeat(Secret::masked_len())))
        };
        let blank = || (!tight).then(Line::default);
        let mut lines: Vec<_> = styled("You can see, copy or save the secret only now.", theme.warning).collect();
        lines.extend(blank());
        lines.extend(secret);
        let note: Vec<_> = match &self.warning {
            Some(warning) if self.note.is_empty() => styled(&format!("! Warning: {warning}"), theme.warning).collect(),
            _ => styled(&self.note, self.note_style(theme)).collect(),
        };
        let file = self.saved.as_deref().unwrap_or("FILE");
        let curl = |to: &str| format!("printf 'Authorization: Bearer %s' \"$(cat {file})\" | curl -H @- {to}");
        let example = match (&model.server, &model.verify_endpoint) {
            (None, Some(Some(verify))) => ("Use it", curl(&format!("{}/v1/verify/-", verify.curl_target()))),
            (None, Some(None)) => ("Use it", format!("jeton verify < {file}   (no service runs on this store)")),
            (Some(_), _) | (None, None) => ("Use it", curl("URL")),
        };
        let example = ScrollText::default().labelled(example.0, 9, LineStyle::Plain, &example.1);
        let example = example.lines(columns, theme);
        if lines.len() + example.len() + note.len() + FRAME_ROWS <= area.height.into() {
            lines.extend(example);
            lines.extend(blank());
        }
        lines.extend(note);
        if !tight {
            lines.resize(lines.len().max(10), Line::default());
        }
        lines
    }

    fn note_style(&self, theme: &Theme) -> Style {
        match (self.failed, self.copied || self.saved.is_some()) {
            (true, _) => theme.danger,
            (false, true) => theme.good,
            (false, false) => theme.accent,
        }
    }

    /// Returns the question before closing the secret.
    fn discard_dialog(&self) -> DiscardSecretDialog {
        DiscardSecretDialog { name: self.token.name.to_string(), sent: self.sent }
    }
}

impl Component for RevealSecretDialog {
    fn id(&self) -> &'static str {
        "reveal-secret"
    }

    fn context(&self) -> Context {
        Context::RevealSecret
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        // A regenerated token may be disabled.
        let title = match self.token.denial_reason(model.now) {
            None => format!("Token {} is ready", self.token.name),
            Some(_) => format!("New secret of {}", self.token.name),
        };
        let foot = key_hints(self, model, dialog_columns(area));
        draw_dialog(frame, area, &title, self.lines(area, model), 2, foot, &model.theme);
    }

    fn click_target(&self, at: Position, model: &Model) -> Option<ClickTarget> {
        let area = dialog_area(model.size);
        dialog_click(self, at, area, (self.lines(area, model).len(), 2), model)
    }

    fn on_open(&mut self, _ctx: &UpdateContext<'_>) -> Intent {
        Intent::Run(Effect::FindService)
    }

    fn label(&self, action: Action, model: &Model) -> Option<&'static str> {
        match action {
            Action::ShowSecret => Some(if self.shown { "Hide" } else { "Show" }),
            // Leaves room for the key that ends the dialog.
            Action::SaveSecret if model.size.0 < MIN_COLUMNS_OF_LABELS => Some("Save"),
            _ => None,
        }
    }

    fn on_lock(&mut self) {
        self.shown = false;
    }

    fn discard_question(&self) -> Option<Box<dyn Component>> {
        (!self.is_received()).then(|| Box::new(self.discard_dialog()) as Box<dyn Component>)
    }

    fn on_reply(&mut self, reply: &mut Reply, _ctx: &UpdateContext<'_>) -> Option<Intent> {
        match reply {
            // It was another secret, or the note is about something later.
            Reply::Copied(Ok(Copied::Cleared)) if !self.awaits_clearing => return None,
            Reply::Copied(result) => {
                self.awaits_clearing = matches!(result, Ok(Copied::Temporary));
                self.copied |= matches!(result, Ok(Copied::Temporary | Copied::Permanent));
                if let Ok(Copied::Sent(route)) = result {
                    self.sent = Some(*route);
                }
                (self.note, self.failed) = (Copied::describe(result), result.is_err());
            }
            Reply::Saved(Ok(path)) => {
                (self.note, self.failed) = (format!("saved to {}, readable only by you", path.display()), false);
                (self.saved, self.awaits_clearing) = (Some(quote_absolute(path)), false);
            }
            Reply::Saved(Err(_)) | Reply::Response(_) | Reply::Catalogue(_) => return None,
        }
        Some(Intent::Stay)
    }

    fn on_action(&mut self, action: Action, _ctx: &UpdateContext<'_>) -> Intent {
        match action {
            Action::ShowSecret => {
                self.shown = !self.shown;
                self.was_shown = true;
                Intent::Stay
            }
            Action::CopySecret => Intent::Run(Effect::CopySecret(Arc::clone(&self.secret))),
            Action::SaveSecret => {
                let save = SaveSecretDialog::new(&self.token.name, Arc::clone(&self.secret));
                Intent::push(save)
            }
            Action::Cancel if self.is_received() => Intent::Go(Destination::Here),
            Action::Cancel => Intent::push(self.discard_dialog()),
            _ => Intent::Stay,
        }
    }
}

/// The question before closing a secret that the user doesn't have yet.
pub struct DiscardSecretDialog {
    name: String,
    sent: Option<Sent>,
}

impl DiscardSecretDialog {
    /// Returns the lines of the dialog over `area`.
    fn lines(&self, area: Rect) -> Vec<Line<'static>> {
        let name = &self.name;
        let start = match self.sent {
            Some(Sent::Direct | Sent::TmuxPassthrough) => {
                format!("The secret of {name} was sent to your terminal. Paste to check that the secret arrived.")
            }
            Some(Sent::Tmux) => {
                format!("The secret of {name} was sent to tmux. Paste to check that the secret arrived.")
            }
            None => format!("You did not show, copy or save the secret of {name}."),
        };
        let text =
            format!("{start} If you leave, jeton can't show the secret again. You would have to regenerate the token.");
        let mut lines: Vec<Line<'static>> = fold(&text, dialog_columns(area)).into_iter().map(Line::raw).collect();
        lines.resize(lines.len().max(4), Line::default());
        lines
    }
}

impl Component for DiscardSecretDialog {
    fn id(&self) -> &'static str {
        "discard-secret"
    }

    fn context(&self) -> Context {
        Context::DiscardSecret
    }

    fn is_discard_question(&self) -> bool {
        true
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let foot = key_hints(self, model, dialog_columns(area));
        draw_dialog(frame, area, "Leave without the secret?", self.lines(area), 0, foot, &model.theme);
    }

    fn click_target(&self, at: Position, model: &Model) -> Option<ClickTarget> {
        let area = dialog_area(model.size);
        dialog_click(self, at, area, (self.lines(area).len(), 0), model)
    }

    fn on_action(&mut self, action: Action, _ctx: &UpdateContext<'_>) -> Intent {
        match action {
            Action::Discard => Intent::Go(Destination::Here),
            Action::Cancel => Intent::Close(None),
            _ => Intent::Stay,
        }
    }
}
