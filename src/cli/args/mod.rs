//! The tree of commands. Arguments are plain text here: the domain's parsers read them, so that every face reports the
//! same errors.

mod account;
mod audit;
mod backup;
mod catalogue;
mod config;
mod doctor;
mod guide;
mod ledger;
mod list;
mod notify;
mod policy;
mod restore;
mod scan;
mod serve;
mod shell;
mod token;
mod usage_error;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand};

pub use account::*;
pub use audit::*;
pub use backup::*;
pub use catalogue::*;
pub use config::*;
pub use doctor::*;
pub use guide::*;
pub use ledger::*;
pub use list::*;
pub use notify::*;
pub use policy::*;
pub use restore::*;
pub use scan::*;
pub use serve::*;
pub use shell::*;
pub use token::*;

use crate::domain::secret::contains_secret;
use crate::domain::untrusted_text::escape_untrusted_lines;
use crate::error::Error;

const EXAMPLES: &str = "\
Examples:
  jeton                                           open the screens
  jeton --accessible                              numbered menus, for a screen reader
  jeton init --username ops                       create the store and the first owner
  jeton token create ci-deploy --expires 30d      create a token; its secret is shown once
  jeton token revoke ci-deploy                    revoke a token; its requests are denied
  jeton verify --method environment.control.StopEnv < secret

Exit codes:
  0 ok · 1 failure · 2 usage · 3 not found · 4 not authenticated, not permitted or denied
  5 conflict (name taken, limit reached, changed meanwhile, not confirmed)
  6 findings · 130 cancelled";

/// Issue, limit, watch and revoke API tokens
#[derive(Debug, Parser)]
#[command(name = "jeton", version, after_help = EXAMPLES, disable_help_subcommand = true, max_term_width = 100)]
pub struct Cli {
    /// Use numbered menus for a screen reader instead of the screens
    #[arg(long)]
    pub accessible: bool,
    /// Open screens or menus that change nothing
    #[arg(long)]
    pub readonly: bool,
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The command; `None` opens the screens.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options for every command")]
pub struct GlobalArgs {
    /// Use the store in this file
    #[arg(long, global = true, value_name = "PATH")]
    pub store: Option<PathBuf>,
    /// Use this server: unix:PATH, https://HOST:PORT or a name
    #[arg(long, global = true, value_name = "SERVER", conflicts_with = "store")]
    pub server: Option<String>,
    /// Act as this account
    #[arg(long, global = true, value_name = "U")]
    pub user: Option<String>,
    /// Read the password from the first line of stdin
    #[arg(long, global = true, conflicts_with = "password_file")]
    pub password_stdin: bool,
    /// Read the password from a file that only you can read
    #[arg(long, global = true, value_name = "PATH")]
    pub password_file: Option<PathBuf>,
    /// Print data as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Print only the value, without messages
    #[arg(long, global = true)]
    pub quiet: bool,
    /// Never prompt (exit 4: credential needed, 5: confirmation needed)
    #[arg(long, global = true)]
    pub no_input: bool,
}

impl GlobalArgs {
    /// Returns an option that says who asks. `None` if none was given.
    pub fn identity_option(&self) -> Option<&'static str> {
        let given = [
            ("--user", self.user.is_some()),
            ("--password-stdin", self.password_stdin),
            ("--password-file", self.password_file.is_some()),
        ];
        given.into_iter().find_map(|(option, is_given)| is_given.then_some(option))
    }
}

impl Command {
    /// Returns `true` if being able to open the store is the only proof, so that it doesn't matter who asks.
    pub fn is_proved_by_store(&self) -> bool {
        match self {
            Command::Completions(_) | Command::Complete(_) | Command::Man(_) => true,
            Command::Backup(_)
            | Command::Restore(_)
            | Command::Check(_)
            | Command::Doctor(_)
            | Command::Notify(_)
            | Command::Verify { .. }
            | Command::Guide(_)
            | Command::Serve(_) => true,
            Command::Scan(_) => true,
            Command::Token(command) => {
                matches!(command, TokenCommand::Whose) || matches!(command, TokenCommand::Revoke(args) if args.stdin)
            }
            Command::Audit(args) => args.command.is_some(),
            Command::Catalogue(command) => match command {
                CatalogueCommand::List | CatalogueCommand::Show { .. } => true,
                CatalogueCommand::Check { .. } | CatalogueCommand::Export { .. } => true,
                CatalogueCommand::Apply { .. } | CatalogueCommand::Import(_) => false,
            },
            Command::Init(_) | Command::Account(_) | Command::Policy(_) | Command::Ledger(_) => false,
            Command::Whoami | Command::Login { .. } | Command::Logout | Command::Config(_) | Command::Demo(_) => false,
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set up the store and its first owner
    Init(InitArgs),
    /// Create, inspect, limit and revoke tokens
    #[command(subcommand, visible_alias = "tokens")]
    Token(TokenCommand),
    /// Manage accounts and roles
    #[command(subcommand, visible_alias = "accounts")]
    Account(AccountCommand),
    /// Show and change the rules of this installation
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Show, check and apply catalogues of methods and API sets
    #[command(subcommand)]
    Catalogue(CatalogueCommand),
    /// Read the audit log, newest last, and verify it
    Audit(AuditArgs),
    /// Read the ledger: denied attempts and accepted uses
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Copy the store to a new file, and verify the copy
    ///
    /// The store can be in use at the same time. Everybody who can open the store can run this command. It takes
    /// neither --user nor a password.
    Backup(BackupArgs),
    /// Replace the store with a backup, after a preview
    ///
    /// Everybody who can open the store can run this command. It takes neither --user nor a password. A running service
    /// goes on with the restored store. jeton keeps the old store in a file next to it.
    Restore(RestoreStoreArgs),
    /// Find tokens that expire soon, are unused or still tried (exit 6)
    ///
    /// Everybody who can open the store can run this command, and sees the tokens of all accounts. It takes neither --user nor
    /// a password.
    Check(CheckArgs),
    /// Check the store, configuration, service and more (exit 6: faults)
    ///
    /// The command changes nothing, and goes on after a fault. Everybody who can open the store can run this command. It
    /// takes neither --user nor a password.
    Doctor(DoctorArgs),
    /// Find leaked secrets in files, with token and account (exit 6)
    ///
    /// Everybody who can open the store can run this command. It takes neither --user nor a password. A secret itself is never
    /// printed. Exit 0: no secrets were found. Exit 6: secrets were found, even if no secret works any more. Exit 1: no
    /// secrets were found, but some files could not be searched.
    Scan(ScanArgs),
    /// Send what check finds, once, to the accounts' contacts
    ///
    /// Each account with a contact gets one message about its new findings. The owners get a summary. Notices about an
    /// expiry are sent 30, 14, 7 and 1 days before the expiry. A use from a new network also causes a notice. Everybody
    /// who can open the store can run this command. It takes neither --user nor a password.
    Notify(NotifyArgs),
    /// Verify the secret on stdin (exit 0 allowed, 4 denied)
    ///
    /// Everybody who can open the store can run this command. It takes neither --user nor a password.
    Verify {
        /// Method to check, e.g. orders.List
        #[arg(long, value_name = "M")]
        method: Option<String>,
    },
    /// Serve: verify tokens for applications behind a proxy
    Serve(ServeArgs),
    /// Print a proxy's configuration, or a rule for secret scanners
    ///
    /// Everybody who can open the store can run this command. With a server, you must sign in or use a token.
    Guide(GuideArgs),
    /// Show the current account and its limits
    Whoami,
    /// Remember the account on this machine (never the password)
    ///
    /// With a server, the command also opens a login. While the login works, only changes ask for the password.
    Login {
        /// Account [default: --user, the configured one, or the only one]
        #[arg(value_name = "U")]
        username: Option<String>,
    },
    /// Forget the account and its token, and end the login at the server
    Logout,
    /// Show and change your settings
    #[command(subcommand, after_help = config::settings_help())]
    Config(ConfigCommand),
    /// Print a completion script for a shell
    ///
    /// The script completes commands, options, and the names in the store of this machine. Everybody who can open the store
    /// sees its names. See: docs/how-to/set-up-your-shell.md
    Completions(CompletionsArgs),
    /// Print what completes a command line
    #[command(hide = true)]
    Complete(CompleteArgs),
    /// Write a manual page for each command
    ///
    /// Existing pages of jeton are replaced. If DIR has another file with the name of a page, nothing is written.
    Man(ManArgs),
    /// Open the screens on a throw-away store with sample data
    Demo(DemoArgs),
}

#[derive(Debug, Args)]
pub struct InitArgs {
    /// Name of the first owner
    #[arg(long, value_name = "U")]
    pub username: Option<String>,
    /// Prefix of all secrets [default: jtn]
    #[arg(long, value_name = "P")]
    pub prefix: Option<String>,
    /// Apply this catalogue: a file, or cloud-platform (a sample)
    #[arg(long, value_name = "NAME|FILE")]
    pub catalogue: Option<String>,
    /// Let members and viewers only see, disable and revoke their tokens
    #[arg(long)]
    pub no_self_service: bool,
}

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Create a store with this many tokens at --store, and keep it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub tokens: Option<u32>,
    /// Do not open the screens
    #[arg(long, requires = "tokens")]
    pub no_open: bool,
    /// Write up to 10,000 valid secrets to a new file, one per line
    #[arg(long, value_name = "FILE", requires = "tokens")]
    pub secrets: Option<PathBuf>,
}

/// The next step for somebody who may want to purge a single token.
pub const PURGE_ADVICE: &str = "To purge all expired tokens, run: jeton token purge --expired. To purge all \
                                tokens in the trash, run: jeton token purge --trashed. To revoke one token, run: \
                                jeton token revoke NAME";

/// The answer to a command line that runs nothing.
pub enum EarlyExit {
    /// Help, or the version.
    Text {
        text: String,
        /// `true` if the user asked for the text.
        is_requested: bool,
    },
    /// The command line can't be accepted.
    Refused(Error),
}

/// Parses the command line.
///
/// # Errors
///
/// The answer to give instead.
pub fn parse_args(args: impl Iterator<Item = OsString>) -> Result<Cli, EarlyExit> {
    let mut words = vec!["jeton".to_owned()];
    for (index, word) in args.enumerate().skip(1) {
        words.push(word.into_string().map_err(|_| {
            let error = Error::usage(format!("argument {index} is not UTF-8"));
            EarlyExit::Refused(error.next("Write the argument in UTF-8. If the argument names a file, rename the file"))
        })?);
    }
    if let Some(index) = words.iter().position(|w| contains_secret(w)) {
        return Err(EarlyExit::Refused(
            Error::usage(format!("argument {index} contains a secret"))
                .why("other users of this machine can see command lines, so they could know the secret now")
                .next(
                    "Replace the secret. First put the secret into a file, and find the token: jeton token whose < \
                     FILE. Then run: jeton token regenerate TOKEN. Give secrets to jeton only on stdin",
                ),
        ));
    }
    parse_words(&words)
}

/// The tree of commands.
pub fn command() -> clap::Command {
    Cli::command()
}

fn parse_words(words: &[String]) -> Result<Cli, EarlyExit> {
    let command = command().color(ColorChoice::Never);
    let parsed = command.try_get_matches_from(words).and_then(|parsed| Cli::from_arg_matches(&parsed));
    parsed.map_err(|e| match usage_error::usage_error(&e, words) {
        Some(error) => EarlyExit::Refused(error),
        None => {
            EarlyExit::Text { text: escape_untrusted_lines(&e.render().to_string()), is_requested: !e.use_stderr() }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tree_is_sound() {
        command().debug_assert();
    }

    /// Help is one line that fits, without a full stop. A command's help begins with a verb.
    #[test]
    fn help_is_short_and_imperative() {
        const VERBS: &str = "Append Apply Change Check Copy Create Delete Disable Enable End Export Find Forget Identify Import \
                             List Manage Open Print Purge Read Regenerate Remember Remove Replace Restore Retire Revoke Send Serve Set \
                             Show Verify Write";
        fn check(command: &clap::Command, path: &str, bad: &mut Vec<String>) {
            let fits =
                |help: &str| help.lines().next().unwrap_or_default().chars().count() <= 72 && !help.ends_with('.');
            for sub in command.get_subcommands() {
                let path = format!("{path} {}", sub.get_name());
                let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
                let verb = about.split([' ', ':', ',']).next().unwrap_or_default();
                if !fits(&about) || !VERBS.split_whitespace().any(|known| known == verb) {
                    bad.push(format!("{path}: {about}"));
                }
                check(sub, &path, bad);
            }
            for arg in command.get_arguments() {
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                if !fits(&help) {
                    bad.push(format!("{path} {}: {help}", arg.get_id()));
                }
            }
        }
        let mut bad = Vec::new();
        check(&command(), "jeton", &mut bad);
        assert!(bad.is_empty(), "{}", bad.join("\n"));
    }
}
