//! The user's keys in TOML: a table for each context, and in it the keys of an action.

use toml_edit::{Document, Item, TableLike};

use super::{Action, BINDINGS, Binding, Context, Key, Keymap};
use crate::domain::suggest::did_you_mean;
use crate::domain::untrusted_text::excerpt;
use crate::error::{Error, Result};
use crate::import::toml_message::plain_words;

/// Maximum number of quoted characters of a name or key.
const MAX_QUOTED: usize = 32;
const MAX_KEYS: usize = 8;

/// A line of the file that sets keys.
struct Setting {
    line: usize,
    context: Context,
    action: Action,
}

/// Returns the keys that `text` describes. Errors call the text `name`.
///
/// # Errors
/// [`crate::error::Kind::Usage`] with the first line that can't be used.
pub(super) fn parse(name: &str, text: &str) -> Result<Keymap> {
    let fault = |line: usize, error: Error| {
        let why = format!("line {line}: {}", error.what_and_why());
        let next = error.next.unwrap_or_else(|| "Correct this line".to_owned());
        Error::usage(format!("the default keys are used, because {name} has a fault")).why(why).next(next)
    };
    let document = Document::parse(text).map_err(|e| {
        let line = e.span().map_or(1, |span| line_at(text, span.start));
        fault(line, Error::usage(plain_words(e.message())))
    })?;
    let line = |key: &str, table: &dyn TableLike| {
        line_at(text, table.key(key).and_then(|key| key.span()).map_or(0, |span| span.start))
    };
    let mut keymap = Keymap::default();
    let mut settings = Vec::new();
    let root = document.as_table();
    for (key, item) in root.iter() {
        let (context, table) = context(key, item).map_err(|e| fault(line(key, root), e))?;
        for (key, item) in table.iter() {
            let line = line(key, table);
            let (action, keys) = action(context, key, item).map_err(|e| fault(line, e))?;
            keymap.set(context, action, keys);
            settings.push(Setting { line, context, action });
        }
    }
    match settings.iter().find_map(|setting| Some((setting.line, keymap.conflict(setting)?))) {
        Some((line, error)) => Err(fault(line, error)),
        None => Ok(keymap),
    }
}

fn line_at(text: &str, byte: usize) -> usize {
    text.as_bytes().iter().take(byte).filter(|byte| **byte == b'\n').count() + 1
}

/// Returns the context with this name, and its table.
fn context<'a>(name: &str, item: &'a Item) -> Result<(Context, &'a dyn TableLike)> {
    let known = || Context::ALL.into_iter().filter(|context| !context.is_fixed());
    let Some(context) = Context::ALL.into_iter().find(|context| context.name() == name) else {
        let error = Error::usage(format!("there is no place [{}]", excerpt(name, MAX_QUOTED)));
        let error = did_you_mean(error, name, known().map(Context::name));
        let names = || format!("The places are: {}", known().map(Context::name).collect::<Vec<_>>().join(", "));
        let next = error.next.clone().unwrap_or_else(names);
        return Err(error.next(next));
    };
    if context.is_fixed() {
        return Err(Error::usage(format!("the keys of [{name}] can't be changed")).next("Remove this table"));
    }
    let table = item.as_table_like().ok_or_else(|| {
        Error::usage(format!("{name} must be a table"))
            .next(format!("Write the line [{name}], and below it lines such as quit = \"Q\""))
    })?;
    Ok((context, table))
}

/// Returns the action with this name in `context`, and its keys.
fn action(context: Context, name: &str, item: &Item) -> Result<(Action, Vec<Key>)> {
    let names = || BINDINGS.iter().filter(|b| b.contexts.contains(&context)).map(|b| b.action.name());
    let binding = BINDINGS.iter().find(|b| b.contexts.contains(&context) && b.action.name() == name);
    let Some(Binding { action, .. }) = binding else {
        let what = format!("there is no action \"{}\" in [{}]", excerpt(name, MAX_QUOTED), context.name());
        let error = did_you_mean(Error::usage(what), name, names());
        let next = error.next.clone().unwrap_or_else(|| {
            format!("The actions of [{}] are: {}", context.name(), names().collect::<Vec<_>>().join(", "))
        });
        return Err(error.next(next));
    };
    let texts: Option<Vec<&str>> = match (item.as_str(), item.as_array()) {
        (Some(text), _) => Some(vec![text]),
        (None, Some(array)) => array.iter().map(|value| value.as_str()).collect(),
        (None, None) => None,
    };
    let Some(texts) = texts.filter(|texts| (1..=MAX_KEYS).contains(&texts.len())) else {
        return Err(Error::usage(format!("{name} must be a key in quotes, or a list of 1 to {MAX_KEYS} keys"))
            .next(format!("Write it like this: {name} = \"Ctrl-r\"  or: {name} = [\"r\", \"F5\"]")));
    };
    let mut keys = Vec::new();
    for text in texts {
        let key = Key::parse(text).ok_or_else(|| {
            let what = format!("\"{}\" is not a key that a terminal can send", excerpt(text, MAX_QUOTED));
            Error::usage(what).next("Write a key such as x, X, Ctrl-r, Alt-x, F5, Space, PgDn, Del or Shift-Down")
        })?;
        check_for_fields(context, key)?;
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    Ok((*action, keys))
}

/// Refuses a key that would take text from a field.
fn check_for_fields(context: Context, key: Key) -> Result<()> {
    let edits = || super::text_field_action(key).is_some();
    let why = match context {
        // What is typed too early for the next field must press no button.
        Context::Button if key.is_typed() => {
            "the key types a character, so fast typing could press a button by accident"
        }
        _ if context.has_text_field() && key.is_typed() => "the key types into the text field there",
        _ if context.has_text_field() && edits() => "the key edits the text field there",
        _ => return Ok(()),
    };
    let next = "Use a key such as F5, Ctrl-t or Alt-x";
    Err(Error::usage(format!("{key} can't be used in [{}]", context.name())).why(why).next(next))
}

impl Keymap {
    /// Returns the fault of the keys of `setting`: a key with two actions, or one that makes a change in two presses.
    fn conflict(&self, setting: &Setting) -> Option<Error> {
        let own = self.binding(setting.context, setting.action)?;
        own.keys.iter().find_map(|key| {
            let others = self.bindings.iter().filter(|b| b.keys.contains(key));
            let others = others.flat_map(|b| b.contexts.iter().map(|context| (*context, b.action)));
            others.filter(|other| !is_default(*key, (setting.context, setting.action), *other)).find_map(|other| {
                let name = |(context, action): (Context, Action)| format!("{} in [{}]", action.name(), context.name());
                let (own, named) = (name((setting.context, setting.action)), name(other));
                let (context, action) = other;
                let is_fixed = |other: (Context, Action)| other.0.is_fixed() || is_fixed_key(*key, other);
                let next = match (is_fixed((setting.context, setting.action)), is_fixed(other)) {
                    (false, true) => format!("Use another key for {own}"),
                    (true, false) => format!("Use another key for {named}"),
                    (false, false) | (true, true) => "Use another key for one of them".to_owned(),
                };
                if action != setting.action && context.meets(setting.context) {
                    let what = format!("{key} would be the key for {own} and for {named}");
                    return Some(Error::usage(what).next(next));
                }
                let both = [(setting.context, setting.action), other];
                (confirms(both) || confirms([both[1], both[0]])).then(|| {
                    Error::usage(format!("{key} would open a question, and {key} again would answer yes"))
                        .why(format!("{key} would be the key for {own} and for {named}"))
                        .next(next)
                })
            })
        })
    }
}

/// Returns `true` if the first action opens a question that the second one answers with yes.
fn confirms([(_, asks), (context, answer)]: [(Context, Action); 2]) -> bool {
    match context {
        Context::Form | Context::Choice | Context::Button | Context::Confirm => {
            asks.is_change() && matches!(answer, Action::Accept | Action::Select)
        }
        Context::DiscardDraft | Context::DiscardSecret | Context::PickerDiscard => {
            matches!(asks, Action::Cancel | Action::Quit) && answer == Action::Discard
        }
        _ => false,
    }
}

/// Returns `true` if both actions have `key` by default.
fn is_default(key: Key, one: (Context, Action), two: (Context, Action)) -> bool {
    [one, two].into_iter().all(|one| has_by_default(key, one))
}

/// Returns `true` if `key` always has this action, whatever the file sets.
fn is_fixed_key(key: Key, one: (Context, Action)) -> bool {
    key.is_fixed() && has_by_default(key, one)
}

fn has_by_default(key: Key, (context, action): (Context, Action)) -> bool {
    BINDINGS.iter().any(|b| b.action == action && b.contexts.contains(&context) && b.keys.contains(&key))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> Key {
        Key::parse(text).unwrap()
    }

    #[test]
    fn keys_of_the_user_replace_those_of_one_place() {
        let keymap =
            parse("k", "[tokens]\nrevoke = \"X\"\nedit-token = [\"F2\", \"Alt-e\"]\n[trash]\nsort = \"Ctrl-o\"\n");
        let keymap = keymap.unwrap();
        let keys = |context, action| keymap.binding(context, action).unwrap().keys.to_vec();
        assert_eq!(keys(Context::Tokens, Action::Revoke), [key("X")]);
        assert_eq!(keys(Context::Tokens, Action::EditToken), [key("F2"), key("Alt-e")]);
        assert_eq!(keys(Context::Trash, Action::Sort), [key("Ctrl-o")]);
        assert_eq!(keys(Context::Tokens, Action::Sort), [key("s")], "the same row of the table, in another place");
        assert_eq!(keymap.bindings.len(), BINDINGS.len() + 1);
    }

    #[test]
    fn named_keys_keep_their_actions() {
        let keymap = parse("k", "[form]\ncancel = \"Ctrl-g\"\n[every-screen]\ndown = \"Ctrl-n\"").unwrap();
        assert_eq!(keymap.binding(Context::Form, Action::Cancel).unwrap().keys.to_vec(), [key("Ctrl-g"), key("Esc")]);
        assert_eq!(keymap.binding(Context::Global, Action::Down).unwrap().keys.to_vec(), [key("Ctrl-n"), key("Down")]);
    }

    #[test]
    fn keys_can_be_exchanged() {
        let keymap = parse("k", "[tokens]\nrevoke = \"d\"\ndisable-or-enable = \"x\"").unwrap();
        assert_eq!(keymap.key(Context::Tokens, Action::Revoke), "d");
    }

    #[test]
    fn every_default_key_can_be_written() {
        for binding in BINDINGS.iter().filter(|b| !b.contexts.iter().all(|context| context.is_fixed())) {
            for key in binding.keys.iter() {
                assert_eq!(Key::parse(&key.to_string()), Some(*key), "{key}");
            }
            for context in binding.contexts.iter() {
                let keys: Vec<String> = binding.keys.iter().map(|key| format!("\"{key}\"")).collect();
                let text = format!("[{}]\n{} = [{}]", context.name(), binding.action.name(), keys.join(", "));
                parse("k", &text).unwrap_or_else(|error| panic!("{text}: {error}"));
            }
        }
    }

    #[test]
    fn faults_name_line_reason_and_next_step() {
        let faults = [
            "[tokens]\nrevoke = \"q\"",
            "[tokens]\nrevoke = \"e\"",
            "[tokens]\nrevoke = \"Enter\"",
            "[tokens]\nrevoke = \"Ctrl-c\"",
            "[every-screen]\nquit = \"x\"",
            "[tokens]\nrevoke = \"F8\"\n[form]\naccept = \"F8\"",
            "[button]\naccept = \"F8\"\n[tokens]\n\ndisable-or-enable = \"F8\"",
            "[new-secret]\ncancel = \"d\"",
            "[form]\naccept = \"y\"",
            "[button]\naccept = \"y\"",
            "[filter]\nsave-filter = \"Ctrl-w\"",
            "[tokens]\nrevok = \"X\"",
            "[tokens]\nfly = \"X\"",
            "[token]\nrevoke = \"X\"",
            "[text-field]\nleft = \"F2\"",
            "tokens = \"X\"",
            "[tokens]\nrevoke = 1",
            "[tokens]\nrevoke = []",
            "[tokens]\nrevoke = \"Ctrl-m\"",
            "[tokens]\nrevoke = \"a\\u001b[2J\"",
            "[tokens\n",
        ];
        let errors: Vec<String> = faults.iter().map(|text| parse("k", text).unwrap_err().to_string()).collect();
        insta::assert_snapshot!(errors.join("\n"), @r#"
        the default keys are used, because k has a fault: line 2: q would be the key for revoke in [tokens] and for quit in [every-screen]. Use another key for one of them
        the default keys are used, because k has a fault: line 2: e would be the key for revoke in [tokens] and for edit-token in [tokens]. Use another key for one of them
        the default keys are used, because k has a fault: line 2: Enter would be the key for revoke in [tokens] and for details in [tokens]. Use another key for revoke in [tokens]
        the default keys are used, because k has a fault: line 2: Ctrl-c would be the key for revoke in [tokens] and for interrupt in [everywhere]. Use another key for revoke in [tokens]
        the default keys are used, because k has a fault: line 2: x would be the key for quit in [every-screen] and for revoke in [tokens]. Use another key for one of them
        the default keys are used, because k has a fault: line 2: F8 would open a question, and F8 again would answer yes: F8 would be the key for revoke in [tokens] and for accept in [form]. Use another key for one of them
        the default keys are used, because k has a fault: line 2: F8 would open a question, and F8 again would answer yes: F8 would be the key for accept in [button] and for disable-or-enable in [tokens]. Use another key for one of them
        the default keys are used, because k has a fault: line 2: d would open a question, and d again would answer yes: d would be the key for cancel in [new-secret] and for discard in [picker-discard]. Use another key for one of them
        the default keys are used, because k has a fault: line 2: y can't be used in [form]: the key types into the text field there. Use a key such as F5, Ctrl-t or Alt-x
        the default keys are used, because k has a fault: line 2: y can't be used in [button]: the key types a character, so fast typing could press a button by accident. Use a key such as F5, Ctrl-t or Alt-x
        the default keys are used, because k has a fault: line 2: Ctrl-w can't be used in [filter]: the key edits the text field there. Use a key such as F5, Ctrl-t or Alt-x
        the default keys are used, because k has a fault: line 2: there is no action "revok" in [tokens]. Did you mean: revoke?
        the default keys are used, because k has a fault: line 2: there is no action "fly" in [tokens]. The actions of [tokens] are: create-token, edit-token, copy-token, regenerate-token, disable-or-enable, revoke, filter, end-overlap, undo-or-restore, mark, extend-down, extend-up, down, up, mark-all, sort, columns, saved-filters, all-or-mine, expiring, stale, still-tried, trash, purge, refresh, details, copy-hint, cancel
        the default keys are used, because k has a fault: line 1: there is no place [token]. Did you mean: tokens?
        the default keys are used, because k has a fault: line 1: the keys of [text-field] can't be changed. Remove this table
        the default keys are used, because k has a fault: line 1: tokens must be a table. Write the line [tokens], and below it lines such as quit = "Q"
        the default keys are used, because k has a fault: line 2: revoke must be a key in quotes, or a list of 1 to 8 keys. Write it like this: revoke = "Ctrl-r"  or: revoke = ["r", "F5"]
        the default keys are used, because k has a fault: line 2: revoke must be a key in quotes, or a list of 1 to 8 keys. Write it like this: revoke = "Ctrl-r"  or: revoke = ["r", "F5"]
        the default keys are used, because k has a fault: line 2: "Ctrl-m" is not a key that a terminal can send. Write a key such as x, X, Ctrl-r, Alt-x, F5, Space, PgDn, Del or Shift-Down
        the default keys are used, because k has a fault: line 2: "a\u{1b}[2J" is not a key that a terminal can send. Write a key such as x, X, Ctrl-r, Alt-x, F5, Space, PgDn, Del or Shift-Down
        the default keys are used, because k has a fault: line 1: the name of the table has no closing bracket ]. Correct this line
        "#);
    }

    #[test]
    fn no_key_of_the_table_conflicts_with_another() {
        let keymap = Keymap::default();
        for binding in BINDINGS {
            for context in binding.contexts.iter() {
                let setting = Setting { line: 1, context: *context, action: binding.action };
                assert!(keymap.conflict(&setting).is_none());
                let same = BINDINGS.iter().filter(|b| b.action == binding.action && b.contexts.contains(context));
                assert_eq!(same.count(), 1, "{} in {context:?}", binding.action.name());
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_keys_or_an_error(text in ".{0,80}", key in "\\PC{0,8}") {
            let _ = parse("k", &text);
            let _ = Key::parse(&key);
            if let Some(parsed) = Key::parse(&key) {
                prop_assert_eq!(Key::parse(&parsed.to_string()), Some(parsed));
            }
        }
    }
}
