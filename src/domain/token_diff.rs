//! Differences between two states of a token, as text.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::api_selection::{Selection, set_label};
use crate::domain::date_format::Dates;
use crate::domain::expiry::Expiry;
use crate::domain::token::Token;
use crate::domain::word_enum::word_enum;

word_enum! {
    /// A part of a token whose changes a person can see, in the order in which they are shown.
    pub enum TokenField {
        Name = "name",
        Description = "description",
        Expires = "expires",
        Api = "API",
        /// The use that is expected of the token.
        ExpectedUse = "use",
        Enabled = "enabled",
        /// The token's secret, identified by its hint.
        Secret = "secret",
    }
}

impl TokenField {
    /// Returns the field's value for `token`: `IDE Plugins`, `12 methods`, `2026-12-31`.
    pub fn display_value(self, token: &Token, dates: Dates<'_>) -> String {
        match self {
            TokenField::Name => token.name.to_string(),
            TokenField::Description if token.description.as_str().is_empty() => "none".to_owned(),
            TokenField::Description => format!("\"{}\"", token.description),
            TokenField::Expires => dates.last_day(token.expiry),
            TokenField::Api => match &token.selection {
                Selection::Sets(sets) => sets.iter().map(|set| set_label(set)).collect::<Vec<_>>().join(", "),
                Selection::Custom(_) | Selection::Inherit => token.selection.summary(),
            },
            TokenField::ExpectedUse => match (token.expected_unused_since, token.unexpected_use()) {
                (None, _) => "expected",
                (Some(_), None) => "not expected",
                (Some(_), Some(_)) => "not expected, but used",
            }
            .to_owned(),
            TokenField::Enabled => if token.enabled { "yes" } else { "no" }.to_owned(),
            TokenField::Secret => token.hint.clone(),
        }
    }

    fn differs(self, before: &Token, after: &Token) -> bool {
        match self {
            TokenField::Name => before.name != after.name,
            TokenField::Description => before.description != after.description,
            TokenField::Expires => before.expiry != after.expiry,
            TokenField::Api => before.selection != after.selection,
            TokenField::ExpectedUse => before.expected_unused_since != after.expected_unused_since,
            TokenField::Enabled => before.enabled != after.enabled,
            TokenField::Secret => before.hint != after.hint,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "TokenChange")]
pub struct FieldChange {
    pub field: TokenField,
    /// Old value, as text.
    pub before: String,
    /// New value, as text.
    pub after: String,
    /// For the API selection: names of the added sets or methods.
    pub added: Vec<String>,
    /// For the API selection: names of the removed sets or methods.
    pub removed: Vec<String>,
}

impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} → {}", self.field.as_str(), self.before, self.after)?;
        let names = self.added.iter().map(|a| ('+', a)).chain(self.removed.iter().map(|r| ('-', r)));
        names.into_iter().try_for_each(|(sign, name)| write!(f, " {sign}{name}"))
    }
}

/// Returns the differences in the order of [`TokenField::ALL`], with `dates` for a person.
pub fn diff(before: &Token, after: &Token, dates: Dates<'_>) -> Vec<FieldChange> {
    let differs = TokenField::ALL.into_iter().filter(|field| field.differs(before, after));
    differs.map(|field| field_change(field, before, after, dates)).collect()
}

fn field_change(field: TokenField, before: &Token, after: &Token, dates: Dates<'_>) -> FieldChange {
    let mut change = FieldChange {
        field,
        before: field.display_value(before, dates),
        after: field.display_value(after, dates),
        added: Vec::new(),
        removed: Vec::new(),
    };
    match field {
        TokenField::Api => (change.added, change.removed) = added_and_removed(&before.selection, &after.selection),
        // Two instants of one day look the same as days.
        TokenField::Expires if change.before == change.after => {
            let clock = |expiry: Expiry| expiry.at().map_or_else(|| "never".to_owned(), |at| dates.second(at));
            (change.before, change.after) = (clock(before.expiry), clock(after.expiry));
        }
        TokenField::Expires
        | TokenField::Name
        | TokenField::Description
        | TokenField::ExpectedUse
        | TokenField::Enabled
        | TokenField::Secret => {}
    }
    change
}

/// Returns the added and the removed names. Between two forms of selection, everything differs.
fn added_and_removed(before: &Selection, after: &Selection) -> (Vec<String>, Vec<String>) {
    let names = |selection: &Selection| -> BTreeSet<String> {
        match selection {
            Selection::Sets(sets) => sets.clone(),
            Selection::Custom(methods) => methods.iter().map(ToString::to_string).collect(),
            Selection::Inherit => BTreeSet::new(),
        }
    };
    let (was, is) = (names(before), names(after));
    if std::mem::discriminant(before) != std::mem::discriminant(after) {
        return (is.into_iter().collect(), was.into_iter().collect());
    }
    (is.difference(&was).cloned().collect(), was.difference(&is).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::AccountId;
    use crate::domain::date_format::DateFormat;
    use crate::domain::method::MethodId;
    use crate::domain::name::{Description, TokenName, Username};
    use crate::domain::role::Role;
    use crate::domain::time::{Timestamp, utc_zone};
    use crate::domain::token::{Revision, TokenId, TokenKind, TokenOwner};

    fn token() -> Token {
        let owner = TokenOwner {
            id: AccountId(1),
            username: Username::parse("ops").unwrap(),
            role: Role::Owner,
            enabled: true,
        };
        Token {
            id: TokenId(1),
            owner,
            name: TokenName::parse("ci").unwrap(),
            description: Description::none(),
            kind: TokenKind::Api,
            enabled: true,
            selection: methods(&["a.One", "a.Two"]),
            created_at: Timestamp(0),
            expiry: Expiry::Never,
            deleted_at: None,
            expected_unused_since: None,
            hint: "jtn_11111111".to_owned(),
            secret_since: Timestamp(0),
            issued_role: Role::Member,
            made_by: None,
            regenerated_by: None,
            previous: None,
            last_seen_at: None,
            revision: Revision(1),
        }
    }

    fn methods(ids: &[&str]) -> Selection {
        Selection::Custom(ids.iter().map(|m| MethodId::parse(m).unwrap()).collect())
    }

    fn describe(after: Token) -> Vec<String> {
        diff(&token(), &after, DateFormat::Iso.in_zone(&utc_zone())).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn diff_describes_each_field() {
        assert!(describe(token()).is_empty());
        let end = Timestamp(1_798_761_600_000);
        let all = Token {
            name: TokenName::parse("cd").unwrap(),
            description: Description::parse("nightly").unwrap(),
            expiry: Expiry::At(end),
            selection: methods(&["a.Two", "b.Three"]),
            enabled: false,
            hint: "jtn_22222222".to_owned(),
            ..token()
        };
        insta::assert_snapshot!(describe(all).join("\n"), @r#"
        name: ci → cd
        description: none → "nightly"
        expires: never → 2026-12-31
        API: 2 methods → 2 methods +b.Three -a.One
        enabled: yes → no
        secret: jtn_11111111 → jtn_22222222
        "#);
        let sets = Token { selection: Selection::Sets(["a.One".to_owned(), "IDE".to_owned()].into()), ..token() };
        insta::assert_snapshot!(describe(sets).join("\n"), @"API: 2 methods → IDE, a.One +IDE +a.One -a.One -a.Two");
        let inherit = Token { selection: Selection::Inherit, ..token() };
        insta::assert_snapshot!(describe(inherit).join("\n"), @"API: 2 methods → Inherit -a.One -a.Two");
        let (noon, one) = (Timestamp(end.0 - 43_200_000), Timestamp(end.0 - 39_600_000));
        let (noon, one) = (Token { expiry: Expiry::At(noon), ..token() }, Token { expiry: Expiry::At(one), ..token() });
        let same_day = &diff(&noon, &one, DateFormat::Iso.in_zone(&utc_zone()))[0];
        assert_eq!(
            (same_day.before.as_str(), same_day.after.as_str()),
            ("2026-12-31 12:00:00 +00:00", "2026-12-31 13:00:00 +00:00")
        );
    }
}
