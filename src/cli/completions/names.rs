//! Names from the store and the settings, for completion.

use std::time::Duration;

use super::super::overrides;
use super::MAX_CANDIDATES;
use crate::cli::args::GlobalArgs;
use crate::command_line::{Candidate, CommandLine, NameKind};
use crate::config::{SettingKey, Settings};
use crate::domain::account::AccountId;
use crate::domain::catalogue::Catalogue;
use crate::domain::name::Username;
use crate::domain::role::Role;
use crate::error::Result;
use crate::platform::clock::Stopwatch;
use crate::verbs::ports::{NamesQuery, Snapshot, Store, Visibility};

/// Time after which a read is given up: a person waits for the names.
const MAX_READ: Duration = Duration::from_secs(1);

/// The names that the settings and a command line select.
pub(super) struct Names(Option<Settings>);

impl Names {
    pub fn new(global: &GlobalArgs, line: &CommandLine<'_>) -> Self {
        let mut overrides = overrides(global);
        overrides.store = line.given("store").map(Into::into);
        overrides.server = line.given("server").map(str::to_owned);
        Names(Settings::load(overrides).ok())
    }

    /// Returns the names of a kind that begin with `beginning`. None if they can't be read at once.
    pub fn candidates(&self, kind: NameKind, beginning: &str) -> Vec<Candidate> {
        match (kind, &self.0) {
            (NameKind::Settings, _) => SettingKey::all().map(|key| Candidate::new(key.name(), key.help())).collect(),
            (NameKind::Servers, Some(settings)) => {
                settings.servers.iter().map(|server| Candidate::plain(&*server.name)).collect()
            }
            // Names of another machine would need a sign-in.
            (_, Some(settings)) if settings.server.is_none() => {
                read(settings, |snapshot| names(snapshot, kind, beginning)).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }
}

fn read(settings: &Settings, names: impl Fn(&dyn Snapshot) -> Result<Vec<Candidate>>) -> Result<Vec<Candidate>> {
    let started = Stopwatch::start();
    let store = settings.store.value.open_unchanged(Duration::ZERO, move || started.elapsed() > MAX_READ)?;
    let schema = store.schema_state()?;
    match schema.version == schema.newest && !schema.lacks_indexes {
        true => store.read(|snapshot| names(snapshot)),
        false => Ok(Vec::new()),
    }
}

fn names(snapshot: &dyn Snapshot, kind: NameKind, beginning: &str) -> Result<Vec<Candidate>> {
    let catalogues = |words: fn(&Catalogue) -> Vec<Candidate>| {
        snapshot.catalogues().map(|catalogues| catalogues.iter().flat_map(words).collect())
    };
    match kind {
        NameKind::Tokens => tokens(snapshot, beginning, false),
        NameKind::TrashedTokens => tokens(snapshot, beginning, true),
        NameKind::Accounts => Ok(usernames(snapshot, beginning)?.map(Candidate::plain).collect()),
        NameKind::Sets => catalogues(sets),
        NameKind::Methods => catalogues(methods),
        NameKind::Catalogues => catalogues(|catalogue| vec![Candidate::new(&*catalogue.name, &*catalogue.title)]),
        NameKind::CatalogueEntries => catalogues(|catalogue| {
            let groups = catalogue.groups.iter().map(|group| Candidate::new(group.id.as_str(), &*group.title));
            let own = [Candidate::new(&*catalogue.name, &*catalogue.title)];
            own.into_iter().chain(sets(catalogue)).chain(groups).chain(methods(catalogue)).collect()
        }),
        NameKind::Settings | NameKind::Servers => Ok(Vec::new()),
    }
}

fn sets(catalogue: &Catalogue) -> Vec<Candidate> {
    catalogue.sets.iter().map(|set| Candidate::plain(&*set.name)).collect()
}

fn methods(catalogue: &Catalogue) -> Vec<Candidate> {
    catalogue.methods().map(|method| Candidate::new(method.id.as_str(), &*method.title)).collect()
}

fn usernames(snapshot: &dyn Snapshot, beginning: &str) -> Result<impl Iterator<Item = String>> {
    Ok(snapshot.usernames(beginning, MAX_CANDIDATES)?.into_iter())
}

/// Returns tokens by name, and the accounts whose tokens can be chosen by `account/name`.
fn tokens(snapshot: &dyn Snapshot, beginning: &str, trashed: bool) -> Result<Vec<Candidate>> {
    let visibility = Visibility { own: AccountId(0), roles: Role::ALL.to_vec() };
    let query = NamesQuery { visibility: &visibility, account: None, beginning, trashed, limit: MAX_CANDIDATES };
    if let Some((username, name)) = beginning.split_once('/') {
        let account = Username::parse(username).ok().map(|name| snapshot.account_by_name(&name)).transpose()?.flatten();
        let Some(account) = account else { return Ok(Vec::new()) };
        let query = NamesQuery { account: Some(account.id), beginning: name, ..query };
        let named = snapshot.names(&query)?;
        return Ok(named.into_iter().map(|one| Candidate::plain(format!("{username}/{}", one.name))).collect());
    }
    let mut found: Vec<Candidate> =
        snapshot.names(&query)?.into_iter().map(|one| Candidate::new(one.name, one.username)).collect();
    // Tokens of several accounts may have the same name.
    found.sort_by(|a, b| a.text.cmp(&b.text));
    found.dedup_by(|a, b| a.text == b.text);
    found.extend(usernames(snapshot, beginning)?.map(|name| Candidate::partial(format!("{name}/"))));
    Ok(found)
}
