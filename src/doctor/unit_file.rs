//! Unit files of systemd, as far as the doctor compares them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Maximum size of a unit file, in bytes.
const MAX_BYTES: usize = 256 * 1024;
/// Folders of unit files below the root of the system. A unit in an earlier folder replaces that of a later one.
const FOLDERS: [&str; 4] = ["etc/systemd/system", "run/systemd/system", "usr/lib/systemd/system", "lib/systemd/system"];

/// The settings of a unit, by section and key. A setting that was given several times has several values.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Unit(BTreeMap<(String, String), Vec<String>>);

impl Unit {
    /// Parses the text of a unit.
    pub fn parse(text: &str) -> Self {
        let mut unit = Unit::default();
        unit.add(text);
        unit
    }

    /// Adds the text of a drop-in. As in systemd, an empty value removes the earlier ones.
    fn add(&mut self, text: &str) {
        let text = text.replace("\\\n", " ");
        let mut section = String::new();
        for line in text.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                name.clone_into(&mut section);
            } else if let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with(['#', ';'])) {
                let values = self.0.entry((section.clone(), key.trim().to_owned())).or_default();
                match value.trim() {
                    "" => values.clear(),
                    value => values.push(value.to_owned()),
                }
            }
        }
    }

    /// Returns the last value of a setting. `None` if it isn't set, or empty.
    pub fn value(&self, section: &str, key: &str) -> Option<&str> {
        self.values(section, key).last().map(String::as_str)
    }

    pub fn values(&self, section: &str, key: &str) -> &[String] {
        self.0.get(&(section.to_owned(), key.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// Returns the keys of a section, empty ones included.
    pub fn keys<'a>(&'a self, section: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.keys().filter(move |(of, _)| of == section).map(|(_, key)| key.as_str())
    }
}

/// Returns the path and content of the installed unit `name` below `root`, with its drop-ins. `None` if there is none.
pub fn installed(root: &Path, name: &str) -> Option<(PathBuf, std::io::Result<Unit>)> {
    let path = FOLDERS.iter().map(|folder| root.join(folder).join(name)).find(|path| path.exists())?;
    Some((path.clone(), read(root, name, &path)))
}

fn read(root: &Path, name: &str, path: &Path) -> std::io::Result<Unit> {
    let mut unit = Unit::parse(&text(path)?);
    let mut drop_ins: BTreeMap<std::ffi::OsString, PathBuf> = BTreeMap::new();
    // A drop-in of an earlier folder replaces one of the same name.
    for folder in FOLDERS.iter().rev() {
        let entries = std::fs::read_dir(root.join(folder).join(format!("{name}.d")));
        for entry in entries.into_iter().flatten().flatten() {
            if entry.path().extension().is_some_and(|extension| extension == "conf") {
                drop_ins.insert(entry.file_name(), entry.path());
            }
        }
    }
    for path in drop_ins.values() {
        unit.add(&text(path)?);
    }
    Ok(unit)
}

fn text(path: &Path) -> std::io::Result<String> {
    let named = |e: std::io::Error| std::io::Error::new(e.kind(), format!("{}: {e}", path.display()));
    let meta = std::fs::metadata(path).map_err(named)?;
    if !meta.is_file() {
        return Err(named(std::io::Error::other("not a regular file")));
    }
    if meta.len() > MAX_BYTES as u64 {
        return Err(named(std::io::Error::other(format!("larger than {} KiB", MAX_BYTES / 1024))));
    }
    std::fs::read_to_string(path).map_err(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unit_is_read_as_systemd_reads_it() {
        let mut unit =
            Unit::parse("# a\n[Service]\nExecStart=/bin/a \\\n  b\n;x=1\nUser = jeton\nTasksMax=1\nTasksMax=2\n");
        assert_eq!(unit.value("Service", "ExecStart"), Some("/bin/a    b"));
        assert_eq!((unit.value("Service", "User"), unit.value("Unit", "User")), (Some("jeton"), None));
        assert_eq!(unit.values("Service", "TasksMax"), ["1", "2"]);
        unit.add("[Service]\nTasksMax=\nTasksMax=3\nUser=\n");
        assert_eq!((unit.values("Service", "TasksMax"), unit.value("Service", "User")), (&["3".to_owned()][..], None));
        assert_eq!(unit.keys("Service").collect::<Vec<_>>(), ["ExecStart", "TasksMax", "User"]);
    }

    #[test]
    fn own_units_outrank_those_of_packages() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let user = || {
            installed(root.path(), "a.service")
                .map(|(_, unit)| unit.unwrap().value("Service", "User").map(str::to_owned))
        };
        assert_eq!(user(), None);
        write("usr/lib/systemd/system/a.service", "[Service]\nUser=package\n");
        assert_eq!(user(), Some(Some("package".to_owned())));
        write("usr/lib/systemd/system/a.service.d/1.conf", "[Service]\nUser=one\n");
        write("etc/systemd/system/a.service.d/2.conf", "[Service]\nUser=two\n");
        assert_eq!(user(), Some(Some("two".to_owned())));
        write("etc/systemd/system/a.service.d/1.conf", "[Service]\nUser=three\n");
        write("etc/systemd/system/a.service.d/2.conf", "");
        assert_eq!(user(), Some(Some("three".to_owned())));
        write("etc/systemd/system/a.service", "[Service]\nUser=own\n");
        write("etc/systemd/system/a.service.d/1.conf", "");
        assert_eq!(user(), Some(Some("own".to_owned())));
    }
}
