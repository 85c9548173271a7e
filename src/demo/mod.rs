//! The demonstration: a temporary store with three accounts and some forty tokens in every state.
//!
//! All of its data is made by the real verbs, with a clock that runs through the past year. While the store is
//! shown, a real service answers requests from it.

mod history;
mod large;
mod large_population;
mod sample_tokens;
mod seeded_rng;
mod setup;
mod simulator;
mod traffic;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::domain::name::Username;
use crate::error::{Error, Result};
use crate::store::{OpenMode, StoreLocation};
use crate::verbs::local_backend::Adapters;

pub use large::LargeDemo;
pub use simulator::Simulator;

/// The password of every account of the demonstration.
pub const PASSWORD: &str = "let me try this";

/// A temporary store that is deleted on drop.
pub struct Demonstration {
    folder: TempDir,
    username: Username,
    clients: Vec<simulator::SimulatedClient>,
}

impl Demonstration {
    /// Makes and fills a store.
    pub fn create(adapters: &Adapters) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("jeton-demo-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()
            .map_err(|e| {
                Error::failure("the folder for the demo store can't be created")
                    .why(e.to_string())
                    .next("Set TMPDIR to a folder in which you can create files")
            })?;
        let (username, created) = create_history(&store_in(folder.path()), adapters)?;
        Ok(Demonstration { folder, username, clients: simulator::SimulatedClient::from_tokens(created)? })
    }

    pub fn store(&self) -> PathBuf {
        store_in(self.folder.path())
    }

    /// Starts a service on the store, and clients that use the sample's tokens. Stop it before this is dropped.
    pub fn start_traffic(&mut self, adapters: &Adapters) -> Result<Simulator> {
        Simulator::start(self.store(), std::mem::take(&mut self.clients), adapters.clone())
    }

    pub fn username(&self) -> Username {
        self.username.clone()
    }

    pub fn password(&self) -> Zeroizing<String> {
        Zeroizing::new(PASSWORD.to_owned())
    }
}

fn store_in(folder: &Path) -> PathBuf {
    folder.join("jeton.db")
}

/// Makes and fills a store at `path`. Returns its owner's name.
pub fn create_at(path: &Path, adapters: &Adapters) -> Result<Username> {
    create_history(path, adapters).map(|(owner, _)| owner)
}

fn create_history(path: &Path, adapters: &Adapters) -> Result<(Username, Vec<history::DemoToken>)> {
    let accounts = setup::DemoAccounts::create(StoreLocation::file(path).open(OpenMode::Create)?, adapters)?;
    let created = history::play(&accounts)?;
    traffic::record(&accounts, &created)?;
    Ok((accounts.owner()?, created))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::Face;
    use crate::domain::password::Password;
    use crate::domain::query::sort::Sort;
    use crate::domain::query::token_filter::TokenFilter;
    use crate::domain::token::Status;
    use crate::lazy_backend::LazyLocalBackend;
    use crate::platform;
    use crate::verbs::accounts::WhoAmI;
    use crate::verbs::credential::Credential;
    use crate::verbs::local_backend::ClientInfo;
    use crate::verbs::ports::Store as _;
    use crate::verbs::ports::TokenCursor;
    use crate::verbs::request::call;
    use crate::verbs::tokens::{ListTokens, OwnerFilter};

    #[test]
    fn demonstration_has_tokens_in_every_state_and_removes_its_folder() {
        let adapters = platform::adapters();
        let demonstration = Demonstration::create(&adapters).unwrap();
        let path = demonstration.store();
        let caller = ClientInfo {
            face: Face::Cli,
            source: "test".into(),
            address: ClientInfo::LOCAL.to_owned(),
            max_wait: std::time::Duration::ZERO,
        };
        let place = LazyLocalBackend::new(StoreLocation::file(&path), adapters.clone(), caller);
        let who = Credential::from_password(demonstration.username(), Password::from_raw(demonstration.password()));
        let me = call(&place, &who, WhoAmI).unwrap();
        assert!(me.active_tokens < me.policy.active_tokens, "Generate must work");

        let list = |trashed| ListTokens {
            owner: OwnerFilter::All,
            filter: TokenFilter::default(),
            sort: Sort::default(),
            trashed,
            cursor: TokenCursor::Start,
            limit: 100,
        };
        let kept = call(&place, &who, list(false)).unwrap().rows;
        let trash = call(&place, &who, list(true)).unwrap().rows;
        assert_eq!((kept.len(), trash.len()), (35, 5));
        let now = adapters.clock.now();
        let count = |status| kept.iter().filter(|t| t.status(now) == status).count();
        assert_eq!([Status::Active, Status::Disabled, Status::Expired].map(count), [23, 4, 8]);
        assert!(kept.iter().any(|t| t.last_seen_at.is_none()));
        assert!(kept.iter().all(|t| t.last_seen_at.is_none_or(|at| at <= now && at >= t.created_at)));
        let audited = place.backend().unwrap().store().read(|s| s.audit_page(None, 1_000)).unwrap().rows;
        assert!(audited.is_sorted_by_key(|raw| raw.row.at) && audited.len() > 50);

        let folder = path.parent().unwrap().to_owned();
        drop(demonstration);
        assert!(!folder.exists());
    }
}
