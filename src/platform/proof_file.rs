//! The file next to the store with the proof values for proxies. It has the current value and, for a while after a
//! change, the previous one.

use std::io::{ErrorKind, Read};
use std::path::Path;

use zeroize::Zeroizing;

use super::sidecar::{self, sidecar_path};
use super::whole_file::write_whole;
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::service::proxy_proof::{PROOF_LEN, ProxyProof};
use crate::verbs::ports::Entropy;

pub const SUFFIX: &str = ".proof";
/// Time for which a replaced value is still accepted, in milliseconds: enough to print and load each configuration.
const OVERLAP: i64 = 60 * 60 * 1000;

#[derive(Debug, Clone)]
pub struct ProofValues {
    /// The value with which configurations are printed.
    pub current: ProxyProof,
    /// The previous value, and the time until which it is accepted.
    pub previous: Option<(ProxyProof, Timestamp)>,
}

/// Returns the values, or makes the first one.
///
/// # Errors
/// [`crate::error::Kind::Failure`] if the file can't be read or made, or others can read it.
pub fn load_or_create(store: &Path, entropy: &dyn Entropy) -> Result<ProofValues> {
    if let Some(values) = load(store)? {
        return Ok(values);
    }
    let values = ProofValues { current: generate(entropy)?, previous: None };
    match write(store, &values, false) {
        // Another program has created the file first.
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {
            load(store)?.ok_or_else(|| unusable(store, "another program creates and removes the file".to_owned()))
        }
        Err(e) => Err(unusable(store, e.to_string())),
        Ok(()) => Ok(values),
    }
}

/// Replaces the current value. The previous one is accepted for another hour, unless others could have read or
/// written it.
pub fn rotate(store: &Path, entropy: &dyn Entropy, now: Timestamp) -> Result<ProofValues> {
    let previous = match read(store) {
        Ok(values) => values.map(|values| (values.current, Timestamp(now.0.saturating_add(OVERLAP)))),
        Err(ReadFault::Unsafe(_)) => None,
        Err(fault @ ReadFault::Io(_)) => return Err(fault.into_error(store)),
    };
    let values = ProofValues { current: generate(entropy)?, previous };
    write(store, &values, true).map_err(|e| unusable(store, e.to_string()))?;
    Ok(values)
}

/// Returns the values. `None` if there are none yet.
///
/// # Errors
/// [`crate::error::Kind::Failure`] if the file can't be read, or others can read it.
pub fn load(store: &Path) -> Result<Option<ProofValues>> {
    read(store).map_err(|fault| fault.into_error(store))
}

/// Reason why the file can't be used.
enum ReadFault {
    /// Others may know or have chosen the value in the file.
    Unsafe(&'static str),
    Io(std::io::Error),
}

impl ReadFault {
    fn into_error(self, store: &Path) -> Error {
        match self {
            ReadFault::Unsafe(why) => unusable(store, why.to_owned()).next(
                "Create a new proof value: jeton guide PROXY --new-proof. Then print the configuration of each proxy \
                 again, and reload the proxies",
            ),
            ReadFault::Io(e) => unusable(store, e.to_string()),
        }
    }
}

fn read(store: &Path) -> std::result::Result<Option<ProofValues>, ReadFault> {
    let file = match sidecar::open_options().open(sidecar_path(store, SUFFIX)) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) if e.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            return Err(ReadFault::Unsafe("the file is a symbolic link"));
        }
        Err(e) => return Err(ReadFault::Io(e)),
    };
    if !sidecar::is_ours(&file.metadata().map_err(ReadFault::Io)?, 0o077) {
        return Err(ReadFault::Unsafe("the file must be a regular file that only the service's user can read"));
    }
    let mut text = Zeroizing::new(String::with_capacity(sidecar::MAX_BYTES as usize + 1));
    match file.take(sidecar::MAX_BYTES).read_to_string(&mut text) {
        Err(e) if e.kind() != ErrorKind::InvalidData => Err(ReadFault::Io(e)),
        Ok(_) | Err(_) => parse(&text).map(Some).ok_or(ReadFault::Unsafe("the file contains no valid proof value")),
    }
}

fn parse(text: &str) -> Option<ProofValues> {
    let line = |word: &str| text.lines().find_map(|line| line.strip_prefix(word));
    let current = ProxyProof::from_hex(line("current ")?)?;
    let previous = match line("previous ") {
        None => None,
        Some(rest) => {
            let (value, until) = rest.split_once(' ')?;
            Some((ProxyProof::from_hex(value)?, Timestamp(until.parse().ok()?)))
        }
    };
    Some(ProofValues { current, previous })
}

fn generate(entropy: &dyn Entropy) -> Result<ProxyProof> {
    let mut bytes = Zeroizing::new([0; PROOF_LEN]);
    entropy.fill(&mut *bytes)?;
    Ok(ProxyProof::new(bytes))
}

fn write(store: &Path, values: &ProofValues, overwrite: bool) -> std::io::Result<()> {
    let mut text = Zeroizing::new(String::with_capacity(512));
    text.push_str("current ");
    text.push_str(&values.current.to_hex());
    if let Some((previous, until)) = &values.previous {
        text.push_str("\nprevious ");
        text.push_str(&previous.to_hex());
        text.push_str(&format!(" {}", until.0));
    }
    text.push('\n');
    write_whole(&sidecar_path(store, SUFFIX), text.as_bytes(), overwrite)
}

fn unusable(store: &Path, why: String) -> Error {
    Error::failure(format!("the proof values in {} can't be used", sidecar_path(store, SUFFIX).display())).why(why)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;
    use crate::platform::entropy::SystemEntropy;

    #[test]
    fn values_are_created_once_stored_privately_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("jeton.db");
        assert!(load(&store).unwrap().is_none());
        let first = load_or_create(&store, &SystemEntropy).unwrap();
        let again = load_or_create(&store, &SystemEntropy).unwrap();
        assert_eq!(*first.current.to_hex(), *again.current.to_hex());
        let file = sidecar_path(&store, SUFFIX);
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
        let next = rotate(&store, &SystemEntropy, Timestamp(5)).unwrap();
        let (previous, until) = load(&store).unwrap().unwrap().previous.unwrap();
        assert_eq!((&*previous.to_hex(), until), (&*first.current.to_hex(), Timestamp(5 + OVERLAP)));
        assert_ne!(*next.current.to_hex(), *first.current.to_hex());
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        assert!(load_or_create(&store, &SystemEntropy).is_err());
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        fs::write(&file, "current 07\n").unwrap();
        assert!(load_or_create(&store, &SystemEntropy).is_err());
    }

    /// A value that others may know or have chosen is replaced, and is no longer accepted at all.
    #[test]
    fn rotate_replaces_an_unsafe_file_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("jeton.db");
        let file = sidecar_path(&store, SUFFIX);
        type Spoil = fn(&Path);
        let spoiled: [Spoil; 6] = [
            |file| fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap(),
            |file| fs::set_permissions(file, Permissions::from_mode(0o620)).unwrap(),
            |file| fs::write(file, "current 07\n").unwrap(),
            |file| fs::write(file, b"\xff").unwrap(),
            |file| fs::write(file, "").unwrap(),
            |file| {
                fs::rename(file, file.with_extension("other")).unwrap();
                std::os::unix::fs::symlink(file.with_extension("other"), file).unwrap();
            },
        ];
        for (n, spoil) in spoiled.into_iter().enumerate() {
            load_or_create(&store, &SystemEntropy).unwrap();
            spoil(&file);
            assert!(load(&store).unwrap_err().next.is_some(), "{n}");
            let rotated = rotate(&store, &SystemEntropy, Timestamp(5)).unwrap();
            assert!(rotated.previous.is_none(), "{n}");
            let loaded = load(&store).unwrap().unwrap();
            assert_eq!(*loaded.current.to_hex(), *rotated.current.to_hex(), "{n}");
            assert_eq!(fs::symlink_metadata(&file).unwrap().mode() & 0o777, 0o600, "{n}");
        }
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert!(rotate(&store, &SystemEntropy, Timestamp(5)).is_err(), "nothing of ours is there to be replaced");
    }
}
