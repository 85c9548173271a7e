//! `token …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `token …`.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// New tokens; their secrets are shown once
    Create(CreateArgs),
    /// The tokens you may see
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Everything about a token but its secret, with usage
    Show(OneToken),
    /// Whether a token may call a method, or why not: exit 0 or 4
    Can(CanArgs),
    /// Change name, description, expiry or API selection; the secret stays
    Edit(EditArgs),
    /// A new token with the parameters of another
    Copy(CopyArgs),
    /// Switch tokens off; they are kept
    Disable(SomeTokens),
    /// Switch tokens on
    Enable(SomeTokens),
    /// A new secret for a token; the old one dies at once, or after --grace
    Regenerate(RegenerateArgs),
    /// End the life of the old secret that --grace left alive
    Retire(OneToken),
    /// Revoke tokens: denied from the next request on, kept in the trash
    #[command(visible_aliases = ["delete", "rm", "remove", "destroy"])]
    Revoke(DeleteArgs),
    /// Take tokens out of the trash, disabled
    Restore(RestoreArgs),
    /// Take expired or trashed tokens away for good, yours and those of the accounts you manage
    Purge(PurgeArgs),
    /// Which token the secret on stdin is or was of; it does not count as used
    Whose,
}

/// A token on the command line.
#[derive(Debug, Args)]
pub struct OneToken {
    /// Its name, account/name, hint or id
    pub token: String,
}

/// `token can`.
#[derive(Debug, Args)]
pub struct CanArgs {
    /// Which token: name, account/name, hint or id
    pub token: String,
    /// The method's id
    pub method: String,
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
    /// The token's name, unique in its account; again for more tokens, all or none
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
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
    /// Save each secret to a new file NAME.secret in this folder
    #[arg(long, value_name = "DIR", conflicts_with = "out")]
    pub out_dir: Option<PathBuf>,
}

/// `token edit`.
#[derive(Debug, Args)]
pub struct EditArgs {
    /// Which token: name, account/name, hint or id
    pub token: String,
    /// A new name
    #[arg(long, value_name = "N")]
    pub name: Option<String>,
    /// Another description; empty for none
    #[arg(long, value_name = "T")]
    pub description: Option<String>,
    /// A new expiry: never, a day or a span from now
    #[arg(long, value_name = "E")]
    pub expires: Option<String>,
    /// What it may call
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// Say what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What happens to a selection: one kind of these.
#[derive(Debug, Args)]
pub struct SelectionArgs {
    /// An API set in place of what it may call now; again for more
    #[arg(long, value_name = "SET", conflicts_with_all = ["add_set", "drop_set", "method", "add_method", "drop_method", "inherit", "nothing"])]
    pub set: Vec<String>,
    /// One more API set
    #[arg(long, value_name = "SET", conflicts_with_all = ["method", "add_method", "drop_method", "inherit", "nothing"])]
    pub add_set: Vec<String>,
    /// One API set less
    #[arg(long, value_name = "SET", conflicts_with_all = ["method", "add_method", "drop_method", "inherit", "nothing"])]
    pub drop_set: Vec<String>,
    /// A method in place of what it may call now; again for more
    #[arg(long, value_name = "M", conflicts_with_all = ["add_method", "drop_method", "inherit", "nothing"])]
    pub method: Vec<String>,
    /// One more method
    #[arg(long, value_name = "M", conflicts_with_all = ["inherit", "nothing"])]
    pub add_method: Vec<String>,
    /// One method less
    #[arg(long, value_name = "M", conflicts_with_all = ["inherit", "nothing"])]
    pub drop_method: Vec<String>,
    /// Whatever its account's role permits, now and later
    #[arg(long, conflicts_with = "nothing")]
    pub inherit: bool,
    /// Nothing: it authenticates and permits nothing
    #[arg(long)]
    pub nothing: bool,
}

/// `token copy`.
#[derive(Debug, Args)]
pub struct CopyArgs {
    /// Which token: name, account/name, hint or id
    pub token: String,
    /// The new token's name
    #[arg(value_name = "NEW")]
    pub name: String,
    /// Whose it will be [default: the account of the one copied]
    #[arg(long, value_name = "A")]
    pub account: Option<String>,
    /// Another expiry [default: the same instant]
    #[arg(long, value_name = "E")]
    pub expires: Option<String>,
    /// Save the secret to a new file instead of printing it
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `token list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Those of this account [default: yours]
    pub account: Option<String>,
    /// Those of every account that you may see
    #[arg(long, conflicts_with = "account")]
    pub all: bool,
    /// Only those that are active, disabled, expired or deleted
    #[arg(long, value_name = "S")]
    pub status: Option<String>,
    /// Only those with these words in name, description, account or hint; takes fields: status: account: method:
    /// seen:never is:stale is:expiring
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Only active ones that expire within a span (12h, 30d, 6mo, 1y)
    #[arg(long, value_name = "SPAN")]
    pub within: Option<String>,
    /// By name, status, account, api, expires, seen, created or hint [default: name]
    #[arg(long, value_name = "COL")]
    pub sort: Option<String>,
    /// The other way round: from the last to the first
    #[arg(long)]
    pub desc: bool,
    /// Those in the trash instead
    #[arg(long)]
    pub trash: bool,
}

/// `token regenerate`.
#[derive(Debug, Args)]
pub struct RegenerateArgs {
    /// Which token: name, account/name, hint or id
    pub token: String,
    /// How long the old secret works on, 30d at most [default: it dies at once]
    #[arg(long, value_name = "SPAN")]
    pub grace: Option<String>,
    /// A new expiry; the old one stays without it
    #[arg(long, value_name = "E")]
    pub expires: Option<String>,
    /// Save the secret to a new file instead of printing it
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `token revoke`.
#[derive(Debug, Args)]
pub struct DeleteArgs {
    /// Which tokens
    #[command(flatten)]
    pub some: SomeTokens,
    /// Take along every token that these made, and what those made
    #[arg(long)]
    pub with_made: bool,
    /// The token's name again; for several, their number, those that go along included
    #[arg(long, value_name = "NAME|N")]
    pub confirm: Option<String>,
}

/// `token restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// Which tokens
    #[command(flatten)]
    pub some: SomeTokens,
    /// A new name for the one token, where its own is taken meanwhile
    #[arg(long = "as", value_name = "NEW")]
    pub rename: Option<String>,
}

/// `token purge`.
#[derive(Debug, Args)]
pub struct PurgeArgs {
    /// Those whose status is expired
    #[arg(long, required_unless_present = "trashed", conflicts_with = "trashed")]
    pub expired: bool,
    /// Those in the trash
    #[arg(long)]
    pub trashed: bool,
    /// Say what would go, and take nothing away
    #[arg(long, conflicts_with = "confirm")]
    pub dry_run: bool,
    /// The number of tokens that will go
    #[arg(long, value_name = "N")]
    pub confirm: Option<u64>,
}
