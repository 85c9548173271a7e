//! Where the store is and who asks: options over environment over files over defaults, each value knowing its source.
//! Rules about tokens are no configuration; they are policy and live in the store.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::domain::name::Username;
use crate::error::{Error, Result};
use crate::platform::paths;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// This option of the command line.
    Option(&'static str),
    /// This variable of the environment.
    Environment(&'static str),
    /// This file.
    File(PathBuf),
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Option(name) | Source::Environment(name) => f.write_str(name),
            Source::File(path) => path.display().fmt(f),
            Source::Default => f.write_str("the default"),
        }
    }
}

/// A value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub source: Source,
}

/// What the command line says.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// `--store`.
    pub store: Option<PathBuf>,
    /// `--user`.
    pub user: Option<String>,
}

/// Every setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The store's file.
    pub store: Setting<PathBuf>,
    /// Who asks.
    pub username: Option<Setting<Username>>,
}

/// Where settings are looked for; another in tests.
struct Places<'a> {
    variable: &'a dyn Fn(&'static str) -> Option<OsString>,
    user_file: Option<PathBuf>,
    system_file: PathBuf,
    default_store: Option<PathBuf>,
}

/// The keys of a configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    store: Option<PathBuf>,
    username: Option<String>,
}

impl Settings {
    /// What holds on this machine, for this user, with what the command line says.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] for a file that can't be taken as it is, with file and line.
    pub fn load(given: Given) -> Result<Self> {
        Self::find(
            given,
            &Places {
                variable: &|name| std::env::var_os(name),
                user_file: paths::user_config(),
                system_file: paths::system_config(),
                default_store: paths::user_store(),
            },
        )
    }

    fn find(given: Given, places: &Places<'_>) -> Result<Self> {
        let variable = |name| (places.variable)(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let files = match variable("JETON_CONFIG") {
            // A file that was asked for by name must be there.
            Some(path) => [Some(read(&path)?.ok_or_else(|| absent(&path))?), read(&places.system_file)?],
            None => [places.user_file.as_deref().map_or(Ok(None), read)?, read(&places.system_file)?],
        };
        let files: Vec<(PathBuf, Keys)> = files.into_iter().flatten().collect();

        let said = given.store.map(|value| Setting { value, source: Source::Option("--store") });
        let set = || variable("JETON_STORE").map(|value| Setting { value, source: Source::Environment("JETON_STORE") });
        let written = || {
            files.iter().find_map(|(file, keys)| {
                let value = file.parent().unwrap_or(Path::new("/")).join(keys.store.as_ref()?);
                Some(Setting { value, source: Source::File(file.clone()) })
            })
        };
        let default = || places.default_store.clone().map(|value| Setting { value, source: Source::Default });
        let store = said.or_else(set).or_else(written).or_else(default).ok_or_else(|| {
            Error::usage("there is no place for the store").why("no home folder is known").next("Say --store PATH")
        })?;

        let said = given.user.map(|value| Setting { value, source: Source::Option("--user") });
        let written = || {
            files.iter().find_map(|(file, keys)| {
                Some(Setting { value: keys.username.clone()?, source: Source::File(file.clone()) })
            })
        };
        let username = said.or_else(written).map(parsed).transpose()?;
        Ok(Settings { store, username })
    }
}

fn parsed(username: Setting<String>) -> Result<Setting<Username>> {
    let Setting { value, source } = username;
    match Username::parse(&value) {
        Ok(value) => Ok(Setting { value, source }),
        Err(e) => Err(Error { what: format!("{} (from {source})", e.what), ..e }),
    }
}

fn absent(path: &Path) -> Error {
    Error::usage(format!("there is no configuration at {}", path.display())).why("JETON_CONFIG names it")
}

type Found = Option<(PathBuf, Keys)>;

/// The largest configuration that is read, in bytes.
const MOST: u64 = 64 * 1024;

/// A device or a pipe could be read for ever.
fn regular(path: &Path) -> std::io::Result<()> {
    let meta = fs::metadata(path)?;
    if !meta.is_file() || meta.len() > MOST {
        return Err(std::io::Error::other(format!("it is no regular file of at most {MOST} bytes")));
    }
    Ok(())
}

/// What stands in the file at `path`, if it is there.
fn read(path: &Path) -> Result<Found> {
    let refused = |why: String| Error::usage(format!("the configuration {} can't be read", path.display())).why(why);
    let text = match regular(path).and_then(|()| fs::read_to_string(path)) {
        Ok(text) => text,
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(e) => return Err(refused(e.to_string())),
    };
    let keys: Keys = toml::from_str(&text).map_err(|e| {
        let line = e.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        refused(format!("line {line}: {}", e.message()))
    })?;
    let home = keys.store.as_ref().is_some_and(|s| s.starts_with("~"));
    if home {
        return Err(
            refused("store begins with ~, which only a shell understands".to_owned()).next("Write the whole path")
        );
    }
    Ok(Some((path.to_owned(), keys)))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Machine {
        folder: tempfile::TempDir,
        environment: Vec<(&'static str, OsString)>,
    }

    impl Machine {
        fn new() -> Self {
            Machine { folder: tempfile::tempdir().unwrap(), environment: Vec::new() }
        }

        fn file(&self, name: &str, text: &str) -> PathBuf {
            let path = self.folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        }

        fn set(&mut self, name: &'static str, value: impl Into<OsString>) {
            self.environment.push((name, value.into()));
        }

        fn settings(&self, given: Given) -> Result<Settings> {
            let places = Places {
                variable: &|name| self.environment.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone()),
                user_file: Some(self.folder.path().join("user.toml")),
                system_file: self.folder.path().join("system.toml"),
                default_store: Some(PathBuf::from("/default.db")),
            };
            Settings::find(given, &places)
        }

        fn store(&self, given: Given) -> (String, String) {
            let found = self.settings(given).unwrap().store;
            (found.value.display().to_string(), found.source.to_string())
        }
    }

    #[test]
    fn each_source_outranks_the_next() {
        let mut machine = Machine::new();
        let given = || Given { store: Some("/option.db".into()), user: None };
        assert_eq!(machine.store(Given::default()), ("/default.db".into(), "the default".into()));
        let system = machine.file("system.toml", "store = \"/system.db\"\nusername = \"sys\"\n");
        assert_eq!(machine.store(Given::default()), ("/system.db".into(), system.display().to_string()));
        let user = machine.file("user.toml", "store = \"near.db\"\n");
        let near = machine.folder.path().join("near.db").display().to_string();
        assert_eq!(machine.store(Given::default()), (near, user.display().to_string()), "relative to its file");
        machine.set("JETON_STORE", "");
        assert_eq!(machine.store(Given::default()).1, user.display().to_string(), "empty counts as unset");
        machine.environment.clear();
        machine.set("JETON_STORE", "/variable.db");
        assert_eq!(machine.store(Given::default()), ("/variable.db".into(), "JETON_STORE".into()));
        assert_eq!(machine.store(given()), ("/option.db".into(), "--store".into()));
        let username = machine.settings(Given::default()).unwrap().username.unwrap();
        assert_eq!((username.value.as_str(), username.source), ("sys", Source::File(system)));
    }

    #[test]
    fn a_file_that_cant_be_taken_is_named_with_its_line() {
        let mut machine = Machine::new();
        machine.file("user.toml", "username = \"ops\"\ncolour = \"red\"\n");
        let refused = machine.settings(Given::default()).unwrap_err().to_string();
        assert!(refused.contains("user.toml") && refused.contains("line 2") && refused.contains("colour"), "{refused}");
        machine.set("JETON_CONFIG", machine.folder.path().join("gone.toml"));
        assert!(machine.settings(Given::default()).unwrap_err().to_string().contains("gone.toml"));
        let other = machine.file("other.toml", "username = \"Ops\"\n");
        machine.environment.clear();
        machine.set("JETON_CONFIG", other);
        let refused = machine.settings(Given::default()).unwrap_err().to_string();
        assert!(refused.contains("other.toml") && refused.contains("Try \"ops\""), "{refused}");
    }
}
