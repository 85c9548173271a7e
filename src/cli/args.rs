//! The tree of commands. Only words: what they mean is read by the domain's own parsers, so that every refusal sounds
//! alike.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand};

use super::catalogue::CatalogueCommand;
use crate::domain::secret::stands_in;
use crate::domain::text::{shown, shown_lines};

const EXAMPLES: &str = "\
Examples:
  jeton                                           the screens
  jeton init --username ops                       set up the store and its first owner
  jeton token create ci-deploy --expires 30d      a new token; its secret is shown once
  jeton token delete ci-deploy                    denied from the next request on
  jeton verify --method environment.control.StopEnv < secret

Exit codes:
  0 ok · 1 failure · 2 usage · 3 not found · 4 not authenticated, not permitted or denied
  5 conflict (name taken, limit reached, changed meanwhile, confirmation differs) · 130 cancelled";

/// Issues, governs and revokes API tokens.
#[derive(Debug, Parser)]
#[command(name = "jeton", version, after_help = EXAMPLES, disable_help_subcommand = true, max_term_width = 100)]
pub struct Line {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do; the screens without one.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What holds for every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options for every command")]
pub struct Global {
    /// The store's file
    #[arg(long, global = true, value_name = "PATH")]
    pub store: Option<PathBuf>,
    /// The account that asks
    #[arg(long, global = true, value_name = "U")]
    pub user: Option<String>,
    /// Read the password from the first line of stdin
    #[arg(long, global = true, conflicts_with = "password_file")]
    pub password_stdin: bool,
    /// Read the password from the first line of a file that only you can read
    #[arg(long, global = true, value_name = "PATH")]
    pub password_file: Option<PathBuf>,
    /// Print data as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Print the bare value and no messages
    #[arg(long, global = true)]
    pub quiet: bool,
    /// Never prompt: a missing credential is exit 4, a missing confirmation 5
    #[arg(long, global = true)]
    pub no_input: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set up the store and its first owner
    Init(InitArgs),
    /// Generate, look at and revoke tokens
    #[command(subcommand, visible_alias = "tokens")]
    Token(TokenCommand),
    /// Look at and change the methods and API sets that tokens are given
    #[command(subcommand)]
    Catalogue(CatalogueCommand),
    /// Check the secret on stdin: exit 0 when it is allowed, 4 when it is denied
    Verify(VerifyArgs),
    /// Who asks, and what holds for them
    Whoami,
    /// Try the screens on a throw-away store with sample data
    Demo,
}

/// `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The first owner's name
    #[arg(long, value_name = "U")]
    pub username: Option<String>,
    /// What secrets start with [default: jtn]
    #[arg(long, value_name = "P")]
    pub prefix: Option<String>,
    /// A catalogue of methods beside jeton's own: cloud-platform, a sample, or a file
    #[arg(long, value_name = "NAME|FILE")]
    pub catalogue: Option<String>,
    /// Members and viewers may only see, disable and delete their own tokens
    #[arg(long)]
    pub no_self_service: bool,
}

/// `token …`.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// A new token; its secret is shown once
    Create(CreateArgs),
    /// The tokens you may see
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Everything about a token but its secret, with usage
    Show(OneToken),
    /// Switch tokens off; they are kept
    Disable(SomeTokens),
    /// Switch tokens on
    Enable(SomeTokens),
    /// A new secret for a token; the old one dies at once
    Regenerate(RegenerateArgs),
    /// Put tokens into the trash; they are denied from the next request on
    #[command(visible_aliases = ["rm", "remove", "destroy"])]
    Delete(DeleteArgs),
    /// Take a token out of the trash, disabled
    Restore(RestoreArgs),
}

/// A token on the command line.
#[derive(Debug, Args)]
pub struct OneToken {
    /// Its name, account/name, hint or id
    pub token: String,
}

/// Tokens on the command line.
#[derive(Debug, Args)]
pub struct SomeTokens {
    /// Their names, account/name, hints or ids
    #[arg(required = true, value_name = "TOKEN")]
    pub tokens: Vec<String>,
}

/// `token create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// The token's name, unique in its account
    pub name: String,
    /// Whose it will be [default: yours]
    #[arg(long, value_name = "A")]
    pub account: Option<String>,
    /// What it is for, up to 200 characters
    #[arg(long, value_name = "T")]
    pub description: Option<String>,
    /// never, a day (31-12-2026: its end) or a span (12h, 30d, 6mo, 1y) [default: the policy's, 90d]
    #[arg(long, value_name = "E")]
    pub expires: Option<String>,
    /// An API set it may call; again for more
    #[arg(long, value_name = "SET", conflicts_with_all = ["method", "inherit"])]
    pub set: Vec<String>,
    /// A method it may call; again for more
    #[arg(long, value_name = "M", conflicts_with = "inherit")]
    pub method: Vec<String>,
    /// It may call whatever its account's role permits, now and later
    #[arg(long)]
    pub inherit: bool,
    /// Save the secret to a new file instead of printing it
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `token list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only this account's
    pub account: Option<String>,
    /// Only those that are active, disabled, expired or deleted
    #[arg(long, value_name = "S")]
    pub status: Option<String>,
    /// Only those with these words in name, description, account or hint; takes fields such as seen:never
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Those in the trash instead
    #[arg(long)]
    pub trash: bool,
}

/// `token regenerate`.
#[derive(Debug, Args)]
pub struct RegenerateArgs {
    /// Which token: name, account/name, hint or id
    pub token: String,
    /// A new expiry; the old one stays without it
    #[arg(long, value_name = "E")]
    pub expires: Option<String>,
    /// Save the secret to a new file instead of printing it
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `token delete`.
#[derive(Debug, Args)]
pub struct DeleteArgs {
    /// Which tokens
    #[command(flatten)]
    pub some: SomeTokens,
    /// The token's name again; for several, their number
    #[arg(long, value_name = "NAME|N")]
    pub confirm: Option<String>,
}

/// `token restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// Which token: name, account/name, hint or id
    pub token: String,
    /// A new name, where its own is taken meanwhile
    #[arg(long = "as", value_name = "NEW")]
    pub rename: Option<String>,
}

/// `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The method that is to be called
    #[arg(long, value_name = "M")]
    pub method: Option<String>,
}

/// What to print instead of running: help, the version, or what is wrong with the line.
pub struct Stop {
    /// What to print.
    pub text: String,
    /// Whether it was asked for.
    pub wanted: bool,
}

/// Reads the line. Nothing of it comes back raw: a refused line is read once more with its hostile characters written
/// out, so that what clap quotes can neither drive a terminal nor forge a line.
///
/// # Errors
/// What to print instead.
pub fn read(args: impl Iterator<Item = OsString>) -> Result<Line, Stop> {
    let mut words = vec!["jeton".to_owned()];
    for (index, word) in args.enumerate().skip(1) {
        words.push(
            word.into_string()
                .map_err(|_| Stop { text: format!("error: argument {index} is not UTF-8\n"), wanted: false })?,
        );
    }
    if let Some(index) = words.iter().position(|w| stands_in(w)) {
        let text = format!(
            "error: argument {index} is, or holds, a secret: what stands on a command line can be seen by others\n  \
             Give it to verify on stdin. Whoever saw it can use it: give the token a new one with regenerate\n"
        );
        return Err(Stop { text, wanted: false });
    }
    parse(&words).map_err(|stop| {
        let safe: Vec<String> = words.iter().map(|w| shown(w).into_owned()).collect();
        parse(&safe).err().unwrap_or(stop)
    })
}

fn parse(words: &[String]) -> Result<Line, Stop> {
    let command = Line::command().color(ColorChoice::Never);
    let parsed = command.try_get_matches_from(words).and_then(|found| Line::from_arg_matches(&found));
    parsed.map_err(|e| Stop { text: shown_lines(&e.render().to_string()), wanted: !e.use_stderr() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_sound() {
        Line::command().debug_assert();
    }
}
