//! Commands that print what is new until Ctrl-C.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Stdio};

use serde_json::Value;

use super::cli_program::{CliHome, PASSWORD};

/// A running command with `--follow`.
pub struct Follower {
    pub child: Child,
    pub out: BufReader<ChildStdout>,
}

impl Follower {
    pub fn start(home: &CliHome, args: &[&str]) -> Self {
        let password = home.file("password", PASSWORD, 0o600);
        let password = password.to_str().unwrap();
        let args: Vec<&str> = args.iter().chain(&["--follow", "--password-file", password]).copied().collect();
        let mut child =
            home.command(&args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Follower { child, out }
    }

    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line
    }

    pub fn entry(&mut self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }

    /// Returns the exit code and stderr.
    pub fn ended(self) -> (Option<i32>, String) {
        let out = self.child.wait_with_output().unwrap();
        (out.status.code(), String::from_utf8(out.stderr).unwrap())
    }
}
