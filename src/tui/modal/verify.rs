//! The verification of the audit log by its hash chain.

use ratatui::style::Style;

use crate::domain::chain::ChainReport;
use crate::domain::checkpoint::{NO_CHECKPOINT_ADVICE, hex};
use crate::domain::time::Zone;
use crate::error::Error;
use crate::tui::keymap::Context;
use crate::tui::model::Model;
use crate::tui::screen::{Facts, Outcome};
use crate::tui::widget::field::Field;
use crate::tui::widget::form::{Dialog, Form, Kind, Pressed};
use crate::tui::widget::line::count_noun;
use crate::tui::widget::passage::{Look, Passage, is_tight};
use crate::tui::widget::sheet::Sheet;

/// Columns of the label.
const LABEL: usize = 10;

/// The dialog for the verification.
pub struct Verify {
    told: Option<Passage>,
}

impl Verify {
    /// Opens the dialog without a result.
    pub fn open() -> Form<Self> {
        Form::new(Verify { told: None })
    }

    /// Takes the report of the verification; times are shown in `zone`.
    pub fn tell(&mut self, report: &ChainReport, zone: &dyn Zone) {
        let rows = count_noun(report.rows, "row");
        if report.findings.is_empty() {
            let hash = report.head.map_or_else(|| "none".to_owned(), |(_, hash)| hex(&hash));
            let whole = Passage::default().row(Look::Gain, format!("✓ {rows}, the chain is whole"));
            self.told = Some(
                whole.labelled("Last hash", LABEL, Look::Plain, hash).blank().row(Look::Dim, NO_CHECKPOINT_ADVICE),
            );
            return;
        }
        let head = format!("! {rows} looked at: the audit log is not as it was written");
        let mut told = Passage::default().row(Look::Warning, head);
        for finding in &report.findings {
            told = told.labelled("  ·", 4, Look::Plain, finding.describe(zone));
        }
        if report.omitted > 0 {
            told = told.row(Look::Plain, format!("and {} more", count_noun(report.omitted, "finding")));
        }
        let next = "Keep the store's file as it is, and compare it with a backup.";
        self.told = Some(told.blank().row(Look::Strong, next));
    }

    /// Records that the log could not be read.
    pub fn not_read(&mut self, error: &Error) {
        self.told = Some(Passage::default().row(Look::Warning, format!("! {error}")));
    }
}

impl Dialog for Verify {
    /// The dialog has one part.
    type Slot = ();
    const LABELS: usize = 0;
    const FIELDS: Context = Context::Verified;

    fn title(&self) -> String {
        "Is the audit log whole".to_owned()
    }

    fn slots(&self) -> Vec<((), Kind)> {
        vec![((), Kind::Field)]
    }

    fn field(&mut self, (): ()) -> Option<&mut Field> {
        None
    }

    fn passage(&self) -> Option<&Passage> {
        self.told.as_ref()
    }

    fn passage_mut(&mut self) -> Option<&mut Passage> {
        self.told.as_mut()
    }

    fn press(&mut self, (): (), _facts: &Facts<'_>) -> Pressed<()> {
        Ok(Outcome::Close)
    }

    fn fill(&self, sheet: &mut Sheet<'_, ()>, _model: &Model) {
        match &self.told {
            Some(told) => told.fill(sheet),
            None => sheet.text("Following the chain from its first row…", Style::new()),
        }
        if !is_tight(sheet.rows) {
            sheet.blank();
        }
    }
}
