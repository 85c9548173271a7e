//! The hash of a set of objects, by which a change refuses a set that a person has not seen.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::domain::wire_format::HexHash;
use crate::error::{Error, Result};

/// The hash of a set and of the state of its members. Unlike their number, it differs if a member was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct SetHash(#[serde(with = "HexHash")] [u8; 32]);

/// Computes a [`SetHash`]. The order of the members counts.
#[derive(Default)]
pub struct SetHasher(Sha256);

impl SetHash {
    pub fn of<T: Serialize>(members: impl IntoIterator<Item = T>) -> Result<Self> {
        let mut hasher = SetHasher::default();
        members.into_iter().try_for_each(|member| hasher.add(&member))?;
        Ok(hasher.finish())
    }

    /// Checks that a person saw this set.
    ///
    /// # Errors
    /// [`crate::error::Kind::Conflict`] with the failure `what`, if the set that was `seen` is another one.
    pub fn check_seen(self, seen: SetHash, what: impl Into<String>) -> Result<()> {
        if seen == self {
            return Ok(());
        }
        Err(Error::conflict(what).next("Start the change again, and check what it affects now"))
    }
}

impl SetHasher {
    pub fn add(&mut self, member: &impl Serialize) -> Result<()> {
        let json = serde_json::to_vec(member).map_err(|error| Error::failure(error.to_string()))?;
        self.0.update(json);
        self.0.update(b"\n");
        Ok(())
    }

    pub fn finish(self) -> SetHash {
        SetHash(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_hash_differs_for_other_members_and_other_states() {
        let hash = |members: &[(u8, u8)]| SetHash::of(members).unwrap();
        let all = [hash(&[]), hash(&[(1, 1)]), hash(&[(1, 2)]), hash(&[(2, 1)]), hash(&[(1, 1), (2, 1)])];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[..at].contains(one), "{at}");
        }
    }
}
