//! Delete: an account by its typed name. Active tokens prevent the deletion.

use super::disable::pending_disable;
use crate::tui::modal::removal::{Alternative, Confirmation, RemovalSpec};
use crate::tui::text_fit::count_noun;
use crate::verbs::accounts::{AccountWithCounts, DeleteAccount};
use crate::verbs::impact::Removal;

/// Returns the dialog that deletes the account of `counted`, or explains why the account can't be deleted.
pub fn delete_account(counted: &AccountWithCounts) -> RemovalSpec {
    let (account, tokens) = (&counted.account, counted.tokens);
    let (name, is_in_use) = (account.username.to_string(), tokens.active > 0);
    let mut effects = Vec::new();
    if !is_in_use {
        let what = match (tokens.live, tokens.trashed) {
            (0, 0) => "The account has no tokens".to_owned(),
            (0, n) => format!(
                "The account has {} in the trash. No token of the account can be restored after the deletion",
                count_noun(n.into(), "token")
            ),
            (n, _) => format!(
                "The account has no active tokens. The deletion also revokes {}. No token of the account can be restored \
                 after the deletion",
                count_noun(n.into(), "disabled or expired token")
            ),
        };
        effects.push(format!("{what}. The name of the account is never reused. The deletion can't be undone."));
    } else {
        effects.push(
            "To delete the account, first disable or revoke its active tokens. To see the tokens, go back and press \
             Enter on the account."
                .to_owned(),
        );
        effects.push(match account.enabled {
            true => format!("If you disable the account instead: {}", super::disable::describe(counted)),
            false => "The account is disabled, so the service already denies its tokens.".to_owned(),
        });
    }
    let (seen, shown, disabled) = (account.clone(), counted.clone(), counted.clone());
    RemovalSpec {
        id: "delete-account",
        title: format!("Delete {name}"),
        impact: Removal::Accounts(vec![account.username.clone()]),
        tokens: Vec::new(),
        shown: None,
        renew: Some(Box::new(move |impact| {
            impact.accounts.iter().find(|current| **current != shown).map(delete_account)
        })),
        effects,
        confirmation: if is_in_use {
            let active = count_noun(tokens.active.into(), "active token");
            Confirmation::Impossible(format!("The account has {active} and can't be deleted yet."))
        } else {
            Confirmation::Name(name)
        },
        alternative: account
            .enabled
            .then(|| Alternative::Change("Disable instead", Box::new(move || pending_disable(&disabled)))),
        act: "Delete",
        object: Some("this account"),
        request: Box::new(move |typed, _, expected_tokens| {
            let (username, expected) = (seen.username.clone(), vec![seen.clone()]);
            DeleteAccount { username, confirmation: typed.to_owned(), expected, expected_tokens }.into()
        }),
    }
}
