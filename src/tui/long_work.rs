//! Progress of work in batches that continues in the background.

use ratatui::text::{Line, Span};

use crate::tui::msg::RequestId;
use crate::tui::text_fit::{group_digits, width};
use crate::tui::theme::Theme;
use crate::verbs::batches::MAX_ATOMIC;
use crate::verbs::request::Request;

/// Work in batches, from its request to its reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LongWork {
    pub id: RequestId,
    /// The work, as a participle.
    participle: &'static str,
    /// Number of finished items and of all items. `None` if all items are changed at once.
    pub counts: Option<(u64, u64)>,
    /// `true` if the work stops after its current batch.
    pub stopping: bool,
}

impl LongWork {
    /// Creates the state for a request just sent.
    pub fn new(id: RequestId, request: &Request) -> Self {
        let (participle, total) = match request {
            Request::ChangeMatching(bulk) => (bulk.change.participles()[1], bulk.confirm),
            Request::PurgeTokens(purge) => ("Purging", purge.confirm),
            _ => ("", 0),
        };
        // Finding the items again can take a second, so the progress is shown before the first batch.
        let counts = (total > MAX_ATOMIC as u64).then_some((0, total));
        LongWork { id, participle, counts, stopping: false }
    }

    pub fn describe(&self) -> String {
        let Some((done, total)) = self.counts else { return String::new() };
        let verb = if self.stopping { "Stopping after" } else { self.participle };
        format!("{verb} {} of {}", group_digits(done), group_digits(total))
    }

    /// Returns a horizontal rule of `columns` columns whose heavy part shows the progress. `with_text` adds the
    /// progress as text.
    pub fn progress_line(&self, columns: usize, with_text: bool, theme: &Theme) -> Line<'static> {
        let text = if with_text { format!(" {} ─", self.describe()) } else { String::new() };
        let columns = columns.saturating_sub(width(&text));
        let (done, total) = self.counts.unwrap_or((0, 1));
        let heavy = done.min(total) as u128 * columns as u128 / u128::from(total.max(1));
        let heavy = usize::try_from(heavy).unwrap_or(columns).min(columns);
        Line::from(vec![
            Span::styled("━".repeat(heavy), theme.accent),
            Span::styled("─".repeat(columns - heavy), theme.dim),
            Span::styled(text, theme.accent),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verbs::tokens::CountTokens;

    #[test]
    fn long_work_rule_is_as_wide_as_the_screen() {
        let theme = Theme::mono();
        for (done, total, heavy) in [(0, 3, 0), (1, 3, 26), (3, 3, 80), (9, 3, 80), (u64::MAX, u64::MAX, 80), (0, 0, 0)]
        {
            let work = LongWork { counts: Some((done, total)), ..LongWork::new(RequestId(1), &CountTokens.into()) };
            let rule = work.progress_line(80, false, &theme);
            assert_eq!(rule.width(), 80);
            assert_eq!(work.progress_line(80, true, &theme).width(), 80);
            assert_eq!(rule.spans[0].content.chars().count(), heavy, "{done} of {total}");
        }
    }
}
