//! The verification of the audit log by its hash chain.

use ratatui::style::Style;

use crate::domain::audit_chain::ChainReport;
use crate::domain::checkpoint::{NO_CHECKPOINT_ADVICE, hex};
use crate::domain::date_format::Dates;
use crate::error::Error;
use crate::tui::component::{Intent, Reply, UpdateContext};
use crate::tui::keymap::Context;
use crate::tui::model::Model;
use crate::tui::text_fit::count_noun;
use crate::tui::widget::form::{Dialog, FieldKind, Fields, Form, PressResult};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::scroll_text::{LineStyle, ScrollText, is_tight};
use crate::tui::widget::text_input::TextInput;
use crate::verbs::audit::{AuditRange, VerifyAuditChain};
use crate::verbs::request::{Request, Response};

const LABEL_COLUMNS: usize = 10;

/// The dialog for the verification.
pub struct AuditCheckDialog {
    text: Option<ScrollText>,
}

impl AuditCheckDialog {
    /// Opens the dialog without a result.
    pub fn new() -> Form<Self> {
        Form::new(AuditCheckDialog { text: None })
    }

    /// Takes the report of the verification; times are shown as `dates`.
    fn set_report(&mut self, report: &ChainReport, dates: Dates<'_>) {
        let rows = count_noun(report.rows, "row");
        if report.findings.is_empty() {
            let hash = report.head.map_or_else(|| "none".to_owned(), |(_, hash)| hex(&hash));
            let whole =
                ScrollText::default().row(LineStyle::Gain, format!("✓ {rows} verified: the log was not altered"));
            self.text = Some(
                whole
                    .labelled("Last hash", LABEL_COLUMNS, LineStyle::Plain, hash)
                    .blank()
                    .row(LineStyle::Dim, NO_CHECKPOINT_ADVICE),
            );
            return;
        }
        let head = format!("! {rows} checked: the audit log was altered");
        let mut text = ScrollText::default().row(LineStyle::Warning, head);
        for finding in &report.findings {
            text = text.labelled("  ·", 4, LineStyle::Plain, finding.describe(dates));
        }
        if report.omitted > 0 {
            text = text.row(LineStyle::Plain, format!("and {} more", count_noun(report.omitted, "finding")));
        }
        let next = "Don't change the store file. Compare the store with a backup.";
        self.text = Some(text.blank().row(LineStyle::Strong, next));
    }
}

impl Fields for AuditCheckDialog {
    /// The dialog has one part.
    type Field = ();

    fn fields(&self) -> Vec<((), FieldKind)> {
        vec![((), FieldKind::Text)]
    }

    fn text_input(&mut self, (): ()) -> Option<&mut TextInput> {
        None
    }
}

impl Dialog for AuditCheckDialog {
    const LABEL_WIDTH: usize = 0;

    fn id(&self) -> &'static str {
        "audit-check"
    }

    fn context(&self) -> Context {
        Context::AuditCheck
    }

    fn title(&self) -> String {
        "Audit log integrity".to_owned()
    }

    fn scroll_text(&self) -> Option<&ScrollText> {
        self.text.as_ref()
    }

    fn scroll_text_mut(&mut self) -> Option<&mut ScrollText> {
        self.text.as_mut()
    }

    fn on_open(&self) -> Option<Request> {
        Some(VerifyAuditChain { checkpoints: Vec::new(), range: AuditRange::FromStart }.into())
    }

    fn on_reply(&mut self, reply: &mut Reply, ctx: &UpdateContext<'_>) -> Option<PressResult<()>> {
        let Reply::Response(Response::VerifyAuditChain(verified)) = reply else { return None };
        self.set_report(&verified.report, ctx.dates.get());
        Some(Ok(Intent::Stay))
    }

    fn on_read_error(&mut self, error: Error, _ctx: &UpdateContext<'_>) -> Intent {
        self.text = Some(ScrollText::default().row(LineStyle::Warning, format!("! {error}")));
        Intent::Stay
    }

    fn press(&mut self, (): (), _ctx: &UpdateContext<'_>) -> PressResult<()> {
        Ok(Intent::Close(None))
    }

    fn draw(&self, layout: &mut FormLayout<'_, ()>, _model: &Model) {
        match &self.text {
            Some(text) => text.draw(layout),
            None => layout.text_line("Verifying the audit log from the first row…", Style::new()),
        }
        if !is_tight(layout.rows) {
            layout.blank();
        }
    }
}
