//! The command line equivalent to a change made on a screen.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Words of a `jeton …` command. Displayed with quotes for a POSIX shell. Never contains a secret or a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CliLine(Vec<String>);

impl CliLine {
    /// Creates the command `jeton` with `args`.
    pub fn new(args: &[&str]) -> Self {
        CliLine(args.iter().map(|w| (*w).to_owned()).collect())
    }

    /// Adds `--name value`, or `--name=value` if the value could be taken for an option itself.
    pub fn option(mut self, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        if value.starts_with('-') {
            self.0.push(format!("--{name}={value}"));
        } else {
            self.0.push(format!("--{name}"));
            self.0.push(value);
        }
        self
    }

    /// Adds `--name value` if there is a value.
    pub fn option_if(self, name: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.option(name, value),
            None => self,
        }
    }

    /// Replaces the argument at `place`, counted after `jeton`.
    pub fn set_arg(&mut self, place: usize, arg: impl Into<String>) {
        if let Some(word) = self.0.get_mut(place) {
            *word = arg.into();
        }
    }

    /// Replaces the arguments at `places`, counted after `jeton`.
    pub fn replace_args(&mut self, places: std::ops::Range<usize>, args: &[&str]) {
        let end = places.end.min(self.0.len());
        self.0.splice(places.start.min(end)..end, args.iter().map(|arg| (*arg).to_owned()));
    }

    /// Appends an argument, quoted for a shell if necessary.
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.0.push(arg.into());
        self
    }
}

impl fmt::Display for CliLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("jeton")?;
        self.0.iter().try_for_each(|arg| write!(f, " {}", quote(arg)))
    }
}

/// Returns a word of a command, with quotes for a POSIX shell if it needs them.
fn quote(word: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => Cow::Borrowed(word),
        false => Cow::Owned(format!("'{}'", word.replace('\'', "'\\''"))),
    }
}

/// Returns a path for another program, such as `chmod`, with quotes if it needs them. The path is absolute: so the command
/// works in every folder, and the path is no option.
pub fn quote_absolute(path: &Path) -> String {
    quote_path(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
}

/// Returns a path for a command of the shell, with quotes if it needs them.
pub fn quote_path(path: &Path) -> String {
    quote(&path.to_string_lossy()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_for_a_shell() {
        let line =
            CliLine::new(&["token", "create", "x"]).option("set", "IDE Plugins").option("description", "it's; $(rm)");
        assert_eq!(line.to_string(), "jeton token create x --set 'IDE Plugins' --description 'it'\\''s; $(rm)'");
        assert_eq!(quote_path(Path::new("/srv/a b/jeton.db")), "'/srv/a b/jeton.db'");
        assert_eq!(quote_path(Path::new("/srv/jeton.db")), "/srv/jeton.db");
        assert_eq!(quote_absolute(Path::new("/srv/a b")), "'/srv/a b'");
        let here = std::path::absolute(".").unwrap();
        assert_eq!(quote_absolute(Path::new("-r")), quote_path(&here.join("-r")));
    }
}
