//! The usage of a token, shown next to the token and before it is revoked.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::domain::api_selection::Selection;
use crate::domain::denial_reason::DenialReason;
use crate::domain::recent_usage::ClientUsage;
use crate::domain::time::{Timestamp, ago};
use crate::tui::model::Model;
use crate::tui::text_fit::{count_noun, fit, fold, group_digits, join_to_fit, width};
use crate::tui::theme::Theme;
use crate::verbs::ledger::format_origin;
use crate::verbs::ports::{DenialSummary, DeniedSince, LastDenial, Usage};
use crate::verbs::tokens::TokenDetails;

/// Columns of the labels.
const LABEL: usize = 10;
/// Bars by height, for a day with calls.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The bar of a day without calls.
const NONE: char = '·';
/// Maximum number of callers named.
const MAX_CLIENTS: usize = 3;

/// Returns a bar for each of `days`, scaled to the busiest day.
pub fn sparkline(days: &[u64]) -> String {
    let max = days.iter().copied().max().unwrap_or_default();
    let bar = |uses: &u64| match uses {
        0 => NONE,
        uses => BARS[usize::try_from((u128::from(*uses) * 8).div_ceil(u128::from(max)) - 1).unwrap_or(0).min(7)],
    };
    days.iter().map(bar).collect()
}

/// Describes the selection and its use: `31 methods, 9 used`; `None` if nothing is selected.
pub fn describe_reach(selection: &Selection, shown: &TokenDetails) -> Option<String> {
    let (may, used) = (shown.rights.current.permitted.len() as u64, group_digits(shown.used_methods as u64));
    Some(match selection {
        Selection::Custom(methods) if methods.is_empty() => return None,
        Selection::Custom(methods) if methods.len() as u64 == may => format!("{used} used"),
        Selection::Custom(_) => format!("{} permitted, {used} used", group_digits(may)),
        Selection::Sets(_) | Selection::Inherit => format!("{}, {used} used", count_noun(may, "method")),
    })
}

/// Returns a label and a text, on as many lines as the text needs.
pub fn row(label: &'static str, text: &str, style: Style, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
    let texts = fold(text, columns.saturating_sub(LABEL)).into_iter().enumerate();
    let line = |(at, text)| {
        let label = if at == 0 { label } else { "" };
        Line::from(vec![Span::styled(fit(label, LABEL), theme.dim), Span::styled(text, style)])
    };
    texts.map(line).collect()
}

/// Returns the ledger data of a token in `columns` columns: days, calls, callers and denials.
pub fn lines(usage: &Usage, columns: usize, model: &Model) -> Vec<Line<'static>> {
    let theme = &model.theme;
    let room = columns.saturating_sub(LABEL);
    let row = |label, text: &str, style| row(label, text, style, columns, theme);
    let mut lines = vec![Line::default(), days(usage, columns, model)];
    let calls = format!("{} today, {} in the last 7 days", group_digits(usage.today), group_digits(usage.week));
    lines.extend(row("Calls", &calls, Style::new()));
    for (at, from) in client_rows(&usage.clients, room).iter().enumerate() {
        lines.extend(row(if at == 0 { "From" } else { "" }, from, Style::new()));
    }
    if let Some((count, since, address)) = denials(&usage.denied) {
        let denied = format!("{count} {since}, last from {address}");
        let style = if usage.denied.since == DeniedSince::Week { Style::new() } else { theme.warning };
        lines.extend(row("Denied", &denied, style));
        if let Some(last) = &usage.denied.last {
            let (_, client) = format_origin(&last.address, &last.client);
            // The token exists, so it was not purged.
            let reason = if last.reason == DenialReason::Deleted.as_str() { "revoked" } else { &last.reason };
            lines.extend(row("", &format!("{}, {client} ({reason})", ago(last.at, model.now)), theme.dim));
        }
    }
    lines
}

/// Returns the last days as bars, as many as fit.
fn days(usage: &Usage, columns: usize, model: &Model) -> Line<'static> {
    let label = |days: usize| format!("Calls, {days} days ");
    let count = usage.days.len();
    let shown = count.min(columns.saturating_sub(width(&label(count))));
    let bars = sparkline(&usage.days[count - shown..]);
    Line::from(vec![Span::styled(label(shown), model.theme.dim), Span::styled(bars, model.theme.accent)])
}

/// Returns address, client and calls of the busiest callers, one per line, and the number of further callers.
fn client_rows(origins: &[ClientUsage], room: usize) -> Vec<String> {
    let rows: Vec<_> = origins
        .iter()
        .take(MAX_CLIENTS)
        .map(|origin| {
            let (address, client) = format_origin(&origin.address, &origin.client);
            (address, client, group_digits(origin.uses))
        })
        .collect();
    let widest = |cell: fn(&(String, String, String)) -> &str| rows.iter().map(|r| width(cell(r))).max().unwrap_or(0);
    let count = widest(|row| &row.2);
    let left = room.saturating_sub(count + 4);
    let address = widest(|row| &row.0).min(left.saturating_sub(8).max(left / 2));
    let client = widest(|row| &row.1).min(left.saturating_sub(address));
    let row_text = |(from, with, calls): &(String, String, String)| {
        format!("{}  {}  {calls:>count$}", fit(from, address), fit(with, client))
    };
    let bound = if origins.len() >= Usage::MAX_CLIENTS { "+" } else { "" };
    let more = origins.len().saturating_sub(MAX_CLIENTS);
    rows.iter().map(row_text).chain((more > 0).then(|| format!("and {more}{bound} more"))).collect()
}

/// Returns number, period and last address of the denials. `None` if there were none.
fn denials(denied: &DenialSummary) -> Option<(String, &'static str, String)> {
    let DenialSummary { since, attempts, is_lower_bound: is_least, last, .. } = denied;
    let LastDenial { address, client, .. } = last.as_ref()?;
    let bound = if *is_least { "+" } else { "" };
    Some((format!("{}{bound}", group_digits(*attempts)), since.describe(), format_origin(address, client).0))
}

/// Describes the denials: `denied 14 times since disabled, last from 10.0.0.4`; `None` if there were none.
pub fn describe_denials(denied: &DenialSummary) -> Option<String> {
    let (count, since, address) = denials(denied)?;
    let times = if count == "1" { "time" } else { "times" };
    Some(format!("denied {count} {times} {since}, last from {address}"))
}

/// Returns `true` if a token, or a secret of it, is still tried although it no longer works.
pub fn has_dead_attempts(denied: &DenialSummary) -> bool {
    denied.attempts > 0 && denied.since != DeniedSince::Week
}

/// Describes the usage in a sentence: `1 240 calls today, 8 102 in 7 days, last 3 min ago · mostly from 10.0.0.5
/// (curl/8.5)`. Denied attempts on a dead token or secret come first. A narrow line loses its end.
pub fn describe(usage: &Usage, now: Timestamp) -> String {
    let denied = describe_denials(&usage.denied);
    let Some(seen) = usage.last_seen_at else {
        return denied.map_or_else(|| "never used".to_owned(), |denied| format!("never used · {denied}"));
    };
    // A token with a replaced secret also has a valid one, which may be in use. A dead token has none.
    let dead = has_dead_attempts(&usage.denied) && (usage.today == 0 || usage.denied.since != DeniedSince::Rotated);
    if let Some(denied) = denied.as_ref().filter(|_| dead) {
        let calls =
            if usage.week == 0 { String::new() } else { format!(", {} in 7 days", count_noun(usage.week, "call")) };
        return format!("{denied} · last used {}{calls}", ago(seen, now));
    }
    let mostly = |origin: &ClientUsage| {
        let (address, client) = format_origin(&origin.address, &origin.client);
        format!(" · mostly from {address} ({client})")
    };
    let (week, last) = (group_digits(usage.week), ago(seen, now));
    let calls = match (usage.today, usage.week) {
        (0, 0) => format!("last used {last}"),
        (0, _) => format!("last used {last}, {} in 7 days", count_noun(usage.week, "call")),
        (today, _) => format!("{} today, {week} in 7 days, last {last}", count_noun(today, "call")),
    };
    let mostly = usage.clients.first().map_or_else(String::new, mostly);
    let denied = denied.map_or_else(String::new, |denied| format!(" · {denied}"));
    format!("{calls}{denied}{mostly}")
}

/// Returns `10.0.0.5 (curl/8.5), 10.0.0.9 (python/3.12) and 3 more`, in `columns` columns.
pub fn callers(origins: &[ClientUsage], columns: usize) -> String {
    let texts = origins.iter().map(|origin| {
        let (address, client) = format_origin(&origin.address, &origin.client);
        format!("{address} ({client})")
    });
    join_to_fit(&texts.collect::<Vec<_>>(), columns, origins.len() >= Usage::MAX_CLIENTS)
}

/// Returns `methods used: environment.control_key.StopEnv, …StartEnv and 7 more`, in `columns` columns; `None` if no
/// method was used.
pub fn describe_methods(methods: &[(String, u64)], columns: usize) -> Option<String> {
    let head = match methods {
        [] => return None,
        [_] => "method used: ",
        [..] => "methods used: ",
    };
    let group = |id: &str| id.rfind('.').map(|dot| id[..dot].to_owned());
    let mut before = None;
    let names = methods.iter().map(|(id, _)| {
        let same = group(id).filter(|group| before.as_ref() == Some(group));
        before = group(id);
        same.map_or_else(|| id.clone(), |group| format!("…{}", &id[group.len() + 1..]))
    });
    let names: Vec<String> = names.collect();
    let room = columns.saturating_sub(width(head));
    Some(format!("{head}{}", join_to_fit(&names, room, methods.len() >= Usage::MAX_RECENT_METHODS)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bars_grow_with_the_days() {
        assert_eq!(sparkline(&[]), "");
        assert_eq!(sparkline(&[0, 0]), "··");
        assert_eq!(sparkline(&[0, 1, 2, 3, 4, 5, 6, 7, 8]), "·▁▂▃▄▅▆▇█");
        assert_eq!(sparkline(&[1, u64::MAX]), "▁█");
        assert_eq!(sparkline(&[5, 5]), "██");
    }

    proptest! {
        #[test]
        fn one_column_a_day_and_only_none_is_none(days in prop::collection::vec(any::<u64>(), 0..40)) {
            let bars = sparkline(&days);
            prop_assert_eq!(width(&bars), days.len());
            for (uses, bar) in days.iter().zip(bars.chars()) {
                prop_assert_eq!(*uses == 0, bar == NONE);
            }
        }
    }
}
