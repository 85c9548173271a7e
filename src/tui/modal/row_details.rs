//! A row of the audit log in full: the pane next to a wide list, and the dialog on a narrow screen.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::domain::audit::{AuditRow, expand_details};
use crate::domain::checkpoint::hex;
use crate::domain::time::ago;
use crate::domain::untrusted_text::is_control_or_bidi;
use crate::tui::component::{Intent, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::notice::NoticeId;
use crate::tui::text_fit::{fit, fold};
use crate::tui::theme::Theme;
use crate::tui::widget::key_hints::truncate_with_hint;
use crate::tui::widget::scroll_view::Content;
use crate::verbs::ports::audit_log::HashedRow;

const LABEL_COLUMNS: usize = 10;

/// Returns the lines of `row` for the pane next to a wide list, as far as there is room.
pub fn pane_lines(row: &impl Content, pane: Rect, model: &Model) -> Vec<Line<'static>> {
    truncate_with_hint(row.lines(usize::from(pane.width), model), usize::from(pane.height), model)
}

impl Content for HashedRow {
    const CONTEXT: Context = Context::AuditRow;

    fn id(&self) -> &'static str {
        "audit-row"
    }

    fn title(&self) -> String {
        format!("Audit row {}", self.row.seq)
    }

    fn on_action(&mut self, action: Action, _ctx: &UpdateContext<'_>) -> Option<Intent> {
        (action == Action::CopyTarget).then(|| copy_target(&self.row))
    }

    fn lines(&self, columns: usize, model: &Model) -> Vec<Line<'static>> {
        let (row, theme) = (&self.row, &model.theme);
        let mut lines = Vec::new();
        for (label, text) in [
            ("When", model.dates.get().second(row.at)),
            ("", ago(row.at, model.now)),
            ("Who", name_and_id(&row.name, &row.account, "no account: a user of the store's machine")),
            ("Proof", row.proof_words().unwrap_or("access to the store").to_owned()),
            ("Via", row.face.clone()),
            ("Verb", row.verb.clone()),
            ("Target", name_and_id(&row.target_name, &row.target, "")),
        ] {
            lines.extend(labelled(label, &text, columns, theme));
        }
        for detail in expand_details(&row.details) {
            lines.push(Line::default());
            lines.extend(fold(&detail.key, columns).into_iter().map(|text| Line::styled(text, theme.strong)));
            let parts = |label: &'static str, parts: &[String]| -> Vec<Line<'static>> {
                let label = |at: usize| if at == 0 { label } else { "" };
                let part = |(at, part): (usize, &String)| labelled(label(at), part, columns, theme);
                parts.iter().enumerate().flat_map(part).collect()
            };
            if let Some(before) = &detail.before {
                lines.extend(parts("  before", before));
            }
            lines.extend(parts(if detail.before.is_some() { "  after" } else { "" }, &detail.after));
        }
        lines.push(Line::default());
        lines.extend(labelled("Row", &row.seq.to_string(), columns, theme));
        lines.extend(labelled("Hash", &hex(&self.hash), columns, theme));
        lines
    }
}

/// Returns `text` after `label`, on as many lines as needed.
pub(super) fn labelled(label: &str, text: &str, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
    let line = |(at, text): (usize, String)| {
        let label = fit(if at == 0 { label } else { "" }, LABEL_COLUMNS);
        Line::from(vec![Span::styled(label, theme.dim), Span::raw(text)])
    };
    fold(text, columns.saturating_sub(LABEL_COLUMNS)).into_iter().enumerate().map(line).collect()
}

/// Returns `name (id)`, or only one of them if the other is empty, or `neither` if both are.
fn name_and_id(name: &str, id: &str, neither: &str) -> String {
    match (name, id) {
        ("", "") => neither.to_owned(),
        ("", one) | (one, "") => one.to_owned(),
        (name, id) if name == id => name.to_owned(),
        (name, id) => format!("{name} ({id})"),
    }
}

/// Copies the id of the object that `row` changed.
fn copy_target(row: &AuditRow) -> Intent {
    if row.target.chars().any(is_control_or_bidi) {
        // Text that can't be displayed safely must not be pasted either.
        return Intent::Notify(NoticeId::NotCopied, "Not copied: the target contains control characters".to_owned());
    }
    Intent::copy(row.target.clone())
}
