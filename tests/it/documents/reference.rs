//! Reference pages: commands, keys and settings, from the program's own tables.

use std::fmt::Write as _;

use jeton::config::{ENVIRONMENT, ServerField, SettingKey};
use jeton::domain::policy::Policy;
use jeton::tui::keymap::{Context, Keymap};
use jeton::tui::modal::edit_policy::describe_rule;
use jeton::verbs::AuthLevel;
use jeton::verbs::request::VERBS;
use jeton::verbs::required_scope::RequiredScope;

use super::check;

pub const GENERATED: &str = "<!-- Generated: JETON_UPDATE_DOCS=1 cargo test --test it documents -->\n";

/// Escapes a table cell, so that a bar doesn't end it.
pub fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[test]
fn keys() {
    let mut page = format!(
        "# Keys\n\n{GENERATED}\nYou will find every default key of the screens here, by where it works. `?` shows those of \
         the screen you are on.\nWhile a text field has the focus, only Tab, Enter, Esc and Ctrl chords act; all else is \
         typed.\n\nThe name in brackets and the last column are for your own keys: \
         [Choose your own keys](how-to/choose-keys.md).\n"
    );
    let keymap = Keymap::default();
    for context in Context::ALL {
        let mut rows = keymap.rows(context).peekable();
        if rows.peek().is_none() {
            continue;
        }
        let (title, name) = (context.title(), context.name());
        let (place, column, line) = match context.is_fixed() {
            true => (String::new(), "", ""),
            false => (format!("`[{name}]`\n\n"), " name |", "---|"),
        };
        let _ = write!(page, "\n## {title}\n\n{place}| keys | action |{column}\n|---|---|{line}\n");
        for (keys, binding) in rows {
            let keys: Vec<String> = keys.split(' ').map(|key| format!("`{}`", cell(key))).collect();
            let name = match context.is_fixed() || !binding.contexts.contains(&context) {
                true if column.is_empty() => String::new(),
                true => " |".to_owned(),
                false => format!(" `{}` |", binding.action.name()),
            };
            let _ = writeln!(page, "| {} | {} |{name}", keys.join(" "), cell(binding.help));
        }
    }
    check("keys.md", &page);
}

#[test]
fn endpoints() {
    let mut page = format!(
        "# Management API\n\n{GENERATED}\nYou will find every endpoint of the management socket here, with the fields of its \
         request and the proof that it needs.\n[Automate with curl](how-to/automate-with-curl.md) shows how to call \
         them.\n`GET /v1/openapi.json` describes them for programs, with the form of every request and answer \
         (OpenAPI 3.1).\n\nThe fields of a `GET` or `DELETE` are its query, those of other methods are a JSON object in the \
         body. In a query, a text is written\nas it is, and any other value as JSON. `-` in the place of a field in the \
         path means that the field is in the query or body.\n\n`POST /v1/login` with `username`, `password` and `name` \
         opens a login, whose token reads for 12 hours. `POST /v1/confirm` with\n`username` and `password` returns a \
         `proof`: as the header `Jeton-Proof` the proof replaces the password in one call within 60 s.\n\nWho has \
         the secret of a token or login needs nothing else for `GET /v1/self`, which says what it is and may do, \
         and for\n`POST /v1/revoke`, which ends it and also takes a form (RFC 7009). Both are answered at the verify \
         socket, too.\n\n| endpoint | verb \
         | fields | proof |\n|---|---|---|---|\n"
    );
    for (verb, request) in VERBS.iter().zip(crate::verbs::requests()) {
        let Some(endpoint) = verb.endpoint else { continue };
        let request = serde_json::to_value(&request).unwrap();
        let fields =
            request[verb.name].as_object().map(|fields| fields.keys().map(|field| format!("`{field}`")).collect());
        let fields: Vec<String> = fields.unwrap_or_default();
        let proof = match (verb.auth_level, verb.scope) {
            (AuthLevel::Possession, _) => "the secret itself".to_owned(),
            (_, RequiredScope::PasswordOnly) => "password".to_owned(),
            (AuthLevel::Password, scope) => format!("password, or token with {}", methods(scope)),
            (_, RequiredScope::Nothing) => "login or token".to_owned(),
            (_, scope) => format!("login, or token with {}", methods(scope)),
        };
        let path: Vec<&str> = endpoint.path.split('/').map(|part| part.split('.').next().unwrap()).collect();
        let path = path.iter().map(|part| {
            if part.starts_with('{') && !part.ends_with('}') { format!("{part}}}") } else { (*part).to_owned() }
        });
        let path = path.collect::<Vec<_>>().join("/");
        let _ =
            writeln!(page, "| `{} {path}` | {} | {} | {proof} |", endpoint.http_method, verb.name, fields.join(", "));
    }
    check("api.md", &page);
}

fn methods(scope: RequiredScope) -> String {
    scope.methods().iter().map(|method| format!("`{method}`")).collect::<Vec<_>>().join(" or ")
}

#[test]
fn commands() {
    let mut command = jeton::cli::command();
    command.build();
    let mut page = format!(
        "# Commands\n\n{GENERATED}\nYou will find every command with its arguments and options here. `jeton COMMAND \
         --help` says the same.\n"
    );
    let _ = write!(
        page,
        "\n## Options of every command\n\nCommands that need only the store, such as `check` and `audit verify`, refuse `--user` and password options.\n\n"
    );
    options(&mut page, command.get_arguments().filter(|arg| arg.is_global_set()));
    let _ = write!(page, "\n## jeton without a command\n\nOpens the screens.\n\n");
    options(&mut page, command.get_arguments().filter(|arg| is_own(arg) && arg.get_id() != "version"));
    let _ = write!(page, "\n## Exit codes\n\n| code | meaning |\n|---|---|\n");
    for (code, meaning) in jeton::error::EXIT_CODES {
        let _ = writeln!(page, "| {code} | {meaning} |");
    }
    for sub in command.get_subcommands() {
        describe(&mut page, sub, "jeton");
    }
    check("cli.md", &page);
}

/// Describes a command, then its subcommands.
fn describe(page: &mut String, command: &clap::Command, parent: &str) {
    let name = format!("{parent} {}", command.get_name());
    if command.is_hide_set() || command.get_name() == "help" {
        return;
    }
    let below: Vec<_> = command.get_subcommands().filter(|c| c.get_name() != "help").collect();
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let level = if parent == "jeton" { "##" } else { "###" };
    let _ = write!(page, "\n{level} {name}\n\n{about}.\n");
    let aliases: Vec<String> = command.get_visible_aliases().map(|alias| format!("`{alias}`")).collect();
    if !aliases.is_empty() {
        let _ = write!(page, "\nAlso: {}.\n", aliases.join(", "));
    }
    let has_own = command.get_arguments().any(is_own);
    if below.is_empty() || has_own {
        let usage = command.clone().render_usage().to_string();
        let _ = write!(page, "\n```\n{}\n```\n", usage.trim_start_matches("Usage: "));
        if has_own {
            page.push('\n');
            options(page, command.get_arguments().filter(|arg| is_own(arg)));
        }
    }
    for sub in below {
        describe(page, sub, &name);
    }
}

/// Returns `true` if the option belongs to its command alone.
fn is_own(arg: &clap::Arg) -> bool {
    !arg.is_global_set() && !arg.is_hide_set() && arg.get_id() != "help"
}

fn options<'a>(page: &mut String, arguments: impl Iterator<Item = &'a clap::Arg>) {
    page.push_str("| option | meaning |\n|---|---|\n");
    for arg in arguments {
        let value = arg.get_value_names().map(|names| names.join(" ")).filter(|_| arg.get_action().takes_values());
        let name = match (arg.get_long(), arg.get_short()) {
            (Some(long), Some(short)) => format!("-{short}, --{long}"),
            (Some(long), None) => format!("--{long}"),
            _ => String::new(),
        };
        let name =
            [name, value.unwrap_or_default()].into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" ");
        let mut help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let defaults: Vec<_> = arg.get_default_values().iter().map(|v| v.to_string_lossy()).collect();
        if !defaults.is_empty() && arg.get_action().takes_values() {
            let _ = write!(help, " [{}]", defaults.join(", "));
        }
        let _ = writeln!(page, "| `{}` | {} |", cell(&name), cell(&help));
    }
}

#[test]
fn configuration() {
    let mut page = format!(
        "# Configuration\n\n{GENERATED}\nYou will find every setting of a user or a service here, every environment \
         variable, and every rule of the policy.\n\n\
         A setting comes from an option, else an environment variable, else the user's file, else \
         `/etc/jeton/config.toml`, else its default.\nThe user's file is the one `JETON_CONFIG` names, else \
         `jeton/config.toml` in the XDG configuration folder. It is TOML; a dot leads into a table.\n\n\
         ```sh\njeton config list\njeton config set lock.after 15min\njeton config unset lock.after\n```\n\n\
         ## Settings\n\n| key | meaning |\n|---|---|\n"
    );
    for key in SettingKey::all() {
        let _ = writeln!(page, "| `{}` | {} |", key.name(), cell(key.help()));
    }
    for (name, help) in ServerField::help() {
        let _ = writeln!(page, "| `{name}` | {} |", cell(help));
    }
    page.push_str("\n## Environment\n\n| variable | meaning |\n|---|---|\n");
    for (name, help) in ENVIRONMENT {
        let _ = writeln!(page, "| `{name}` | {} |", cell(help));
    }
    page.push_str(
        "\n## Policy\n\nThe rules of an installation are kept in its store. Owners change them: `jeton policy set \
         active_tokens 20`.\nThey hold for what is created from then on.\n\n| rule | default | meaning |\n|---|---|---|\n",
    );
    for (key, default) in Policy::default().pairs() {
        let _ = writeln!(page, "| `{key}` | `{default}` | {} |", cell(describe_rule(key).1));
    }
    check("configuration.md", &page);
}
