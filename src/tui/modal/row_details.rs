//! A row of the audit log in full: the pane next to a wide list, and the dialog on a narrow screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::domain::audit::{AuditRow, expand_details};
use crate::domain::checkpoint::hex;
use crate::domain::date_format::Dates;
use crate::domain::time::{Timestamp, ago};
use crate::domain::untrusted_text::is_control_or_bidi;
use crate::tui::component::{Component, Intent, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::notice::NoticeId;
use crate::tui::text_fit::{fit, fold};
use crate::tui::widget::dialog_frame::{dialog_columns, draw_dialog};
use crate::tui::widget::key_hints::{key_hints_with_position, truncate_with_hint};
use crate::verbs::ports::audit_log::HashedRow;

/// A row that can be shown in full.
pub trait DetailRow {
    /// The context in which the dialog's keys are looked up.
    const CONTEXT: Context;
    /// The id of the dialog.
    const ID: &'static str;
    /// Returns the title of the dialog.
    fn title(&self) -> String;
    /// Returns the whole content of the row, in `columns` columns.
    fn detail_lines(&self, columns: usize, now: Timestamp, dates: Dates<'_>) -> Vec<DetailLine>;
    /// Handles keys special to the row.
    fn on_action(&self, action: Action) -> Intent;
    /// Returns `true` if the keys of `action` can be used.
    fn is_enabled(&self, _action: Action) -> bool {
        true
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

/// The dialog that shows a row.
pub struct DetailDialog<R> {
    row: R,
    /// The first visible line, limited to the number of lines.
    top: usize,
}

/// Lines of the box that don't scroll: two borders and the keys.
const FRAME_ROWS: usize = 3;
/// Lines left free below the box for the notice of `y`.
const FREE_ROWS: u16 = 3;
const LABEL_COLUMNS: usize = 10;

impl<R> DetailDialog<R> {
    /// Creates the dialog for `row`.
    pub fn new(row: R) -> Self {
        DetailDialog { row, top: 0 }
    }
}

/// Returns the number of scrolling lines, and the area of the box.
fn room(area: Rect) -> (usize, Rect) {
    let area = Rect { height: area.height.saturating_sub(FREE_ROWS), ..area };
    (usize::from(area.height).saturating_sub(FRAME_ROWS), area)
}

impl<R: DetailRow + 'static> Component for DetailDialog<R> {
    fn id(&self) -> &'static str {
        R::ID
    }

    fn context(&self) -> Context {
        R::CONTEXT
    }

    fn is_enabled(&self, action: Action, _model: &Model) -> bool {
        self.row.is_enabled(action)
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let columns = dialog_columns(area);
        let (room, area) = room(area);
        let mut lines = lines(&self.row, columns, model);
        let all = lines.len();
        let top = self.top.min(all.saturating_sub(room));
        lines.drain(..top);
        lines.truncate(room);
        let foot = key_hints_with_position(self, model, columns, top..top + lines.len(), all);
        lines.resize(room, Line::default());
        draw_dialog(frame, area, &self.row.title(), lines, 0, foot, &model.theme);
    }

    fn on_action(&mut self, action: Action, ctx: &UpdateContext<'_>) -> Intent {
        let (room, _) = room(ctx.area());
        let all = self.row.detail_lines(dialog_columns(ctx.area()), ctx.now, ctx.dates.get()).len();
        let last = all.saturating_sub(room);
        let page = room.max(1);
        self.top = match action {
            Action::Cancel => return Intent::Close(None),
            Action::Down => self.top + 1,
            Action::Up => self.top.saturating_sub(1),
            Action::PageDown => self.top + page,
            Action::PageUp => self.top.saturating_sub(page),
            Action::First => 0,
            Action::Last => last,
            _ => return self.row.on_action(action),
        }
        .min(last);
        Intent::Stay
    }
}

/// A line of a row shown in full.
pub struct DetailLine {
    /// Text on the left; empty on a continuation line.
    label: &'static str,
    text: String,
    /// `true` for a heading.
    is_heading: bool,
}

/// Returns the whole content of `row` in `columns` columns.
fn lines<R: DetailRow>(row: &R, columns: usize, model: &Model) -> Vec<Line<'static>> {
    let theme = &model.theme;
    let line = |line: DetailLine| match (line.is_heading, line.label) {
        (true, _) => Line::styled(line.text, theme.strong),
        (false, label) => Line::from(vec![Span::styled(fit(label, LABEL_COLUMNS), theme.dim), Span::raw(line.text)]),
    };
    row.detail_lines(columns, model.now, model.dates.get()).into_iter().map(line).collect()
}

/// Returns the content of the row for the pane next to a wide list, as far as there is room.
pub fn pane_lines<R: DetailRow>(row: &R, pane: Rect, model: &Model) -> Vec<Line<'static>> {
    truncate_with_hint(lines(row, usize::from(pane.width), model), usize::from(pane.height), model)
}

impl DetailRow for HashedRow {
    const CONTEXT: Context = Context::AuditRow;
    const ID: &'static str = "audit-row";

    fn title(&self) -> String {
        format!("Audit row {}", self.row.seq)
    }

    fn on_action(&self, action: Action) -> Intent {
        if action == Action::CopyTarget { copy_target(&self.row) } else { Intent::Stay }
    }

    fn detail_lines(&self, columns: usize, now: Timestamp, dates: Dates<'_>) -> Vec<DetailLine> {
        let row = &self.row;
        let mut lines = Vec::new();
        for (label, text) in [
            ("When", dates.second(row.at)),
            ("", ago(row.at, now)),
            ("Who", name_and_id(&row.name, &row.account, "no account: before the first sign-in")),
            ("Proof", row.proof.clone()),
            ("Via", row.face.clone()),
            ("Verb", row.verb.clone()),
            ("Target", name_and_id(&row.target_name, &row.target, "")),
        ] {
            push_labelled(&mut lines, label, &text, columns);
        }
        for detail in expand_details(&row.details) {
            lines.push(DetailLine { label: "", text: String::new(), is_heading: false });
            lines.extend(fold(&detail.key, columns).into_iter().map(|text| DetailLine {
                label: "",
                text,
                is_heading: true,
            }));
            let parts = |lines: &mut Vec<DetailLine>, label: &'static str, parts: &[String]| {
                for (at, part) in parts.iter().enumerate() {
                    push_labelled(lines, if at == 0 { label } else { "" }, part, columns);
                }
            };
            match &detail.before {
                Some(before) => {
                    parts(&mut lines, "  before", before);
                    parts(&mut lines, "  after", &detail.after);
                }
                None => parts(&mut lines, "", &detail.after),
            }
        }
        lines.push(DetailLine { label: "", text: String::new(), is_heading: false });
        push_labelled(&mut lines, "Row", &row.seq.to_string(), columns);
        push_labelled(&mut lines, "Hash", &hex(&self.hash), columns);
        lines
    }
}

/// Adds `text` after `label`, on as many lines as needed.
pub(super) fn push_labelled(lines: &mut Vec<DetailLine>, label: &'static str, text: &str, columns: usize) {
    for (at, text) in fold(text, columns.saturating_sub(LABEL_COLUMNS)).into_iter().enumerate() {
        lines.push(DetailLine { label: if at == 0 { label } else { "" }, text, is_heading: false });
    }
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
