//! Runs the suite for jeton's SQLite engine.

use super::{Engine, conforms};
use crate::support::fakes::TempStore;
use jeton::domain::audit::AuditRow;
use jeton::store::sqlite::SqliteStore;

pub struct Sqlite(TempStore);

impl Engine for Sqlite {
    type S = SqliteStore;
    fn fresh() -> Self {
        Sqlite(TempStore::new())
    }
    fn open(&self) -> SqliteStore {
        SqliteStore::open_or_create(&self.0.path()).unwrap()
    }
    fn audit(&self) -> Vec<AuditRow> {
        self.open().audit_log().unwrap()
    }
}

conforms!(Sqlite);
