//! The rows above the token table and the lines next to it.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::TokenList;
use crate::domain::catalogue::Catalogue;
use crate::domain::policy::Policy;
use crate::domain::query::token_filter::TokenFilter;
use crate::domain::role::Role;
use crate::domain::time::relative;
use crate::domain::token::{Status, Token};
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::{token_details, token_usage};
use crate::tui::model::Model;
use crate::tui::text_fit::group_digits;
use crate::tui::widget::key_hints::truncate_with_hint;
use crate::verbs::ports::MAX_TRIED_COUNT;
use crate::verbs::tokens::{TokenDetails, TokenSummary};

/// Returns the number of active tokens, of those that expire soon, and of those that are still tried. Among them are tokens in
/// the trash, which `T` in the list doesn't show.
pub(super) fn facts(list: &TokenList, model: &Model) -> Vec<(String, Style)> {
    let theme = &model.theme;
    let TokenSummary { still_tried, tried_in_trash, .. } = list.summary;
    let (tried, what) = match (list.options.trashed, list.options.tried && tried_in_trash > 0) {
        (true, _) => (tried_in_trash, "tried"),
        (false, true) => (tried_in_trash, "more in trash"),
        (false, false) => (still_tried + tried_in_trash, "tried"),
    };
    let tried = match tried {
        0 => None,
        MAX_TRIED_COUNT.. => Some(format!("‼ {}+ {what}", group_digits(MAX_TRIED_COUNT))),
        n => Some(format!("‼ {n} {what}")),
    };
    if list.options.trashed {
        let keep = model.me.as_ref().map_or_else(|| Policy::default().trash, |me| me.policy.trash);
        let trash = (format!("Trash, restorable for {}", keep.describe()), theme.strong);
        return [trash].into_iter().chain(tried.map(|tried| (tried, theme.danger))).collect();
    }
    let active = match list.summary.limit {
        0 => format!("{} active", list.summary.active),
        limit => format!("{} of {limit} active", list.summary.active),
    };
    let soon = match list.summary.expiring {
        0 => String::new(),
        n => format!("! {} soon", group_digits(n)),
    };
    let facts = [(active, Style::new()), (soon, theme.warning)];
    facts.into_iter().chain(tried.map(|tried| (tried, theme.danger))).collect()
}

/// Returns the reason why nothing matches the filter, if it is known.
pub(super) fn no_match_hint(filter: &TokenFilter, trashed: bool, context: Context, model: &Model) -> Option<String> {
    if filter.status == Some(Status::Deleted) && !trashed {
        let key = model.keymap.key(context, Action::Trash);
        return Some(format!("Revoked tokens are in the trash: {key} shows it."));
    }
    unknown_method(filter, &model.catalogues)
}

/// Says that the filter's method is in no catalogue, neither as a method nor as a set. `None` if it is, or if no catalogue
/// is loaded.
fn unknown_method(filter: &TokenFilter, catalogues: &[Catalogue]) -> Option<String> {
    let text = filter.method.as_ref().filter(|_| !catalogues.is_empty())?;
    let ids = catalogues.iter().flat_map(Catalogue::methods).map(|method| method.id.as_str());
    let sets = catalogues.iter().flat_map(|catalogue| &catalogue.sets).map(|set| set.name.as_str());
    let is_known = ids.chain(sets).any(|name| name.to_lowercase().contains(text.as_str()));
    (!is_known).then(|| format!("No method id or set name in the catalogues contains \"{text}\"."))
}

/// Returns `true` if the policy permits the signed-in account to generate tokens.
pub(super) fn can_generate(model: &Model) -> bool {
    model.me.as_ref().is_none_or(|me| me.policy.self_service || me.account.role >= Role::Admin)
}

/// Returns two lines about a token.
pub(super) fn about(token: &Token, details: Option<&TokenDetails>, model: &Model) -> [String; 2] {
    let about = format!("{}  {}  {}", token.name, token.hint, token.description);
    let used = details.map_or_else(String::new, |details| token_usage::describe(&details.usage, model.now));
    let used = match token.describe_expected_use() {
        Some(text) => format!("{text}; {used}"),
        None => used,
    };
    match token.overlap(model.now) {
        Some(old) if token.deleted_at.is_none() => {
            let stops = relative(old.retires_at, model.now);
            let key = model.keymap.key(Context::Tokens, Action::EndOverlap);
            [about, format!("old secret {} ends {stops} ({key} ends it now); token: {used}", old.hint)]
        }
        Some(_) | None => [about, used],
    }
}

/// Returns all about a token, as far as there is room.
pub(super) fn pane_lines(
    token: &Token,
    details: Option<&TokenDetails>,
    pane: Rect,
    model: &Model,
) -> Vec<Line<'static>> {
    let lines = token_details::lines(token, details, usize::from(pane.width), model);
    truncate_with_hint(lines, usize::from(pane.height), model)
}
