//! `token create`: a secret is shown only once.

use std::collections::BTreeSet;

use super::super::App;
use super::super::args::CreateArgs;
use super::expiry_spec;
use super::secret_output::{SecretFormat, print_issued, secret_destination};
use crate::domain::api_selection::Selection;
use crate::domain::method::MethodId;
use crate::domain::name::{Description, TokenName, Username};
use crate::error::Result;
use crate::verbs::tokens::CreateToken;

pub(super) fn create(app: &mut App, args: CreateArgs) -> Result<()> {
    let typed = CreateToken {
        account: args.account.as_deref().map(Username::parse).transpose()?,
        names: args.names.iter().map(|name| TokenName::parse(name)).collect::<Result<_>>()?,
        description: args.description.as_deref().map_or_else(|| Ok(Description::none()), Description::parse)?,
        expires: expiry_spec(app, args.expires.as_deref())?,
        selection: selection(args.set, &args.method, args.inherit)?,
        expected_unused: args.expect_unused,
    };
    let destination = secret_destination(SecretFormat::new(app), args.out, args.out_dir)?;
    let credential = app.write_credential()?;
    let selection = app.full_selection(&credential, typed.selection)?;
    let verb = CreateToken { selection, ..typed };
    let (changed, saved) = app.call_with_delivery(&credential, verb, destination)?;
    print_issued(app, &changed.value, &saved, "is ready")
}

fn selection(sets: Vec<String>, methods: &[String], inherit: bool) -> Result<Selection> {
    if inherit {
        Ok(Selection::Inherit)
    } else if sets.is_empty() {
        let methods = methods.iter().map(|m| MethodId::parse(m)).collect::<Result<BTreeSet<_>>>()?;
        Ok(Selection::Custom(methods))
    } else {
        Ok(Selection::Sets(sets.into_iter().collect()))
    }
}
