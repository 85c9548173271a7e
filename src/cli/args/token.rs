//! `token …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

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
