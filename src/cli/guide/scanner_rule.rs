//! `guide gitleaks` and `guide trufflehog`.

use super::super::App;
use super::super::args::GuideArgs;
use crate::error::{Error, Result};
use crate::guide::{SecretScannerKind, secret_rule};
use crate::verbs::accounts::GetSetup;
use crate::verbs::credential::Credential;

pub(super) fn run(app: &mut App, args: &GuideArgs, kind: SecretScannerKind) -> Result<()> {
    if !args.request.is_empty() || args.host.is_some() || !args.upstream.is_empty() || args.is_about_routes() {
        let scanner = match kind {
            SecretScannerKind::Gitleaks => "gitleaks",
            SecretScannerKind::Trufflehog => "trufflehog",
        };
        return Err(Error::usage(format!(
            "guide {scanner} takes no arguments and no options about requests or proxies"
        ))
        .why("the rule depends only on the prefix of the secrets")
        .next(format!("Run: jeton guide {scanner}")));
    }
    app.backend.local()?;
    let setup = app.call(&Credential::Store, GetSetup)?;
    let prefix = setup.prefix.ok_or_else(|| app.backend.not_set_up())?;
    app.out.document(&secret_rule(kind, &prefix))
}
