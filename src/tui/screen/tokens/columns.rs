//! Columns of the token table and of the trash.

use ratatui::style::Style;

use crate::domain::expiry::Expiry;
use crate::domain::policy::Policy;
use crate::domain::query::sort::SortColumn;
use crate::domain::time::{Timestamp, ago, relative};
use crate::domain::token::{Status, Token};
use crate::tui::model::Model;
use crate::tui::theme;
use crate::tui::widget::table_columns::{Cell, TableSpec};
use crate::verbs::tokens::EXPIRING_SOON;

/// The token table. Narrow screens drop the hint first, then the account, which the pane has, then API, then the last use.
pub(super) const TOKENS: TableSpec = TableSpec {
    columns: &[
        ("NAME", 13),
        ("STATUS", 10),
        ("ACCOUNT", 9),
        ("API", 13),
        ("EXPIRES", 11),
        ("LAST SEEN", 15),
        ("HINT", 19),
    ],
    narrower: &[&[(6, 0)], &[(2, 0)], &[(3, 0)], &[(5, 0)]],
    shares: &[(3, 3, 12)],
    sort: &[
        SortColumn::Name,
        SortColumn::Status,
        SortColumn::Account,
        SortColumn::Api,
        SortColumn::Expires,
        SortColumn::LastSeen,
        SortColumn::Hint,
    ],
    has_marks: true,
    ..TableSpec::EMPTY
};

/// The trash. Narrow screens drop API first, then account, then the deletion date.
pub(super) const TRASH: TableSpec = TableSpec {
    columns: &[("NAME", 16), ("ACCOUNT", 12), ("API", 14), ("REVOKED", 13), ("RESTORABLE UNTIL", 16)],
    narrower: &[&[(2, 0)], &[(1, 0)], &[(3, 0)]],
    sort: &[SortColumn::Name, SortColumn::Account, SortColumn::Api],
    has_marks: true,
    ..TableSpec::EMPTY
};

/// Returns the cells of a row of the token table. `tried_at`: the last attempt with a dead secret of the token.
pub(super) fn token_cells(token: &Token, tried_at: Option<Timestamp>, words: &[String], model: &Model) -> Vec<Cell> {
    let (plain, theme) = (Style::new(), &model.theme);
    let (glyph, word, status) = theme::status(token, model.now, theme);
    let live = token.status(model.now) == Status::Active;
    let (expires, expires_style) = expiry_text(token.expiry, live, model);
    let (seen, seen_style) = match (tried_at, token.last_seen_at) {
        (Some(at), _) => (format!("‼ tried {}", brief(&ago(at, model.now))), theme.danger),
        (None, Some(at)) if token.unexpected_use().is_some() => {
            (format!("‼ used {}", brief(&ago(at, model.now))), theme.danger)
        }
        (None, Some(at)) => (ago(at, model.now), plain),
        (None, None) => ("never".to_owned(), plain),
    };
    vec![
        Cell::matching(token.name.as_str(), plain, words, None),
        Cell::new(format!("{glyph} {word}"), status),
        Cell::new(token.owner.username.as_str(), plain),
        Cell::new(token.selection.summary(), plain),
        Cell::new(expires, expires_style),
        Cell::new(seen, seen_style),
        Cell::new(token.hint.as_str(), theme.dim),
    ]
}

/// Returns the cells of a row of the trash.
pub(super) fn trash_cells(token: &Token, words: &[String], model: &Model) -> Vec<Cell> {
    let plain = Style::new();
    vec![
        Cell::matching(token.name.as_str(), plain, words, None),
        Cell::new(token.owner.username.as_str(), plain),
        Cell::new(token.selection.summary(), plain),
        Cell::new(token.deleted_at.map_or_else(String::new, |at| ago(at, model.now)), plain),
        Cell::new(restorable_until(token, model), plain),
    ]
}

/// Returns `ago`, the time since an attempt or a use, in as few columns as the table has: `17 min`.
fn brief(ago: &str) -> String {
    ago.trim_end_matches(" ago").replace("just now", "now").replace("yesterday", "1 day")
}

/// Returns the expiry as the table shows it: `never`, `in 12 days`, `! tomorrow`, `9 days ago`.
fn expiry_text(expiry: Expiry, live: bool, model: &Model) -> (String, Style) {
    match expiry {
        Expiry::Never => ("never".to_owned(), Style::new()),
        Expiry::At(at) => {
            let text = relative(at, model.now);
            let left = at.0.saturating_sub(model.now.0);
            if live && left > 0 && left <= EXPIRING_SOON {
                (format!("! {}", text.trim_start_matches("in ")), model.theme.warning)
            } else {
                (text, if left > 0 { Style::new() } else { model.theme.gone })
            }
        }
    }
}

/// Returns the last day on which the token can be restored.
fn restorable_until(token: &Token, model: &Model) -> String {
    let dates = model.dates.get();
    let keep = model.me.as_ref().map_or_else(|| Policy::default().trash, |me| me.policy.trash);
    match token.deleted_at.and_then(|at| keep.after(at, dates.zone)) {
        Some(until) if until <= model.now => "expired".to_owned(),
        Some(until) => dates.last_day(Expiry::At(until)),
        None => String::new(),
    }
}
