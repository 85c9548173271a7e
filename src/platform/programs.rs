//! Finds programs in PATH.

use std::env;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

/// Returns the program with this name. An empty or relative folder of PATH is left out: it means the working directory,
/// which may belong to anybody.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    path.is_file() && access(path, Access::EXEC_OK).is_ok()
}
