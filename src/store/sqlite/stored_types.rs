//! Domain types as column values. Each value was checked before it was stored, so a value that its type refuses is
//! damaged.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};

use crate::domain::account::{AccountId, CredentialVersion};
use crate::domain::catalogue::{SetEntry, TrailingSlash};
use crate::domain::contact::Contact;
use crate::domain::method::{Access, MethodId};
use crate::domain::name::{Description, Prefix, TokenName, Username};
use crate::domain::role::Role;
use crate::domain::secret::PublicId;
use crate::domain::time::Timestamp;
use crate::domain::token::{Revision, TokenId, TokenKind};
use crate::verbs::restore::EndedWay;

/// A stored text that its type refuses, as errors name it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct RefusedText(pub &'static str);

macro_rules! number_columns {
    ($($type:ident),*) => {$(
        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                i64::column_result(value).map($type)
            }
        }
    )*};
}

number_columns!(AccountId, CredentialVersion, Revision, Timestamp, TokenId);

macro_rules! text_columns {
    ($($type:ident, $what:literal, $parse:expr;)*) => {$(
        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let parsed: Option<$type> = $parse(value.as_str()?);
                parsed.ok_or_else(|| FromSqlError::other(RefusedText($what)))
            }
        }
    )*};
}

text_columns! {
    Access, "an access level", Access::from_word;
    Contact, "a contact", Contact::from_stored;
    Description, "a description", |text| Description::parse(text).ok();
    EndedWay, "a reason", EndedWay::from_word;
    MethodId, "a method id", |text| MethodId::parse(text).ok();
    Prefix, "the prefix", |text| Prefix::parse(text).ok();
    PublicId, "a public id", PublicId::parse;
    Role, "a role", Role::from_word;
    SetEntry, "an entry of an API set", |text| SetEntry::parse(text).ok();
    TokenKind, "a token kind", TokenKind::from_word;
    TrailingSlash, "a rule for the final slash of routes", TrailingSlash::from_word;
    TokenName, "a token name", |text| TokenName::parse(text).ok();
    Username, "a username", |text| Username::parse(text).ok();
}
