//! `account …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `account …`.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// The accounts you may see: yours, and those you manage
    #[command(visible_alias = "ls")]
    List,
    /// An account, and how many tokens it has
    Show(ShowAccountArgs),
    /// A new account; its password is asked for, or follows yours on the second line of stdin
    Create(CreateAccountArgs),
    /// Give an account another role; what its tokens may do follows with their next request
    Role(RoleArgs),
    /// Switch accounts off: they can't sign in, and their tokens are denied
    Disable(SomeAccounts),
    /// Switch accounts on
    Enable(SomeAccounts),
    /// Give an account another password: yours, or that of an account you manage
    Passwd(PasswdArgs),
    /// Delete an account without active tokens for good; nobody else ever gets its name
    #[command(visible_aliases = ["rm", "remove", "destroy"])]
    Delete(DeleteAccountArgs),
}

/// `account show`.
#[derive(Debug, Args)]
pub struct ShowAccountArgs {
    /// Whose [default: yours]
    pub name: Option<String>,
}

/// Where the password of another account comes from.
#[derive(Debug, Args)]
pub struct NewPasswordArgs {
    /// Read the new password from the first line of a file that only you can read
    #[arg(long, value_name = "PATH")]
    pub new_password_file: Option<PathBuf>,
}

/// `account create`.
#[derive(Debug, Args)]
pub struct CreateAccountArgs {
    /// Its name: 1 to 32 of a-z 0-9 . _ -
    pub name: String,
    /// owner, admin, member or viewer; an admin gives the last two only
    #[arg(long, value_name = "R", default_value = "member")]
    pub role: String,
    /// Where its password comes from.
    #[command(flatten)]
    pub password: NewPasswordArgs,
}

/// `account role`.
#[derive(Debug, Args)]
pub struct RoleArgs {
    /// Whose
    pub name: String,
    /// owner, admin, member or viewer; an admin gives the last two only
    pub role: String,
}

/// Accounts on the command line.
#[derive(Debug, Args)]
pub struct SomeAccounts {
    /// Their names
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
}

/// `account passwd`.
#[derive(Debug, Args)]
pub struct PasswdArgs {
    /// Whose [default: yours]
    pub name: Option<String>,
    /// Where the password comes from.
    #[command(flatten)]
    pub password: NewPasswordArgs,
}

/// `account delete`.
#[derive(Debug, Args)]
pub struct DeleteAccountArgs {
    /// Which
    pub name: String,
    /// Its name again
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
}
