//! Runs the suite for an engine that runs every closure twice, as after a serialization failure. Only the second run
//! may have an effect.

use super::conforms;
use crate::support::fakes::{Engine, TempStore};
use jeton::domain::audit::AuditActor;
use jeton::domain::time::Timestamp;
use jeton::error::{Error, Result};
use jeton::verbs::audited::Audited;
use jeton::verbs::ports::{
    CommittedTx, DataVersion, DataVersions, FlushScope, Maintenance, Snapshot, Store, Tx, UsageTx,
};

pub struct Rerun<E>(E);

impl<E: Engine> Engine for Rerun<E> {
    type S = RerunStore<E::S>;
    fn fresh() -> Self {
        Rerun(E::fresh())
    }
    fn open(&self) -> Self::S {
        RerunStore(self.0.open())
    }
}

pub struct RerunStore<S>(pub S);

impl<S: Store> Store for RerunStore<S> {
    fn read<T>(&self, f: impl FnOnce(&dyn Snapshot) -> Result<T>) -> Result<T> {
        self.0.read(f)
    }
    fn write<T>(
        &self,
        actor: &AuditActor,
        now: &dyn Fn() -> Timestamp,
        mut f: impl FnMut(&mut dyn Tx, Timestamp) -> Result<Audited<T>>,
    ) -> Result<CommittedTx<T>> {
        let failed = self.0.write(actor, now, |tx, now| {
            // A transaction that can't be serialized may end in any error, or only at the commit.
            let _ = f(tx, now);
            Err::<Audited<()>, _>(Error::failure("could not serialize"))
        });
        assert!(failed.is_err());
        self.0.write(actor, now, f)
    }
    fn dry_run<T>(
        &self,
        now: &dyn Fn() -> Timestamp,
        mut f: impl FnMut(&mut dyn Tx, Timestamp) -> Result<Audited<T>>,
    ) -> Result<T> {
        let _ = self.0.dry_run(now, &mut f);
        self.0.dry_run(now, f)
    }
    fn write_usage<T>(&self, mut f: impl FnMut(&mut dyn UsageTx) -> Result<T>) -> Result<T> {
        let failed = self.0.write_usage(|tx| {
            let _ = f(tx);
            Err::<(), _>(Error::failure("could not serialize"))
        });
        assert!(failed.is_err());
        self.0.write_usage(f)
    }
}

impl<S: Maintenance> Maintenance for RerunStore<S> {
    fn write_back(&self) -> Result<u64> {
        self.0.write_back()
    }
    fn flush_usage(&self) -> Result<()> {
        self.0.flush_usage()
    }
    fn write_failed_sign_ins(&self, now: Timestamp, due: FlushScope) -> Result<()> {
        self.0.write_failed_sign_ins(now, due)
    }
}

impl<S: DataVersions> DataVersions for RerunStore<S> {
    fn data_version(&self) -> Result<DataVersion> {
        self.0.data_version()
    }
}

conforms!(Rerun<TempStore>);
