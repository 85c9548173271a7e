//! The shape of `--json` output.

use jeton::error::Kind;
use serde_json::json;

use super::looks_like_a_secret;
use crate::support::cli_program::CliHome;

#[test]
fn json_has_the_documented_shape() {
    let home = CliHome::new();
    home.as_ops(&["init", "--username", "ops", "--catalogue", "cloud-platform"]).assert_success();
    let args =
        ["token", "create", "a", "--description", "Fürs Büro", "--expires", "never", "--set", "Marketplace", "--json"];
    let created = home.as_ops(&args).assert_success();
    assert_eq!(created.err, "", "the data says it all");
    let created = created.json();
    assert!(looks_like_a_secret(created["secret"].as_str().unwrap()));
    let mut token = created["token"].clone();
    assert!(token["created_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(token["hint"], created["secret"].as_str().unwrap()[..12]);
    token["created_at"] = json!("then");
    token["hint"] = json!("hint");
    let expected = json!({
        "id": "t:1", "name": "a", "account": "ops", "description": "Fürs Büro", "kind": "api", "status": "active",
        "enabled": true, "account_enabled": true,
        "selection": {"inherit": false, "sets": ["Marketplace"], "methods": []},
        "hint": "hint", "created_at": "then", "expires_at": null, "last_seen_at": null, "deleted_at": null,
        "expected_unused_since": null,
        "role": "owner", "issued_role": "owner", "account_role": "owner", "made_by": null, "regenerated_by": null, "previous": null,
    });
    assert_eq!(token, expected);
    home.create(&["b", "--inherit"]);

    let keys = |v: &serde_json::Value| v.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let list = home.as_ops(&["token", "list", "--json"]).assert_success().json();
    assert_eq!(keys(&list), ["schema", "tokens", "unreadable"]);
    assert_eq!(list["schema"], 1);
    assert_eq!(list["tokens"][1]["selection"]["inherit"], true);
    let show = home.as_ops(&["token", "show", "ops/a", "--json"]).assert_success().json();
    assert_eq!(keys(&show), ["lineage", "rights", "schema", "token", "usage"]);
    assert_eq!(
        keys(&home.as_ops(&["token", "regenerate", "a", "--json"]).json()),
        ["schema", "secret", "service", "token"]
    );
    assert_eq!(keys(&home.as_ops(&["token", "disable", "a", "--json"]).json()), ["schema", "service", "token"]);
    assert_eq!(keys(&home.as_ops(&["token", "enable", "a", "b", "--json"]).json()), ["schema", "tokens"]);
    let refused = home.as_ops(&["token", "show", "nobody", "--json"]).assert_error(Kind::NotFound).assert_silent();
    let error: serde_json::Value = serde_json::from_str(&refused.err).unwrap();
    assert_eq!(keys(&error), ["error", "schema"]);
    assert_eq!(keys(&error["error"]), ["exit_code", "kind", "next", "what", "why"]);
    assert_eq!((&error["error"]["kind"], &error["error"]["exit_code"]), (&json!("not-found"), &json!(3)));
}
