//! Unix users and a group of their own for a test. Needs root.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

use super::cli_program::{CliOutput, run_to_end};

/// Locked while the lists of users and groups are changed.
static CHANGING_USERS: Mutex<()> = Mutex::new(());

/// Users with separate homes, removed on drop.
pub struct UnixUsers {
    folder: TempDir,
    pub group: String,
    users: Vec<String>,
    namespace: Option<Namespace>,
}

/// A mount namespace with an empty `/run/jeton`.
struct Namespace {
    holder: Child,
    _stdout: ChildStdout,
}

fn run(program: &str, args: &[&str]) -> bool {
    Command::new(program).args(args).stdin(Stdio::null()).status().is_ok_and(|status| status.success())
}

impl UnixUsers {
    /// Creates a user for each of `roles`, and a group with the first `members` of them. `None` without root or the
    /// programs for it.
    pub fn new(roles: &[&str], members: usize) -> Option<Self> {
        let found = |program: &&str| {
            std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|f| f.join(program).exists())
        };
        let programs = ["useradd", "userdel", "groupadd", "groupdel", "setpriv", "unshare", "nsenter"];
        if !rustix::process::geteuid().is_root() || !programs.iter().all(found) {
            println!("skipped: only root can create users, with {}", programs.join(", "));
            return None;
        }
        let folder = tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o755)).tempdir().unwrap();
        fs::copy(env!("CARGO_BIN_EXE_jeton"), folder.path().join("jeton")).unwrap();
        let suffix = format!("{:08x}", random_number());
        let group = format!("jtg{suffix}");
        let mut made = UnixUsers { folder, group, users: Vec::new(), namespace: None };
        // Dropped before the users, also in a panic.
        let _turn = CHANGING_USERS.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(run("groupadd", &[&made.group]));
        for (at, role) in roles.iter().enumerate() {
            let name = format!("jt{}{suffix}", role.chars().next().unwrap());
            let home = made.folder.path().join(role);
            let (home_text, group) = (home.to_str().unwrap(), made.group.clone());
            let mut args = vec!["--no-create-home", "--user-group", "--home-dir", home_text, "--shell", "/bin/sh"];
            if at < members {
                args.extend(["--groups", &group]);
            }
            made.users.push(name.clone());
            assert!(run("useradd", &[args.as_slice(), &[&name]].concat()), "useradd {name}");
            fs::create_dir(&home).unwrap();
            fs::set_permissions(&home, fs::Permissions::from_mode(0o755)).unwrap();
            made.give(&home, &name);
        }
        Some(made)
    }

    /// Returns the unix name of the user with that role.
    pub fn name(&self, role: &str) -> &str {
        let at = self.users.iter().position(|name| name.starts_with(&format!("jt{}", role.chars().next().unwrap())));
        &self.users[at.unwrap()]
    }

    /// Returns a path in the home of the user with that role.
    pub fn home(&self, role: &str, name: &str) -> PathBuf {
        self.folder.path().join(role).join(name)
    }

    fn give(&self, path: &Path, name: &str) {
        let id = |option| {
            let out = Command::new("id").args([option, name]).output().unwrap().stdout;
            String::from_utf8(out).unwrap().trim().parse().unwrap()
        };
        chown(path, Some(id("-u")), Some(id("-g"))).unwrap();
    }

    /// Writes a file of the user with that role.
    pub fn write(&self, role: &str, name: &str, text: &str) -> PathBuf {
        let path = self.home(role, name);
        fs::write(&path, text).unwrap();
        self.give(&path, self.name(role));
        path
    }

    /// From now on, all users see a `/run/jeton` that belongs to the user with that role. `false` if the system doesn't
    /// allow it.
    #[must_use]
    pub fn enter_namespace(&mut self, role: &str) -> bool {
        let script = "mount -t tmpfs -o mode=755 none /run && mkdir -m 755 /run/jeton && chown \"$0\" /run/jeton && echo ready && cat";
        let mut holder = Command::new("unshare")
            .args(["--mount", "sh", "-c", script, self.name(role)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = holder.stdout.take().unwrap();
        let is_ready = std::io::Read::read(&mut stdout, &mut [0; 16]).is_ok_and(|read| read > 0);
        self.namespace = Some(Namespace { holder, _stdout: stdout });
        is_ready
    }

    /// Returns the command of the program as the user with that role, or as root.
    pub fn command(&self, role: &str, args: &[&str]) -> Command {
        let mut words: Vec<String> = Vec::new();
        if let Some(namespace) = &self.namespace {
            words.extend(["nsenter", "--mount", "--target"].map(str::to_owned));
            words.push(namespace.holder.id().to_string());
        }
        let home = if role == "root" {
            self.folder.path().join("no-home")
        } else {
            let name = self.name(role);
            words.extend(["setpriv", "--reuid", name, "--regid", name, "--init-groups"].map(str::to_owned));
            self.home(role, "")
        };
        words.push(self.folder.path().join("jeton").to_str().unwrap().to_owned());
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(args).env_clear().env("HOME", &home).current_dir("/");
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }

    /// Runs the program as the user with that role, with `lines` on stdin.
    #[track_caller]
    pub fn run(&self, role: &str, args: &[&str], lines: &[&str]) -> CliOutput {
        run_to_end(self.command(role, args), lines.iter().map(|l| format!("{l}\n")).collect::<String>().as_bytes())
    }
}

fn random_number() -> u32 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id()) as u32
}

impl Drop for UnixUsers {
    fn drop(&mut self) {
        if let Some(namespace) = &mut self.namespace {
            let _ = namespace.holder.kill();
            let _ = namespace.holder.wait();
        }
        let _turn = CHANGING_USERS.lock().unwrap_or_else(PoisonError::into_inner);
        for user in &self.users {
            run("userdel", &["--force", user]);
        }
        run("groupdel", &[&self.group]);
    }
}
