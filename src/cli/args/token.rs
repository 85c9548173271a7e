//! `token …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ListOptions;

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Create tokens; their secrets are shown once
    Create(CreateArgs),
    /// List the tokens that you can see
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Show a token with usage, rights and lineage
    Show(TokenArgs),
    /// Check if a token may call a method (exit 0 allowed, 4 denied)
    Can {
        /// Token: name, account/name, hint or id
        token: String,
        /// Method's id
        method: String,
    },
    /// Change name, description, expiry or rights, but not the secret
    Edit(EditArgs),
    /// Copy a token's parameters to a new token
    Copy(CopyArgs),
    /// Disable tokens: denied until they are enabled
    Disable(ChangeArgs),
    /// Enable tokens
    Enable(ChangeArgs),
    /// Regenerate a token's secret; --grace keeps the old secret working
    Regenerate(RegenerateArgs),
    /// Retire the old secret that --grace kept working
    Retire(TokenArgs),
    /// Revoke tokens: denied from the next request on, kept in the trash
    #[command(visible_aliases = ["delete", "rm", "remove", "destroy"])]
    Revoke(RevokeArgs),
    /// Restore tokens from the trash; restored tokens are disabled
    Restore(RestoreArgs),
    /// Purge expired or trashed tokens for good
    Purge(PurgeArgs),
    /// Identify the token of the secret on stdin, without counting a use
    ///
    /// Everybody who can open the store can run this command. With a server, you must sign in or use a token.
    Whose,
}

/// A token on the command line.
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// Token: name, account/name, hint or id
    pub token: String,
}

/// Tokens on the command line.
#[derive(Debug, Args)]
pub struct TokensArgs {
    /// Tokens: names, account/name, hints or ids
    #[arg(required_unless_present = "filter", value_name = "TOKEN")]
    pub tokens: Vec<String>,
    /// Select tokens that match a filter (see token list); "" matches all
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// With --filter: tokens of this account [default: your account]
    #[arg(long, value_name = "A", requires = "filter")]
    pub account: Option<String>,
    /// With --filter: tokens of every account that you can see
    #[arg(long, requires = "filter", conflicts_with = "account")]
    pub all: bool,
    /// With --filter: leave this token out; can be repeated
    #[arg(long, value_name = "TOKEN", requires = "filter")]
    pub except: Vec<String>,
}

/// `token disable` and `token enable`.
#[derive(Debug, Args)]
pub struct ChangeArgs {
    /// Which tokens
    #[command(flatten)]
    pub some: TokensArgs,
    /// With --filter: confirm with the number of tokens
    #[arg(long, value_name = "N", requires = "filter")]
    pub confirm: Option<String>,
}

#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Name, unique in the account; can be repeated, all or none
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
    /// Account that will own the tokens [default: your account]
    #[arg(long, value_name = "A")]
    pub account: Option<String>,
    /// Describe the purpose, up to 200 characters
    #[arg(long, value_name = "T")]
    pub description: Option<String>,
    /// Expiry: never, a day, or 12h, 30d, 2w, 6mo, 1y [default: by policy]
    #[arg(long, value_name = "E")]
    pub expires: Option<String>,
    /// Allow an API set (not with --method); can be repeated
    #[arg(long, value_name = "SET", conflicts_with_all = ["method", "inherit"])]
    pub set: Vec<String>,
    /// Allow a method; can be repeated
    #[arg(long, value_name = "M", conflicts_with = "inherit")]
    pub method: Vec<String>,
    /// Allow all that the role permits, now and later, except jeton.*
    #[arg(long)]
    pub inherit: bool,
    /// Expect no use, e.g. for emergencies; the token is never stale
    #[arg(long)]
    pub expect_unused: bool,
    /// Save the secret to a new file instead of printing it
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Save each secret to a new file NAME.secret in this folder
    #[arg(long, value_name = "DIR", conflicts_with = "out")]
    pub out_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct EditArgs {
    /// Token: name, account/name, hint or id
    pub token: String,
    /// Rename the token
    #[arg(long, value_name = "N")]
    pub name: Option<String>,
    /// Replace the description; "" removes the description
    #[arg(long, value_name = "T")]
    pub description: Option<String>,
    /// Replace the expiry: never, a day or a span from now
    #[arg(long, value_name = "E")]
    pub expires: Option<String>,
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// Expect no use from now on; the token is never stale
    #[arg(long, conflicts_with = "no_expect_unused")]
    pub expect_unused: bool,
    /// Expect use again
    #[arg(long)]
    pub no_expect_unused: bool,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Changes of an API selection: either a new one, or additions and removals.
#[derive(Debug, Default, Args)]
pub struct SelectionArgs {
    /// Replace the API selection with this API set; can be repeated
    #[arg(long, value_name = "SET", conflicts_with_all = ["add_set", "drop_set", "method", "add_method", "drop_method", "inherit", "nothing"])]
    pub set: Vec<String>,
    /// Add an API set
    #[arg(long, value_name = "SET", conflicts_with_all = ["method", "add_method", "drop_method", "inherit", "nothing"])]
    pub add_set: Vec<String>,
    /// Drop an API set
    #[arg(long, value_name = "SET", conflicts_with_all = ["method", "add_method", "drop_method", "inherit", "nothing"])]
    pub drop_set: Vec<String>,
    /// Replace the API selection with this method; can be repeated
    #[arg(long, value_name = "M", conflicts_with_all = ["add_method", "drop_method", "inherit", "nothing"])]
    pub method: Vec<String>,
    /// Add a method
    #[arg(long, value_name = "M", conflicts_with_all = ["inherit", "nothing"])]
    pub add_method: Vec<String>,
    /// Drop a method
    #[arg(long, value_name = "M", conflicts_with_all = ["inherit", "nothing"])]
    pub drop_method: Vec<String>,
    /// Allow all that the role permits, now and later, except jeton.*
    #[arg(long, conflicts_with = "nothing")]
    pub inherit: bool,
    /// Allow no methods; the token's status stays the same
    #[arg(long)]
    pub nothing: bool,
}

#[derive(Debug, Args)]
pub struct CopyArgs {
    /// Token: name, account/name, hint or id
    pub token: String,
    /// Name of the new token
    #[arg(value_name = "NEW")]
    pub name: String,
    /// Account that will own the copy [default: the original's account]
    #[arg(long, value_name = "A")]
    pub account: Option<String>,
    /// Replace the expiry [default: the original's expiry]
    #[arg(long, value_name = "E")]
    pub expires: Option<String>,
    /// Save the secret to a new file instead of printing it
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ListArgs {
    /// List tokens of this account [default: your account]
    pub account: Option<String>,
    /// List tokens of every account that you can see
    #[arg(long, conflicts_with = "account")]
    pub all: bool,
    /// Show only tokens that are active, disabled, expired or revoked
    #[arg(long, value_name = "S")]
    pub status: Option<String>,
    /// Filter by words and fields: status: account: method: seen: expires: is:
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Show only active tokens that expire within 12h, 30d, 6mo, 1y …
    #[arg(long, value_name = "SPAN")]
    pub within: Option<String>,
    /// Sort by name, status, account, api, expires, seen, created, hint
    #[arg(long, value_name = "COL")]
    pub sort: Option<String>,
    /// Sort in descending order
    #[arg(long)]
    pub desc: bool,
    /// List the tokens in the trash
    #[arg(long)]
    pub trash: bool,
    #[command(flatten)]
    pub list: ListOptions,
}

#[derive(Debug, Args)]
pub struct RegenerateArgs {
    /// Token: name, account/name, hint or id
    pub token: String,
    /// Keep the old secret working this long, 30d at most [default: 0]
    #[arg(long, value_name = "SPAN")]
    pub grace: Option<String>,
    /// Replace the expiry [default: unchanged]
    #[arg(long, value_name = "E")]
    pub expires: Option<String>,
    /// Save the secret to a new file instead of printing it
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(mut_arg("tokens", |tokens| tokens.required_unless_present("stdin")))]
pub struct RevokeArgs {
    #[command(flatten)]
    pub some: TokensArgs,
    /// Also revoke every token that these tokens created or regenerated
    #[arg(long, conflicts_with = "filter")]
    pub with_made: bool,
    /// Confirm with the token's name, or the number of tokens
    #[arg(long, value_name = "NAME|N")]
    pub confirm: Option<String>,
    /// Revoke the secret on stdin instead; needs no account or password
    #[arg(long, conflicts_with_all = ["tokens", "filter", "with_made", "confirm"])]
    pub stdin: bool,
}

#[derive(Debug, Args)]
pub struct RestoreArgs {
    #[command(flatten)]
    pub some: TokensArgs,
    /// Restore under this name, if the old name is taken
    #[arg(long = "as", value_name = "NEW", conflicts_with = "filter")]
    pub rename: Option<String>,
    /// With --filter: confirm with the number of tokens
    #[arg(long, value_name = "N", requires = "filter")]
    pub confirm: Option<String>,
}

#[derive(Debug, Args)]
pub struct PurgeArgs {
    /// Purge expired tokens
    #[arg(long, conflicts_with = "trashed")]
    pub expired: bool,
    /// Purge the trash
    #[arg(long)]
    pub trashed: bool,
    /// Show what would be purged, and purge nothing
    #[arg(long, conflicts_with = "confirm")]
    pub dry_run: bool,
    /// Confirm with the number of tokens
    #[arg(long, value_name = "N")]
    pub confirm: Option<u64>,
}
