//! Calls with a password: a login, whose token reads for some hours, and a proof, which stands for the password in one
//! change.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::domain::name::{TokenName, Username};
use crate::domain::password::Password;
use crate::domain::wire_format::WireSecret;

/// The endpoint of [`PasswordLogin`], for `POST`. The answer is that of the verb.
pub const LOGIN_PATH: &str = "/v1/login";
/// The header of the call that a proof authorises.
pub const PROOF_HEADER: &str = "jeton-proof";
/// Time for which a proof can be used, in seconds.
pub const PROOF_LIFETIME: u64 = 60;

/// Asks for a login.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordLogin {
    pub username: Username,
    #[serde(with = "WireSecret")]
    pub password: Password,
    /// The name of the client's machine, such as `cli-laptop`.
    pub name: TokenName,
}

/// Asks for a proof.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    pub username: Username,
    #[serde(with = "WireSecret")]
    pub password: Password,
}

/// A proof. It can be used once.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Confirmed {
    #[serde(with = "WireSecret")]
    pub proof: Zeroizing<String>,
    /// Time for which the proof can be used, in seconds.
    pub expires_in: u64,
}
