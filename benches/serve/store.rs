//! Stores, made and queried through the program itself.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jeton::demo;
use serde_json::Value;

use super::options::Options;
use super::table::grouped;

/// Runs the program, and returns its output if it succeeded.
pub fn jeton<S: AsRef<OsStr>>(home: &Path, args: &[S], input: &str) -> Result<String, String> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_jeton"))
        .env_clear()
        .env("HOME", home)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| e.to_string())?;
    // A program that doesn't read its input is no failure.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().map_err(|e| e.to_string())?;
    if output.status.success() {
        String::from_utf8(output.stdout).map_err(|e| e.to_string())
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        Err(said.lines().next().unwrap_or("it failed and said nothing").to_owned())
    }
}

/// Creates a folder that only the current user can read.
pub fn private_folder(path: &Path) {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).unwrap();
}

/// Creates a file that only the current user can read.
pub fn private_file(path: &Path, text: &str) {
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// The large store, retained for the next run.
pub struct LargeStore {
    pub store: PathBuf,
    pub secrets: Vec<String>,
    folder: PathBuf,
}

impl LargeStore {
    /// Opens the store of this size, or creates it.
    pub fn open(options: &Options) -> Self {
        let folder = options.data.join(format!("tokens-{}", options.tokens));
        private_folder(&folder);
        let (store, secrets) = (folder.join("jeton.db"), folder.join("secrets"));
        // Written last: without this file, the creation of the store was interrupted.
        let whole = folder.join("whole");
        if !whole.exists() {
            fs::remove_dir_all(&folder).unwrap();
            private_folder(&folder);
            println!("Making a store of {} tokens; the next run finds it.", grouped(options.tokens.into()));
            let tokens = options.tokens.to_string();
            let args = ["demo", "--tokens", &tokens, "--no-open", "--store"].map(OsStr::new);
            let args = [&args[..], &[store.as_os_str(), OsStr::new("--secrets"), secrets.as_os_str()]].concat();
            jeton(&folder, &args, "").expect("the store can be made");
            fs::write(&whole, "").unwrap();
        }
        let secrets = fs::read_to_string(secrets).unwrap().lines().map(str::to_owned).collect();
        let large = LargeStore { store, secrets, folder };
        private_file(&large.password(), &format!("{}\n", demo::PASSWORD));
        // Uses that the service would prune during the measurement are counted afterwards.
        large.ask(&["policy", "set", "ledger_keep=10y"]).expect("the policy can be set");
        large
    }

    fn password(&self) -> PathBuf {
        self.folder.join("password")
    }

    /// Runs a command as the store's owner.
    fn ask(&self, words: &[&str]) -> Result<String, String> {
        let password = self.password();
        let who = ["--no-input", "--user", "demo", "--password-file"].map(OsStr::new);
        let place = [password.as_os_str(), OsStr::new("--store"), self.store.as_os_str()];
        let words: Vec<&OsStr> = words.iter().map(OsStr::new).chain(who).chain(place).collect();
        jeton(&self.folder, &words, "")
    }

    /// Returns the number of uses in the ledger. Uses a password, because a token's request would be a use itself.
    pub fn uses(&self) -> Result<u64, String> {
        let told = self.ask(&["ledger", "uses", "--json"])?;
        let told: Value = serde_json::from_str(&told).map_err(|e| e.to_string())?;
        let uses = told["uses"].as_array().ok_or("the answer holds no uses")?;
        uses.iter().map(|one| one["uses"].as_u64().ok_or_else(|| "uses without a number".to_owned())).sum()
    }
}
