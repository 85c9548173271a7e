//! `token edit`: shows the changes. At a prompt it shows them first and applies them after a yes.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::super::args::{EditArgs, SelectionArgs};
use super::super::{App, impact};
use super::expiry_spec;
use crate::domain::api_selection::{Selection, SelectionEdit};
use crate::domain::method::MethodId;
use crate::domain::name::{Description, TokenName};
use crate::domain::token::Token;
use crate::domain::token_diff::{FieldChange, diff};
use crate::error::Result;
use crate::verbs::credential::Credential;
use crate::verbs::impact::Removal;
use crate::verbs::tokens::{EditPreview, EditToken, MethodsChange, PreviewEdit, TokenTarget};

/// The answer of `token edit`.
#[derive(Serialize, JsonSchema)]
pub(in crate::cli) struct Edited {
    /// The token after the edit.
    token: Token,
    /// The differences from before.
    changes: Vec<FieldChange>,
    /// The methods that the token gains and loses; `null` if its API selection stays the same.
    methods: Option<MethodsChange>,
}

pub(super) fn edit(app: &mut App, args: EditArgs) -> Result<()> {
    let dry_run = args.dry_run;
    let mut verb = EditToken {
        name: args.name.as_deref().map(TokenName::parse).transpose()?,
        description: args.description.as_deref().map(Description::parse).transpose()?,
        expires: expiry_spec(app, args.expires.as_deref())?,
        selection: selection(args.selection)?,
        expected_unused: (args.expect_unused || args.no_expect_unused).then_some(args.expect_unused),
        ..EditToken::new(TokenTarget::by_reference(args.token))
    };
    if dry_run {
        let credential = app.read_credential()?;
        verb.selection = full_names(app, &credential, verb.selection)?;
        let edited = app.call(&credential, PreviewEdit(verb))?;
        return print_preview(app, edited);
    }
    let shows_first = impact::is_by_person(app);
    let edited = if shows_first {
        preview_and_edit(app, verb)?
    } else {
        let credential = app.write_credential()?;
        verb.selection = full_names(app, &credential, verb.selection)?;
        let edited = app.call(&credential, verb)?.value;
        diff_lines(app, &edited).iter().for_each(|line| app.out.note(line));
        edited
    };
    let name = edited.after.full_name();
    // Don't repeat a warning that was shown before the question.
    if let Some(warning) = edited.warning.as_ref().filter(|_| !shows_first) {
        app.out.note(&format!("! {name}: {warning}"));
    }
    if app.out.json {
        let changes = changes(app, &edited);
        return app.print_json(&Edited { token: edited.after, changes, methods: edited.methods });
    }
    if changes(app, &edited).is_empty() {
        app.out.note(&format!("✓ {name} unchanged: the token already has these values"));
    } else {
        app.out.note(&format!("✓ {name} changed. The secret stays the same"));
    }
    Ok(())
}

/// Edits exactly the token that was shown: sends the shown state with the request.
fn preview_and_edit(app: &App, mut verb: EditToken) -> Result<EditPreview> {
    let (read_credential, proof) = app.begin_change()?;
    verb.selection = full_names(app, &read_credential, verb.selection)?;
    let preview = app.call(&read_credential, PreviewEdit(verb.clone()))?;
    for line in diff_lines(app, &preview) {
        app.prompt.show(&line)?;
    }
    if let Some(warning) = &preview.warning {
        app.prompt.show(&format!("! {warning}"))?;
    }
    if verb.selection.is_some() {
        let after = preview.after.selection.clone();
        impact::show(app, &read_credential, Removal::Selection(preview.before.id, after))?;
    }
    impact::ask(app, "change the token")?;
    let credential = app.proof(proof)?;
    Ok(app.call(&credential, EditToken { expected: Some(Box::new(preview.before)), ..verb })?.value)
}

fn print_preview(app: &mut App, edited: EditPreview) -> Result<()> {
    if app.out.json {
        let changes = changes(app, &edited);
        return app.print_json(&Edited { token: edited.after, changes, methods: edited.methods });
    }
    for line in diff_lines(app, &edited) {
        app.out.line(&line)?;
    }
    if let Some(warning) = &edited.warning {
        app.out.note(&format!("! {warning}"));
    }
    app.out.note("Dry run: nothing was changed");
    Ok(())
}

fn changes(app: &App, edited: &EditPreview) -> Vec<FieldChange> {
    diff(&edited.before, &edited.after, app.dates())
}

/// Returns one line per difference, and one per added or removed set or method.
fn diff_lines(app: &App, edited: &EditPreview) -> Vec<String> {
    let mut lines = vec![edited.before.full_name()];
    for change in changes(app, edited) {
        lines.push(format!("  {}: {} → {}", change.field.as_str(), change.before, change.after));
        lines.extend(change.added.iter().map(|name| format!("    + {name}")));
        lines.extend(change.removed.iter().map(|name| format!("    - {name}")));
    }
    if let Some(methods) = &edited.methods {
        lines.push(format!("  methods: {} → {}", methods.before, methods.after));
        let described = edited.describe_methods().into_iter();
        lines.extend(described.map(|(is_gain, text)| format!("    {} {text}", if is_gain { '+' } else { '-' })));
    }
    if lines.len() == 1 {
        lines.push("  no differences".to_owned());
    }
    lines
}

fn full_names(app: &App, credential: &Credential, typed: Option<SelectionEdit>) -> Result<Option<SelectionEdit>> {
    typed.map(|typed| app.full_edit(credential, typed)).transpose()
}

fn selection(args: SelectionArgs) -> Result<Option<SelectionEdit>> {
    let ids = |texts: &[String]| texts.iter().map(|m| MethodId::parse(m)).collect::<Result<BTreeSet<_>>>();
    let sets = |names: Vec<String>| names.into_iter().collect::<BTreeSet<_>>();
    Ok(if args.inherit {
        Some(SelectionEdit::Replace(Selection::Inherit))
    } else if args.nothing {
        Some(SelectionEdit::Replace(Selection::nothing()))
    } else if !args.set.is_empty() {
        Some(SelectionEdit::Replace(Selection::Sets(sets(args.set))))
    } else if !args.method.is_empty() {
        Some(SelectionEdit::Replace(Selection::Custom(ids(&args.method)?)))
    } else if !args.add_set.is_empty() || !args.drop_set.is_empty() {
        Some(SelectionEdit::Sets { add: sets(args.add_set), drop: sets(args.drop_set) })
    } else if !args.add_method.is_empty() || !args.drop_method.is_empty() {
        Some(SelectionEdit::Methods { add: ids(&args.add_method)?, drop: ids(&args.drop_method)? })
    } else {
        None
    })
}
