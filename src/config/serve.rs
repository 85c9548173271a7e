//! Addresses and settings of the service.

use std::path::PathBuf;

use super::file::Keys;
use super::{Key, Setting, Source, key, written};
use crate::domain::credential_sources::CredentialSources;
use crate::domain::endpoint::Endpoint;
use crate::domain::trusted_proxies::TrustedProxies;
use crate::error::Result;

/// The command-line options of the service.
#[derive(Debug, Clone, Default)]
pub struct ServeGiven {
    /// `--verify`.
    pub verify: Option<String>,
    /// `--verify-group`.
    pub verify_group: Option<String>,
    /// `--manage`.
    pub manage: Option<String>,
}

/// Addresses and settings of the service.
#[derive(Debug, Clone)]
pub struct ServeSettings {
    /// Address of the verify listener. By default a socket chosen by the store's path.
    pub verify: Option<Setting<Endpoint>>,
    /// Group that may access the verify socket.
    pub verify_group: Option<Setting<String>>,
    /// Address of the management listener. By default a socket chosen by the store's path.
    pub manage: Option<Setting<Endpoint>>,
    /// Group that may access the management socket.
    pub manage_group: Option<Setting<String>>,
    /// Places where tokens are accepted in addition to `Authorization`.
    pub accept: Setting<CredentialSources>,
    /// Peers that may name the client they ask for.
    pub proxies: Setting<TrustedProxies>,
}

impl ServeSettings {
    pub(super) fn find(given: ServeGiven, files: &[(PathBuf, Keys)]) -> Result<Self> {
        let option = |value: Option<String>, name| value.map(|value| Setting { value, source: Source::Option(name) });
        let endpoint = |said: Option<Setting<String>>| said.map(|said| said.parsed(Endpoint::parse)).transpose();
        let group =
            |of: fn(&Keys) -> Option<String>| written(files, of).map(|said| said.parsed(key::group)).transpose();
        let verify = option(given.verify, "--verify").or_else(|| written(files, |keys| keys.serve.verify.clone()));
        let manage = option(given.manage, "--manage").or_else(|| written(files, |keys| keys.serve.manage.clone()));
        let accept = written(files, |keys| keys.serve.accept.clone()).map(|said| said.parsed(CredentialSources::parse));
        let proxies = written(files, |keys| keys.serve.proxies.clone()).map(|said| said.parsed(TrustedProxies::parse));
        Ok(ServeSettings {
            verify: endpoint(verify)?,
            verify_group: match option(given.verify_group, "--verify-group") {
                Some(said) => Some(said.parsed(key::group)?),
                None => group(|keys| keys.serve.verify_group.clone())?,
            },
            manage: endpoint(manage)?,
            manage_group: group(|keys| keys.serve.manage_group.clone())?,
            accept: accept
                .transpose()?
                .unwrap_or(Setting { value: CredentialSources::default(), source: Source::Default }),
            proxies: proxies
                .transpose()?
                .unwrap_or(Setting { value: TrustedProxies::default(), source: Source::Default }),
        })
    }

    pub(super) fn value(&self, key: Key) -> Option<(String, Source)> {
        fn text<T: ToString>(said: &Setting<T>) -> (String, Source) {
            (said.value.to_string(), said.source.clone())
        }
        match key {
            Key::ServeVerify => self.verify.as_ref().map(text),
            Key::ServeVerifyGroup => self.verify_group.as_ref().map(text),
            Key::ServeManage => self.manage.as_ref().map(text),
            Key::ServeManageGroup => self.manage_group.as_ref().map(text),
            Key::ServeAccept => Some(text(&self.accept)),
            Key::ServeProxies => Some(text(&self.proxies)),
            Key::Store | Key::Username | Key::ApiTokenName | Key::ApiToken | Key::LockAfter | Key::ConfirmRemember => {
                None
            }
        }
    }
}
