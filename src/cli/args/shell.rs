//! `completions`, the command that completes for its scripts, and `man`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "each is the name of a program")]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
}

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// Shell that reads the script
    pub shell: Shell,
}

#[derive(Debug, Args)]
pub struct CompleteArgs {
    /// Shell that asks
    pub shell: Shell,
    /// Words of the command line, or for bash the line itself
    #[arg(last = true, allow_hyphen_values = true)]
    pub words: Vec<String>,
}

#[derive(Debug, Args)]
pub struct ManArgs {
    /// Folder for the pages
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}
