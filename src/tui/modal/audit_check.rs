//! The verification of the audit log by its hash chain.

use ratatui::text::Line;

use crate::domain::audit_chain::ChainReport;
use crate::domain::checkpoint::{NO_CHECKPOINT_ADVICE, hex};
use crate::domain::date_format::Dates;
use crate::error::Error;
use crate::tui::component::{Intent, UpdateContext};
use crate::tui::keymap::Context;
use crate::tui::model::Model;
use crate::tui::text_fit::count_noun;
use crate::tui::widget::scroll_text::{LineStyle, ScrollText};
use crate::tui::widget::scroll_view::{Content, ScrollView};
use crate::verbs::audit::{AuditRange, VerifyAuditChain};
use crate::verbs::request::{Request, Response};

const LABEL_COLUMNS: usize = 10;

/// The result of the verification.
pub struct AuditCheck {
    text: ScrollText,
}

impl AuditCheck {
    /// Opens the dialog without a result.
    pub fn new() -> ScrollView<Self> {
        ScrollView::new(AuditCheck { text: ScrollText::paragraph("Verifying the audit log from the first row…") })
    }

    /// Takes the report of the verification; times are shown as `dates`.
    fn set_report(&mut self, report: &ChainReport, dates: Dates<'_>) {
        let rows = count_noun(report.rows, "row");
        if report.findings.is_empty() {
            let hash = report.head.map_or_else(|| "none".to_owned(), |(_, hash)| hex(&hash));
            let whole =
                ScrollText::default().row(LineStyle::Gain, format!("✓ {rows} verified: the hash chain is intact"));
            self.text = whole
                .labelled("Last hash", LABEL_COLUMNS, LineStyle::Plain, hash)
                .blank()
                .row(LineStyle::Dim, NO_CHECKPOINT_ADVICE);
            return;
        }
        let head = format!("! {rows} checked: the audit log was altered or damaged");
        let mut text = ScrollText::default().row(LineStyle::Warning, head);
        for finding in &report.findings {
            text = text.labelled("  ·", 4, LineStyle::Plain, finding.describe(dates));
        }
        if report.omitted > 0 {
            text = text.row(LineStyle::Plain, format!("and {}", count_noun(report.omitted, "more finding")));
        }
        let next = "Don't change the store file. To compare the store with a backup, run on the machine of the store: \
                    jeton restore FILE --dry-run";
        self.text = text.blank().row(LineStyle::Strong, next);
    }
}

impl Content for AuditCheck {
    const CONTEXT: Context = Context::AuditCheck;
    const FREE_ROWS: u16 = 0;
    const IS_COMPACT: bool = true;

    fn id(&self) -> &'static str {
        "audit-check"
    }

    fn title(&self) -> String {
        "Audit log integrity".to_owned()
    }

    fn lines(&self, columns: usize, model: &Model) -> Vec<Line<'static>> {
        self.text.lines(columns, &model.theme)
    }

    fn on_open(&self) -> Option<Request> {
        Some(VerifyAuditChain { checkpoints: Vec::new(), range: AuditRange::FromStart }.into())
    }

    fn on_data(&mut self, response: &Response, ctx: &UpdateContext<'_>) {
        if let Response::VerifyAuditChain(verified) = response {
            self.set_report(&verified.report, ctx.dates.get());
        }
    }

    fn on_read_error(&mut self, error: Error, _ctx: &UpdateContext<'_>) -> Intent {
        self.text = ScrollText::default().row(LineStyle::Warning, format!("! {error}"));
        Intent::Stay
    }
}
