//! Errors in the command line: what can't be accepted, why, and the next step.

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::PURGE_ADVICE;
use crate::domain::suggest::{nearest, suggestion};
use crate::error::Error;

/// Maximum number of suggested commands.
const MAX_COMMANDS: usize = 3;
const PURGE: &str = "jeton token purge";

/// Describes `error` about `words`. `None` if the text of `error` is help, or the version.
pub(super) fn usage_error(error: &clap::Error, words: &[String]) -> Option<Error> {
    let tree = super::command();
    let texts = |kind| texts(error, kind);
    let first = |kind| texts(kind).into_iter().next().unwrap_or_default();
    let unknown = first(ContextKind::InvalidSubcommand);
    let (path, command) = command_of(words, &tree, &unknown);
    let see = format!("See: {path} --help");
    let (args, value) = (texts(ContextKind::InvalidArg), first(ContextKind::InvalidValue));
    let arg = args.join(", ");
    let usage = first(ContextKind::Usage).split_whitespace().collect::<Vec<_>>().join(" ");
    let valid = texts(ContextKind::ValidValue).join(", ");
    Some(match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            return None;
        }
        ErrorKind::InvalidSubcommand => unknown_command(&unknown, &path, command, &tree),
        ErrorKind::UnknownArgument if arg.starts_with('-') => Error::usage(format!("{path} has no option {arg}"))
            .next(suggestion(&texts(ContextKind::SuggestedArg)).unwrap_or(see)),
        ErrorKind::UnknownArgument if path == PURGE => Error::usage(format!("unexpected word \"{arg}\""))
            .why("tokens can't be purged one by one")
            .next(PURGE_ADVICE),
        ErrorKind::UnknownArgument => Error::usage(format!("unexpected word \"{arg}\"")).why(form(&usage)).next(see),
        ErrorKind::MissingRequiredArgument => {
            let takes_filter = command.get_arguments().any(|known| known.get_long() == Some("filter"));
            let filter = args.iter().find(|missing| missing.starts_with("--filter"));
            // Tokens are needed only without a filter.
            match filter.filter(|_| args.len() > 1) {
                Some(filter) => Error::usage(format!("the command needs {filter}")).next(see),
                None if takes_filter && arg == "TOKEN" => {
                    Error::usage("the command needs TOKEN or --filter TEXT").next(see)
                }
                None => Error::usage(format!("the command needs {}", args.join(" and "))).why(form(&usage)).next(see),
            }
        }
        ErrorKind::MissingSubcommand => Error::usage(format!("the command after \"{path}\" is missing")).next(see),
        // The only such argument is `METHOD PATH`.
        ErrorKind::WrongNumberOfValues => {
            let names = arg.split(']').next().unwrap_or_default().trim_start_matches('[').replace(' ', " and ");
            Error::usage(format!("the command needs {names} together")).next(see)
        }
        ErrorKind::ArgumentConflict => {
            let others = texts(ContextKind::PriorArg);
            match others.is_empty() || others == args {
                true => Error::usage(format!("{arg} was given twice")).next("Use this option once"),
                false => Error::usage(format!("{arg} can't be used together with {}", others.join(" or ")))
                    .next("Use only one of these"),
            }
        }
        ErrorKind::InvalidValue if value.is_empty() => {
            let option = arg.split(' ').next().unwrap_or_default();
            Error::usage(format!("{option} needs a value"))
                .next(format!("Write {arg}. If the value begins with a dash, write {option}=VALUE"))
        }
        ErrorKind::InvalidValue if !valid.is_empty() => {
            Error::usage(format!("invalid value \"{value}\" for {arg}")).next(format!("Use one of: {valid}"))
        }
        ErrorKind::ValueValidation => {
            let why = std::error::Error::source(error).map_or_else(String::new, ToString::to_string);
            let next = match why.split_once(" is not in ") {
                Some((_, range)) => format!("Use a whole number from {}", range.replace("..=", " to ")),
                None if why.contains("zero") => "Use a whole number, at least 1".to_owned(),
                None if why.contains("too large") => "Use a smaller number".to_owned(),
                None => "Use a whole number".to_owned(),
            };
            Error::usage(format!("invalid value \"{value}\" for {arg}")).next(next)
        }
        _ => {
            let text = error.render().to_string();
            let what = text.lines().next().unwrap_or_default();
            Error::usage(what.trim_start_matches("error: ")).next(see)
        }
    })
}

/// Returns the command that `words` name before the `unknown` word, with its full path. Options may come first.
fn command_of<'c>(words: &[String], tree: &'c Command, unknown: &str) -> (String, &'c Command) {
    let (mut path, mut command) = ("jeton".to_owned(), tree);
    let mut words = words.iter().skip(1);
    while let Some(word) = words.next().filter(|word| *word != unknown) {
        if let Some(sub) = command.find_subcommand(word) {
            path = format!("{path} {}", sub.get_name());
            command = sub;
        } else if let Some(name) = word.strip_prefix("--") {
            let option = command.get_arguments().chain(tree.get_arguments()).find(|arg| arg.get_long() == Some(name));
            if option.is_some_and(|arg| arg.get_action().takes_values()) {
                // Its value may look like a command.
                words.next();
            }
        }
    }
    (path, command)
}

/// Returns the texts that clap gives for `kind`, without the brackets around names.
fn texts(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    let plain = |text: &str| {
        let text = text.replace(['<', '>'], "");
        let text = text.trim_end_matches("...");
        let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        inner.filter(|inner| !inner.contains(']')).unwrap_or(text).to_owned()
    };
    match error.get(kind) {
        Some(ContextValue::String(one)) if kind == ContextKind::InvalidValue => vec![one.clone()],
        Some(ContextValue::String(one)) => vec![plain(one)],
        Some(ContextValue::Strings(several)) => several.iter().map(|one| plain(one)).collect(),
        Some(other) => vec![other.to_string()],
        None => Vec::new(),
    }
}

fn form(usage: &str) -> String {
    format!("the form of the command is \"{}\"", usage.trim_start_matches("Usage: "))
}

fn unknown_command(word: &str, path: &str, parent: &Command, tree: &Command) -> Error {
    let similar = similar_commands(word, parent, path);
    let similar = if similar.is_empty() { similar_commands(word, tree, "jeton") } else { similar };
    let error = Error::usage(format!("no command \"{path} {word}\""));
    match suggestion(&similar) {
        Some(_) if similar == [PURGE] => error.next(PURGE_ADVICE),
        Some(question) => error.next(format!("{question} See: {path} --help")),
        None => error.next(format!("See: {path} --help")),
    }
}
/// Returns the commands called `word` at or below `parent`, or else those with a similar name.
fn similar_commands(word: &str, parent: &Command, path: &str) -> Vec<String> {
    let mut all = Vec::new();
    collect(parent, path, &mut all);
    let mut matches: Vec<String> = all.iter().filter(|(name, _)| name == word).map(|(_, path)| path.clone()).collect();
    if matches.is_empty() {
        for name in nearest(word, all.iter().map(|(name, _)| name.as_str())) {
            matches.extend(all.iter().filter(|(known, _)| known == name).map(|(_, path)| path.clone()));
        }
    }
    matches.dedup();
    matches.truncate(MAX_COMMANDS);
    matches
}

/// Collects every name and alias below `parent` with its full command.
fn collect(parent: &Command, path: &str, all: &mut Vec<(String, String)>) {
    for sub in parent.get_subcommands() {
        let whole = format!("{path} {}", sub.get_name());
        all.push((sub.get_name().to_owned(), whole.clone()));
        all.extend(sub.get_all_aliases().map(|alias| (alias.to_owned(), whole.clone())));
        collect(sub, &whole, all);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{EarlyExit, parse_args};

    fn refusal(line: &str) -> String {
        let words = ["jeton"].into_iter().chain(line.split(' ')).map(std::ffi::OsString::from);
        match parse_args(words) {
            Err(EarlyExit::Refused(error)) => error.to_string(),
            Err(EarlyExit::Text { .. }) | Ok(_) => String::new(),
        }
    }

    #[test]
    fn usage_error_names_fault_and_next_step() {
        let lines = [
            "purge ops/ci",
            "token purge ops/ci",
            "token create",
            "token create x --foo",
            "--user ops token create x --expire 3d",
            "--user demo token create",
            "token --user audit create",
            "token show a b",
            "token create x --out a --out-dir b",
            "account role x",
            "token list --sort a --sort b",
            "verify --method",
            "guide foo",
            "demo --tokens 0",
            "token purge --trashed --confirm x",
            "audit --limit 0",
            "demo --no-open",
            "audit foo",
            "list",
        ];
        let refusals: Vec<_> = lines.iter().map(|line| format!("jeton {line}\n  {}", refusal(line))).collect();
        insta::assert_snapshot!(refusals.join("\n"), @r#"
        jeton purge ops/ci
          no command "jeton purge". To purge all expired tokens, run: jeton token purge --expired. To purge all tokens in the trash, run: jeton token purge --trashed. To revoke one token, run: jeton token revoke NAME
        jeton token purge ops/ci
          unexpected word "ops/ci": tokens can't be purged one by one. To purge all expired tokens, run: jeton token purge --expired. To purge all tokens in the trash, run: jeton token purge --trashed. To revoke one token, run: jeton token revoke NAME
        jeton token create
          the command needs NAME: the form of the command is "jeton token create <NAME>...". See: jeton token create --help
        jeton token create x --foo
          jeton token create has no option --foo. See: jeton token create --help
        jeton --user ops token create x --expire 3d
          jeton token create has no option --expire. Did you mean: --expires?
        jeton --user demo token create
          the command needs NAME: the form of the command is "jeton token create <NAME>...". See: jeton token create --help
        jeton token --user audit create
          the command needs NAME: the form of the command is "jeton token create <NAME>...". See: jeton token create --help
        jeton token show a b
          unexpected word "b": the form of the command is "jeton token show [OPTIONS] <TOKEN>". See: jeton token show --help
        jeton token create x --out a --out-dir b
          --out FILE can't be used together with --out-dir DIR. Use only one of these
        jeton account role x
          the command needs ROLE: the form of the command is "jeton account role <NAME> <ROLE>". See: jeton account role --help
        jeton token list --sort a --sort b
          --sort COL was given twice. Use this option once
        jeton verify --method
          --method needs a value. Write --method M. If the value begins with a dash, write --method=VALUE
        jeton guide foo
          invalid value "foo" for PROXY. Use one of: nginx, caddy, traefik, envoy, haproxy, curl, explain, gitleaks, trufflehog
        jeton demo --tokens 0
          invalid value "0" for --tokens N. Use a whole number from 1 to 10000000
        jeton token purge --trashed --confirm x
          invalid value "x" for --confirm N. Use a whole number
        jeton audit --limit 0
          invalid value "0" for --limit N. Use a whole number, at least 1
        jeton demo --no-open
          the command needs --tokens N: the form of the command is "jeton demo --tokens <N> --no-open". See: jeton demo --help
        jeton audit foo
          no command "jeton audit foo". See: jeton audit --help
        jeton list
          no command "jeton list". Did you mean: jeton token list, jeton account list, jeton policy list? See: jeton --help
        "#);
    }

    #[test]
    fn command_of_another_place_is_named() {
        assert!(refusal("revoke ci").contains("jeton token revoke"));
        assert!(refusal("list").contains("jeton token list, jeton account list"));
        assert!(refusal("create x").contains("jeton token create"));
        assert!(refusal("token revok x").contains("jeton token revoke?"));
        assert!(refusal("account passwrd").contains("jeton account passwd?"));
        assert!(refusal("tokne list").contains("jeton token"));
        assert!(!refusal("qqqq").contains("jeton token"));
    }
}
