use crate::domain::account::AccountId;
use crate::domain::time::Timestamp;
use crate::domain::token::TokenId;
use crate::error::Result;

/// Number of keyed calls that an account can have. The oldest is forgotten first.
pub const MAX_KEYED_CALLS: u32 = 1_000;

/// A change that gave out secrets, kept under the key that its caller chose, so that a repetition finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCall {
    /// SHA-256 of the caller and the request.
    pub digest: [u8; 32],
    /// The tokens whose secrets were given out.
    pub tokens: Vec<TokenId>,
    /// The time of the call.
    pub created_at: Timestamp,
}

/// Reads the calls that were made with an idempotency key.
pub trait KeyedCallReader {
    /// Returns the call that an account made with this key, however old.
    fn keyed_call(&self, account: AccountId, key: &str) -> Result<Option<StoredCall>>;
}

/// Writes the calls that were made with an idempotency key.
pub trait KeyedCallWriter {
    /// Adds a call, or replaces the one with its key. Deletes the account's calls from before `oldest`, and its oldest
    /// if there are more than [`MAX_KEYED_CALLS`].
    fn insert_keyed_call(&mut self, account: AccountId, key: &str, call: &StoredCall, oldest: Timestamp) -> Result<()>;
}
