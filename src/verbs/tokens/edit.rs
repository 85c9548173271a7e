use super::issue::{audit_changed, push_selection};
use super::rights::MethodsChange;
use super::save::save_token;
use super::{TokenTarget, policy_rules, resolve_for_change, rights};
use crate::domain::api_selection::{Selection, SelectionEdit};
use crate::domain::date_format::DateFormat;
use crate::domain::expiry::ExpirySpec;
use crate::domain::name::{Description, TokenName};
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::domain::token_diff::{self, diff};
use crate::error::Fault;
use crate::verbs::prelude::*;

/// Changes the given fields. All others stay, the secret too.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditToken {
    /// The token to change.
    pub token: TokenTarget,
    /// The token as the person saw it. If it has changed since, the conflict shows both sides.
    pub expected: Option<Box<Token>>,
    /// The new name. `None`: unchanged.
    pub name: Option<TokenName>,
    /// The new description. `None`: unchanged.
    pub description: Option<Description>,
    /// The new expiry. `None`: unchanged.
    pub expires: Option<ExpirySpec>,
    /// The change of what the token may call. `None`: unchanged.
    pub selection: Option<SelectionEdit>,
    /// `true` expects from now on that nobody uses the token, `false` no longer expects it. `None`: unchanged.
    pub expected_unused: Option<bool>,
}

/// A token before and after an edit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditPreview {
    /// The present token.
    pub before: Token,
    /// The token as it would be.
    pub after: Token,
    /// A warning about the selection. `None` if the token may call all that it names.
    pub warning: Option<String>,
    /// The methods that the token gains and loses. `None` if the API selection stays the same.
    pub methods: Option<MethodsChange>,
}

impl EditPreview {
    /// Describes the methods that the token gains and loses, `true` for gained ones. Empty for hand-picked methods, which
    /// are themselves the difference.
    pub fn describe_methods(&self) -> Vec<(bool, String)> {
        match (&self.before.selection, &self.after.selection) {
            (Selection::Custom(_), Selection::Custom(_)) => Vec::new(),
            _ => self.methods.as_ref().map_or_else(Vec::new, MethodsChange::describe),
        }
    }
}

/// Previews an edit without making it. A taken name or a reached limit is only detected by the edit itself.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PreviewEdit(pub EditToken);

impl Query for PreviewEdit {
    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<EditPreview> {
        // The result shows the token before the edit, so the actor must be permitted to see it. The result also shows
        // the token after the edit, so the actor must be permitted to make the edit.
        let [seen, changed] = [TokenAction::Read, TokenAction::Write]
            .map(|action| authorize::resolve_token(actor, snapshot, &self.0.token.reference, TrashScope::Live, action));
        authorize::denied_first(changed, seen)?;
        let mut preview = self.0.preview(actor, snapshot, env)?;
        authorize::check_grant(actor, snapshot, &[(Some(&preview.before), &preview.after)])?;
        self.0.after_commit(&mut preview, snapshot, env)?;
        Ok(preview)
    }
}

impl Mutation for EditToken {
    type Output = EditPreview;

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<EditPreview>> {
        let EditPreview { before, after, warning, methods } = self.preview(actor, tx, env)?;
        let after = save_token(actor, tx, env, before.clone(), after)?;
        let entry = audit_changed(Self::NAME, &before, &after);
        Ok(Audited::one(EditPreview { before, after, warning, methods }, entry))
    }

    const HAS_AFTER_COMMIT: bool = true;

    fn after_commit(&self, out: &mut EditPreview, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<()> {
        if self.selection.is_some() {
            out.warning = rights::warning(snapshot, &out.after, env.now)?;
        }
        if out.before.selection != out.after.selection {
            out.methods = Some(MethodsChange::new(snapshot, &out.before, &out.after)?);
        }
        Ok(())
    }

    fn equivalent_command(&self, out: &EditPreview) -> CliLine {
        let line = CliLine::new(&["token", "edit"])
            .arg(out.before.full_name())
            .option_if("name", self.name.as_ref().map(TokenName::as_str))
            .option_if("description", self.description.as_ref().map(Description::as_str))
            .option_if("expires", self.expires.map(|spec| spec.to_string()));
        let line = match self.expected_unused {
            None => line,
            Some(true) => line.arg("--expect-unused"),
            Some(false) => line.arg("--no-expect-unused"),
        };
        match &self.selection {
            None => line,
            Some(SelectionEdit::Replace(Selection::Custom(none))) if none.is_empty() => line.arg("--nothing"),
            Some(SelectionEdit::Replace(selection)) => push_selection(line, selection),
            Some(SelectionEdit::Sets { add, drop }) => {
                let line = add.iter().fold(line, |line, set| line.option("add-set", set.as_str()));
                drop.iter().fold(line, |line, set| line.option("drop-set", set.as_str()))
            }
            Some(SelectionEdit::Methods { add, drop }) => {
                let line = add.iter().fold(line, |line, id| line.option("add-method", id.as_str()));
                drop.iter().fold(line, |line, id| line.option("drop-method", id.as_str()))
            }
        }
    }
}

impl EditToken {
    /// Returns an edit that changes nothing yet.
    pub fn new(token: TokenTarget) -> Self {
        EditToken {
            token,
            expected: None,
            name: None,
            description: None,
            expires: None,
            selection: None,
            expected_unused: None,
        }
    }

    /// Returns the edit that gives `after`, the token after an edit, the values of `before` again.
    pub fn to_restore(before: &Token, after: &Token) -> Self {
        let [was, is] = [before, after].map(|token| token.expected_unused_since.is_some());
        EditToken {
            token: TokenTarget::at_revision(after),
            expected: Some(Box::new(after.clone())),
            name: (before.name != after.name).then(|| before.name.clone()),
            description: (before.description != after.description).then(|| before.description.clone()),
            expires: (before.expiry != after.expiry).then(|| before.expiry.into()),
            selection: (before.selection != after.selection).then(|| SelectionEdit::Replace(before.selection.clone())),
            expected_unused: (was != is).then_some(was),
        }
    }

    /// Returns `true` if the edit has no new value.
    pub fn is_empty(&self) -> bool {
        self.name.is_none()
            && self.description.is_none()
            && self.expires.is_none()
            && self.selection.is_none()
            && self.expected_unused.is_none()
    }

    /// Applies [`EditToken::expected_unused`] to `token`. A new mark counts from `now`, so that it ignores earlier uses.
    pub fn mark(&self, token: &mut Token, now: Timestamp) {
        match self.expected_unused {
            Some(true) if token.expected_unused_since.is_none() || token.unexpected_use().is_some() => {
                token.expected_unused_since = Some(now);
            }
            Some(false) => token.expected_unused_since = None,
            Some(true) | None => {}
        }
    }

    fn preview(&self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<EditPreview> {
        let selection = self.selection.as_ref().and_then(SelectionEdit::added);
        let requested = RequestedRights { selection, expiry: policy_rules::requested_expiry(self.expires, env) };
        let before = resolve_for_change(actor, snapshot, &self.token, &requested)?;
        match &self.expected {
            Some(seen) if seen.revision != before.revision => {
                return Err(self.conflict_error(seen, &before, snapshot, env));
            }
            _ => self.token.check_revision(&before)?,
        }
        let after = self.apply(&before, snapshot, env)?;
        Ok(EditPreview { before, after, warning: None, methods: None })
    }

    fn apply(&self, before: &Token, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<Token> {
        if self.is_empty() {
            return Err(Error::usage("nothing to change").next(
                "Give at least one new value, e.g. a description or an expiry (in a command: --description, --expires)",
            ));
        }
        let mut after = before.clone();
        if let Some(name) = &self.name {
            after.name = name.clone();
        }
        if let Some(description) = &self.description {
            after.description = description.clone();
        }
        if let Some(spec) = self.expires {
            after.expiry = policy_rules::resolve_expiry(spec, &snapshot.policy()?, env)?;
        }
        if let Some(edit) = &self.selection {
            after.selection = edit.apply(&before.selection)?;
            policy_rules::check_selection_exists(&after.selection, Some(&before.selection), snapshot)?;
        }
        self.mark(&mut after, env.now);
        Ok(after)
    }

    /// Returns the error if somebody else changed the token first. Lists each field that differs: as it was seen, as it
    /// is stored now, and as it was to be.
    fn conflict_error(&self, seen: &Token, stored: &Token, snapshot: &dyn Snapshot, env: &Env<'_>) -> Error {
        // Verbs know no setting of a reader.
        let dates = DateFormat::Iso.in_zone(env.zone);
        let yours = self.apply(seen, snapshot, env).ok();
        let describe = |change: token_diff::FieldChange| {
            let word = change.field.as_str();
            let yours = yours.as_ref().map(|y| change.field.display_value(y, dates));
            let yours = match yours.filter(|y| *y != change.field.display_value(seen, dates)) {
                Some(yours) => format!("you chose {yours}"),
                None => "you did not change it".to_owned(),
            };
            format!("{word} was {} and is now {} ({yours})", change.before, change.after)
        };
        let differences: Vec<String> = diff(seen, stored, dates).into_iter().map(describe).collect();
        let why = if differences.is_empty() {
            "the fields that you can edit have the same values as before".to_owned()
        } else {
            differences.join("; ")
        };
        Error::conflict(format!(
            "another program or session changed the token {}; your change was not made",
            stored.name
        ))
        .why(why)
        .next("Check the token's current values, then make your change again")
        .fault(Fault::ChangedMeanwhile)
    }
}
