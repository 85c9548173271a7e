use crate::domain::account::{AccountId, CredentialVersion};
use crate::domain::name::TokenName;
use crate::domain::secret::{PublicId, SecretDigest};
use crate::domain::time::Timestamp;
use crate::error::Result;

/// Number of logins that an account can have. The oldest ends first.
pub const MAX_LOGINS: u32 = 10;

/// A sign-in from another machine, kept as the digest of its token.
#[derive(Debug, Clone)]
pub struct StoredLogin {
    /// The part of the login's secret that identifies it.
    pub public_id: PublicId,
    /// SHA-256 of the whole token.
    pub digest: SecretDigest,
    /// The account that signed in.
    pub account: AccountId,
    /// The name of the client's machine, such as `cli-laptop`.
    pub name: TokenName,
    /// The credentials that signed in. The login ends when the account's credentials change.
    pub credential_version: CredentialVersion,
    /// End of the login.
    pub expires_at: Timestamp,
}

/// Reads logins.
pub trait LoginReader {
    /// Returns a login by the public id of its token, expired or not.
    fn login(&self, id: &PublicId) -> Result<Option<StoredLogin>>;
}

/// Writes logins.
pub trait LoginWriter {
    /// Adds a login. It replaces the account's login of the same name, and the account's oldest if there are more than
    /// [`MAX_LOGINS`].
    fn insert_login(&mut self, login: &StoredLogin, now: Timestamp) -> Result<()>;
    /// Deletes a login. It need not exist.
    fn delete_login(&mut self, id: &PublicId) -> Result<()>;
}
