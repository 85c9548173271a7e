//! Argon2id for passwords: 64 MiB, t=3, p=1, 16 bytes of salt, 32 of tag.

use std::sync::{Condvar, Mutex, PoisonError};

use argon2::password_hash::phc::PasswordHash as Phc;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::domain::password::{Password, PasswordHash};
use crate::error::{Error, Result};
use crate::verbs::ports::{PasswordHasher, PasswordMatch};

const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 1;
const SALT_LEN: usize = 16;
const TAG_LEN: usize = 32;
/// Maximum parameters of a stored hash: four times the memory, ten passes, four lanes.
const MAX_PARAMS: (u32, u32, u32) = (4 * MEMORY_KIB, 10, 4);
/// Maximum number of concurrent hashes. Each uses [`MEMORY_KIB`], or up to [`MAX_PARAMS`] for a stored hash.
const MAX_CONCURRENT: usize = 2;
/// Salt of the hash that is computed for an unknown account, so that an unknown name costs as much time as a wrong
/// password.
const UNKNOWN_ACCOUNT_SALT: [u8; SALT_LEN] = [0; SALT_LEN];

/// Argon2id with the current parameters, and at most two hashes at once.
pub struct Argon2Hasher {
    running: Mutex<usize>,
    done: Condvar,
}

impl Argon2Hasher {
    /// Creates a hasher. Use one per process, because it bounds the number of concurrent hashes.
    pub fn new() -> Self {
        Argon2Hasher { running: Mutex::new(0), done: Condvar::new() }
    }

    fn bounded<T>(&self, f: impl FnOnce() -> T) -> T {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        while *running >= MAX_CONCURRENT {
            running = self.done.wait(running).unwrap_or_else(PoisonError::into_inner);
        }
        *running += 1;
        drop(running);
        let out = f();
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.done.notify_one();
        out
    }
}

impl Default for Argon2Hasher {
    fn default() -> Self {
        Self::new()
    }
}

fn password_error<E: std::fmt::Display>(what: &str) -> impl FnOnce(E) -> Error {
    move |e| {
        Error::failure(format!("the password can't be {what}"))
            .why(e.to_string())
            .next("Try again. If this happens again, free memory, or raise the memory limit of jeton")
    }
}

fn argon2(memory: u32, passes: u32, lanes: u32) -> Result<Argon2<'static>> {
    let params = Params::new(memory, passes, lanes, Some(TAG_LEN))
        .map_err(|e| Error::failure("the parameters of the password hash can't be used").why(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Parses a hash and checks its parameters against the bounds.
fn parse_hash(hash: &PasswordHash) -> Result<(Phc, Params)> {
    let refused = |fault: &str| {
        Error::failure("the password can't be checked")
            .why(format!("the stored password hash {fault}, and may be damaged or altered"))
            .next(
                "Ask an owner to set a new password: jeton account passwd ACCOUNT. If no owner can sign in, restore a \
                 backup",
            )
    };
    let phc = Phc::new(hash.parts().0).map_err(|_| refused("is not valid"))?;
    let params = Params::try_from(&phc).map_err(|_| refused("is not valid"))?;
    if params.m_cost() > MAX_PARAMS.0 || params.t_cost() > MAX_PARAMS.1 || params.p_cost() > MAX_PARAMS.2 {
        return Err(refused("needs more memory or time than jeton allows"));
    }
    Ok((phc, params))
}

impl PasswordHasher for Argon2Hasher {
    fn hash(&self, password: &Password) -> Result<PasswordHash> {
        let mut salt = [0; SALT_LEN];
        getrandom::fill(&mut salt)
            .map_err(|e| Error::failure("no random salt could be created for the password").why(e.to_string()))?;
        let argon2 = argon2(MEMORY_KIB, PASSES, LANES)?;
        let hashed = self.bounded(|| password.expose(|p| argon2.hash_password_with_salt(p, &salt)));
        hashed.map(|phc: Phc| PasswordHash::from_normalized_phc(&phc.to_string())).map_err(password_error("hashed"))
    }

    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> Result<PasswordMatch> {
        let argon2 = argon2(MEMORY_KIB, PASSES, LANES)?;
        let Some(hash) = hash else {
            let hashed = self.bounded(|| password.expose(|p| argon2.hash_password_with_salt(p, &UNKNOWN_ACCOUNT_SALT)));
            return hashed.map(|_: Phc| PasswordMatch::No).map_err(password_error("checked"));
        };
        let (phc, params) = parse_hash(hash)?;
        let (_, is_normal) = hash.parts();
        let compare = |p: &[u8]| argon2.verify_password(p, &phc);
        let found = self.bounded(|| if is_normal { password.expose(compare) } else { password.expose_raw(compare) });
        Ok(match found {
            Err(argon2::password_hash::Error::PasswordInvalid) => PasswordMatch::No,
            // For example out of memory. This is a failure for an unknown account, too.
            Err(e) => return Err(password_error("checked")(e)),
            // Rehashing makes the password valid in any of its Unicode forms.
            Ok(()) if !is_normal && password.has_variants() => PasswordMatch::YesNeedsRehash,
            Ok(()) if params.m_cost() < MEMORY_KIB || params.t_cost() < PASSES => PasswordMatch::YesNeedsRehash,
            Ok(()) => PasswordMatch::Yes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    fn typed(text: &str) -> Password {
        Password::from_raw(Zeroizing::new(text.to_owned()))
    }

    #[test]
    fn hashes_with_the_promised_parameters() {
        let hasher = Argon2Hasher::new();
        let hash = hasher.hash(&typed("correct horse battery")).unwrap();
        assert!(hash.0.starts_with("nfc$argon2id$v=19$m=65536,t=3,p=1$"), "{}", hash.0);
        assert_eq!(hasher.verify(&typed("correct horse battery"), Some(&hash)).unwrap(), PasswordMatch::Yes);
        assert_eq!(hasher.verify(&typed("correct horse batterz"), Some(&hash)).unwrap(), PasswordMatch::No);
        assert_eq!(hasher.verify(&typed("correct horse battery"), None).unwrap(), PasswordMatch::No);
    }

    #[test]
    fn hash_from_before_normal_forms_accepts_typed_text_once_and_is_replaced() {
        let (composed, apart) = (typed("caf\u{e9} au lait 12"), typed("cafe\u{301} au lait 12"));
        let hasher = Argon2Hasher::new();
        let today = hasher.hash(&apart).unwrap();
        assert_eq!(hasher.verify(&composed, Some(&today)).unwrap(), PasswordMatch::Yes);
        let old = argon2(MEMORY_KIB, PASSES, LANES).unwrap();
        let phc: Phc = apart.expose_raw(|p| old.hash_password_with_salt(p, &[7; SALT_LEN])).unwrap();
        let old = PasswordHash(phc.to_string());
        assert_eq!(hasher.verify(&apart, Some(&old)).unwrap(), PasswordMatch::YesNeedsRehash);
        assert_eq!(hasher.verify(&composed, Some(&old)).unwrap(), PasswordMatch::No);
        // ASCII text has only one form, so the hash need not be replaced.
        let plain = argon2(MEMORY_KIB, PASSES, LANES).unwrap();
        let phc: Phc = plain.hash_password_with_salt(b"correct horse battery", &[7; SALT_LEN]).unwrap();
        let plain = PasswordHash(phc.to_string());
        assert_eq!(hasher.verify(&typed("correct horse battery"), Some(&plain)).unwrap(), PasswordMatch::Yes);
    }

    #[test]
    fn weaker_hash_is_reported_and_a_greedy_one_refused() {
        let weak = argon2(8 * 1024, 1, 1).unwrap();
        let phc: Phc = weak.hash_password_with_salt(b"correct horse battery", &[7; SALT_LEN]).unwrap();
        let hasher = Argon2Hasher::new();
        let weak = PasswordHash(phc.to_string());
        assert_eq!(hasher.verify(&typed("correct horse battery"), Some(&weak)).unwrap(), PasswordMatch::YesNeedsRehash);
        let greedy = PasswordHash(weak.0.replace("m=8192", "m=4194304"));
        assert!(hasher.verify(&typed("correct horse battery"), Some(&greedy)).is_err());
    }
}
