//! `token copy`.

use super::super::App;
use super::super::args::CopyArgs;
use super::expiry_spec;
use super::secret_output::{SecretFormat, print_issued, secret_destination};
use crate::domain::name::{TokenName, Username};
use crate::error::Result;
use crate::verbs::tokens::{CopyToken, TokenTarget};

pub(super) fn copy(app: &mut App, args: CopyArgs) -> Result<()> {
    let verb = CopyToken {
        token: TokenTarget::by_reference(args.token),
        name: TokenName::parse(&args.name)?,
        account: args.account.as_deref().map(Username::parse).transpose()?,
        expires: expiry_spec(app, args.expires.as_deref())?,
    };
    let destination = secret_destination(SecretFormat::new(app), args.out, None)?;
    let credential = app.write_credential()?;
    let (changed, saved) = app.call_with_delivery(&credential, verb, destination)?;
    print_issued(app, &[changed.value], &saved, "is ready")
}
