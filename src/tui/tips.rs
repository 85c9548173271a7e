//! Tips: one line about a screen, each shown once. A screen has at most one tip in a run of the program.

use std::any::Any;

use super::app::App;
use super::effect::Effect;
use super::keymap::{Action, Context, Keymap};
use super::layer::{Layer, ScreenId};
use super::notice::{Notice, NoticeId};
use super::screen::tokens::Tokens;
use super::view_state::ViewChange;

/// A tip about a screen.
struct Tip {
    /// The name under which it is remembered.
    id: &'static str,
    screen: ScreenId,
    applies: fn(&App) -> bool,
    text: fn(&Keymap) -> String,
}

/// All tips. Of those about the same screen, the first one comes first.
static TIPS: [Tip; 6] = [
    Tip {
        id: "keys",
        screen: ScreenId::TOKENS,
        applies: |_| true,
        text: |keys| {
            let key = |action| keys.key(Context::Global, action);
            format!("{} shows this screen's keys · {} finds any command", key(Action::Help), key(Action::Palette))
        },
    },
    Tip {
        id: "marks",
        screen: ScreenId::TOKENS,
        applies: |app| !app.model.is_read_only && tokens(app).is_some_and(|list| !list.marks.is_empty()),
        text: |keys| {
            let key = |action| keys.key(Context::Tokens, action);
            let (all, disable, revoke) = (key(Action::MarkShown), key(Action::SetEnabled), key(Action::Revoke));
            format!("{all} marks all that the filter shows · {disable} and {revoke} act on all marked tokens")
        },
    },
    Tip {
        id: "filter",
        screen: ScreenId::TOKENS,
        applies: |app| tokens(app).is_some_and(|list| list.filter.is_typing()),
        text: |keys| {
            let complete = keys.key(Context::Filter, Action::CompleteFilter);
            format!("Fields narrow a filter: status:expired  account:ci  seen:never · {complete} completes")
        },
    },
    Tip {
        id: "accounts",
        screen: ScreenId::ACCOUNTS,
        applies: |_| true,
        text: |keys| {
            let key = |action| keys.key(Context::Accounts, action);
            format!("{} shows the account's tokens", key(Action::Details))
        },
    },
    Tip {
        id: "policy",
        screen: ScreenId::POLICY,
        applies: |app| !app.model.is_read_only,
        text: |keys| format!("{} changes the rule under the cursor", keys.key(Context::Policy, Action::EditPolicy)),
    },
    Tip {
        id: "denied",
        screen: ScreenId::DENIED,
        applies: |_| true,
        text: |keys| {
            let key = |action| keys.key(Context::Denied, action);
            let (go, group) = (key(Action::GoToToken), key(Action::GroupDenied));
            format!("{go} goes to the token · {group} switches between single attempts and tokens")
        },
    },
];

fn tokens(app: &App) -> Option<&Tokens> {
    let page = app.workspace()?.get(ScreenId::TOKENS)?;
    (page as &dyn Any).downcast_ref()
}

/// The tips of this run.
#[derive(Default)]
pub struct TipState {
    /// `true` if tips are wanted.
    pub is_on: bool,
    /// The screens that have had their tip.
    pub(super) shown: Vec<ScreenId>,
}

/// Shows a tip about the current screen, if there is one and nothing else is shown in its place.
pub(super) fn offer(app: &mut App) -> Option<Effect> {
    let model = &app.model;
    let Layer::Workspace(screen) = app.top_layer() else { return None };
    if !app.tips.is_on || model.notice.is_some() || app.tips.shown.contains(&screen) || model.me.is_none() {
        return None;
    }
    let is_new = |tip: &&Tip| !model.view_state.tips.iter().any(|known| known == tip.id);
    let tip = TIPS.iter().filter(|tip| tip.screen == screen).filter(is_new).find(|tip| (tip.applies)(app))?;
    let notice = Notice { at: model.now, ..Notice::new(NoticeId::Tip, (tip.text)(&model.keymap)) };
    app.tips.shown.push(screen);
    // Not among the messages.
    app.model.notice = Some(notice);
    let change = ViewChange::Tip(tip.id);
    app.model.view_state.apply(&change).ok()?;
    Some(Effect::Remember(change))
}
