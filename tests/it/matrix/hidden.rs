//! Hidden tokens look like missing ones, and don't block visible ones.

use jeton::domain::token::{TokenId, TokenRef};
use jeton::verbs::tokens::{CreateToken, ListTokens, OwnerFilter, ShowToken, TokenTarget};

use crate::matrix::{accounts_fixture, add_token, attempt, list};
use crate::support::fakes::{create, credential, username};

/// An actor that can't see a token can't find out that it exists, by any kind of reference, in the trash or not.
#[test]
fn hidden_token_and_none_get_the_same_answer() {
    let install = accounts_fixture(true);
    for (actor, owner) in [("member", "viewer2"), ("viewer", "owner2"), ("admin", "owner2"), ("admin", "admin2")] {
        let owner = install.account_named(owner);
        for verb in ["show", "disable", "enable", "regenerate", "revoke", "restore", "edit", "copy", "retire"] {
            for place in ["disable", "restore"] {
                let name = format!("{actor}-{verb}-{place}-x");
                let token = add_token(&install, &owner, &name, place);
                let absent = "zz-none";
                let pairs = [
                    (token.id.to_string(), TokenId(987_654).to_string()),
                    (token.hint.clone(), "jtn_zzzzzzzz".to_owned()),
                    (name.clone(), absent.to_owned()),
                    (token.full_name(), format!("{}/{absent}", owner.username)),
                    (token.full_name(), format!("nobody/{absent}")),
                ];
                for (there, nowhere) in pairs {
                    let answer = |text: &str| {
                        let refused =
                            attempt(&install, &credential(actor), verb, &owner, TokenTarget::by_reference(text), &name)
                                .unwrap_err();
                        // Suggestions depend only on the typed name and on the tokens that the actor sees.
                        assert!(!refused.next.as_ref().is_some_and(|next| next.contains(&name)), "{refused}");
                        (refused.kind, refused.what.replace(text, "X"), refused.why.map(|why| why.replace(text, "X")))
                    };
                    assert_eq!(answer(&there), answer(&nowhere), "{actor} {verb} {there}");
                }
                let answer = |id| {
                    attempt(
                        &install,
                        &credential(actor),
                        verb,
                        &owner,
                        TokenTarget { reference: TokenRef::Id(id), expected_revision: None },
                        "",
                    )
                };
                assert_eq!(
                    answer(token.id).unwrap_err(),
                    answer(TokenId(987_654)).unwrap_err(),
                    "{actor} {verb} by id"
                );
            }
        }
    }
}

#[test]
fn hidden_account_and_none_get_the_same_answer() {
    let install = accounts_fixture(true);
    for (actor, hidden) in [("admin", "owner2"), ("admin", "admin2"), ("member", "viewer2"), ("viewer", "owner2")] {
        let answer = |name: &str| {
            let new = CreateToken { account: Some(username(name)), ..create("x") };
            let created = install.call(actor, new).unwrap_err();
            let list = ListTokens { owner: OwnerFilter::Account(username(name)), ..list(None) };
            let listed = install.call(actor, list).unwrap_err();
            [created, listed].map(|e| (e.kind, e.to_string().replace(name, "X")))
        };
        assert_eq!(answer(hidden), answer("nobody"), "{actor}");
    }
}

/// Hidden tokens don't prevent access to visible ones of the same name.
#[test]
fn hidden_token_hides_no_visible_one() {
    let install = accounts_fixture(true);
    add_token(&install, &install.account_named("owner2"), "twin", "show");
    let mine = add_token(&install, &install.account_named("viewer"), "twin", "restore");
    let shown = install.call("admin", ShowToken { token: TokenRef::Text("twin".to_owned()) }).unwrap();
    assert_eq!(shown.token.id, mine.id);
}
