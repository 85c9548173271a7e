//! Options of every list.

use clap::Args;

#[derive(Debug, Default, Args)]
pub struct ListOptions {
    /// Show only these columns, in this order: name,status
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// Print the list as CSV (RFC 4180), with a line of column names
    #[arg(long)]
    pub csv: bool,
    /// Never show the list in a pager
    #[arg(long)]
    pub no_pager: bool,
}

impl ListOptions {
    /// Returns `true` if no option was given.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty() && !self.csv && !self.no_pager
    }
}
