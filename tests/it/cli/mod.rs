//! The command line: data on stdout, messages on stderr, exit codes.

mod accounts;
mod arguments;
mod authentication;
mod dates;
mod init;
mod input;
mod issued_role;
mod json;
mod ledger;
mod list_columns;
mod man;
mod notify;
mod output;
mod passwords;
mod scan;
mod scan_git;
mod scan_revoke;
mod server_login;
mod short_names;
mod token_create;
mod token_list;
mod token_revoke;
mod token_revoke_stdin;
mod token_whose;
mod tokens;
mod verify;

fn looks_like_a_secret(line: &str) -> bool {
    let alnum = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_alphanumeric());
    matches!(line.split('_').collect::<Vec<_>>()[..], ["jtn", id, rest] if alnum(id, 8) && alnum(rest, 38))
}
