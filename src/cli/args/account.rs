//! `account …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ListOptions;

#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// List the accounts that you can see
    #[command(visible_alias = "ls")]
    List(ListOptions),
    /// Show an account with its number of tokens
    Show {
        /// Account [default: your account]
        name: Option<String>,
    },
    /// Create an account with a temporary password
    Create(CreateAccountArgs),
    /// Change an account's role, which limits the account's tokens
    Role {
        /// Account
        name: String,
        /// Role: member or viewer; owners can also give owner and admin
        role: String,
    },
    /// Disable accounts: deny their sign-ins and their tokens' requests
    Disable(AccountsArgs),
    /// Enable accounts
    Enable(AccountsArgs),
    /// Set your password, or the password of an account that you manage
    Passwd(PasswdArgs),
    /// Show or set an account's contact, an e-mail address
    Contact(ContactArgs),
    /// Delete an account for good, if the account has no active tokens
    #[command(visible_aliases = ["rm", "remove", "destroy"])]
    Delete {
        /// Account
        name: String,
        /// Confirm with the account's name
        #[arg(long, value_name = "NAME")]
        confirm: Option<String>,
    },
}

/// Source of another account's password.
#[derive(Debug, Args)]
pub struct NewPasswordArgs {
    /// Read the new password from a file that only you can read
    #[arg(long, value_name = "PATH")]
    pub new_password_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct CreateAccountArgs {
    /// Username of 1-32 characters: a-z 0-9 . _ -
    pub name: String,
    /// Role: member or viewer; owners can also give owner and admin
    #[arg(long, value_name = "R", default_value = "member")]
    pub role: String,
    /// E-mail address for notices about the account's tokens
    #[arg(long, value_name = "EMAIL")]
    pub contact: Option<String>,
    #[command(flatten)]
    pub password: NewPasswordArgs,
}

#[derive(Debug, Args)]
pub struct ContactArgs {
    /// Account
    pub name: String,
    /// New e-mail address [default: show the present one]
    #[arg(value_name = "EMAIL")]
    pub contact: Option<String>,
    /// Remove the contact
    #[arg(long, conflicts_with = "contact")]
    pub clear: bool,
}

/// Accounts on the command line.
#[derive(Debug, Args)]
pub struct AccountsArgs {
    /// Accounts
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
}

#[derive(Debug, Args)]
pub struct PasswdArgs {
    /// Account [default: your account]
    pub name: Option<String>,
    #[command(flatten)]
    pub password: NewPasswordArgs,
}
