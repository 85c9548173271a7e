//! Runs the suite for jeton's SQLite engine.

use super::conforms;
use crate::support::fakes::TempStore;

conforms!(TempStore);
