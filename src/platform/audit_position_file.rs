//! The file next to a store that records how far a service has seen the audit log. It is outside the store, so an
//! older copy of the store doesn't bring back an older record.

use std::io::{ErrorKind, Read};
use std::path::Path;

use super::sidecar::{self, sidecar_path};
use super::whole_file::write_whole;
use crate::domain::checkpoint::{self, Checkpoint};
use crate::error::{Error, Result};

pub const SUFFIX: &str = "-seen";

/// Returns the last record for the store at `store`. `None` if there never was one.
pub fn read(store: &Path) -> Result<Option<Checkpoint>> {
    let path = sidecar_path(store, SUFFIX);
    let refused = |why: String| {
        Error::failure(format!("the file with the last seen audit row, {}, can't be used", path.display())).why(why)
    };
    let file = match sidecar::open_options().open(&path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(refused(e.to_string())),
    };
    let meta = file.metadata().map_err(|e| refused(e.to_string()))?;
    if !sidecar::is_ours(&meta, 0o022) {
        return Err(refused("the file must be a regular file that only the service's user can write to".to_owned()));
    }
    let mut text = String::new();
    file.take(sidecar::MAX_BYTES).read_to_string(&mut text).map_err(|e| refused(e.to_string()))?;
    match checkpoint::parse_checkpoints(&text).map_err(|e| refused(e.why.unwrap_or(e.what)))?.pop() {
        Some(seen) => Ok(Some(seen)),
        None => Err(refused("the file is empty".to_owned())),
    }
}

/// Writes `seen` for the store at `store`. Afterwards the file has either all of it, or its previous content.
pub fn write(store: &Path, seen: &Checkpoint) -> Result<()> {
    let path = sidecar_path(store, SUFFIX);
    write_whole(&path, seen.to_line().as_bytes(), true).map_err(|e| {
        Error::failure(format!("the file with the last seen audit row, {}, can't be written", path.display()))
            .why(e.to_string())
            .next(
                "Check the free space of the disk. Check also that the service's user can write to the store's folder",
            )
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;
    use crate::domain::checkpoint::StoreId;
    use crate::domain::name::Prefix;
    use crate::domain::time::Timestamp;

    #[test]
    fn position_reads_back_and_nothing_else_is_accepted() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("jeton.db");
        assert_eq!(read(&store).unwrap(), None);
        let seen = |seq| Checkpoint {
            seq,
            hash: [seq as u8; 32],
            at: Timestamp(1_795_253_400_000),
            store: StoreId::new(&Prefix::default(), Timestamp(5)),
        };
        for seq in [7, 8, 3] {
            write(&store, &seen(seq)).unwrap();
            assert_eq!(read(&store).unwrap(), Some(seen(seq)));
        }
        assert_eq!(fs::metadata(sidecar_path(&store, SUFFIX)).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
        let whole = fs::read_to_string(sidecar_path(&store, SUFFIX)).unwrap();
        for text in ["", "\n", &whole[..20], &whole.replace(" 3 ", " 2 "), "nonsense\n", &"x".repeat(9_000)] {
            fs::write(sidecar_path(&store, SUFFIX), text).unwrap();
            assert!(read(&store).is_err(), "{text:?}");
        }
        fs::write(sidecar_path(&store, SUFFIX), &whole).unwrap();
        fs::set_permissions(sidecar_path(&store, SUFFIX), fs::Permissions::from_mode(0o622)).unwrap();
        assert!(read(&store).is_err(), "others can write it");
        fs::remove_file(sidecar_path(&store, SUFFIX)).unwrap();
        fs::write(folder.path().join("other"), &whole).unwrap();
        symlink(folder.path().join("other"), sidecar_path(&store, SUFFIX)).unwrap();
        assert!(read(&store).is_err(), "a link");
        write(&store, &seen(9)).unwrap();
        assert_eq!(read(&store).unwrap(), Some(seen(9)));
    }
}
