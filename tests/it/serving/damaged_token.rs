//! Unreadable rows: a caller with such a token gets 503, and no other caller does.

use super::{METHOD, issue_with_methods, new_install, secret_text, wait_until};
use crate::support::http::{bearer, head};
use crate::support::service_process::ServiceProcess;

#[test]
fn damaged_row_fails_its_own_token_only() {
    let install = new_install();
    let member = install.account("elsewhere", jeton::domain::role::Role::Member);
    let sound = secret_text(&issue_with_methods(&install, "sound", &[METHOD]));
    let raw = install.raw_connection();
    raw.execute_batch("PRAGMA ignore_check_constraints = ON").unwrap();
    let mut shown = 0;
    for (column, value) in [
        ("tokens.name", "x'00ff'"),
        ("tokens.name", "'a' || char(0)"),
        ("tokens.name", "'no such name'"),
        ("tokens.description", "char(27) || '[2J'"),
        ("tokens.selection", "'everything'"),
        ("accounts.role", "'emperor'"),
        ("accounts.username", "'NOBODY'"),
        ("secrets.state", "'alive'"),
        ("secrets.retires_at", "5"),
        ("secrets.digest", "x'00'"),
    ] {
        let name = format!("t{}", install.audit().len());
        let damaged = issue_with_methods(&install, &name, &[METHOD]);
        let (table, column) = column.split_once('.').unwrap();
        let id = damaged.token.id.0;
        raw.execute("UPDATE tokens SET account_id = ?1 WHERE id = ?2", [member.id.0, id]).unwrap();
        let sound_before = raw.query_row("SELECT role, username FROM accounts WHERE id = ?1", [member.id.0], |r| {
            Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?))
        });
        let (role, username) = sound_before.unwrap();
        let row = match table {
            "accounts" => format!("id = {}", member.id.0),
            "tokens" => format!("id = {id}"),
            _ => format!("token_id = {id}"),
        };
        let damage = raw.execute(&format!("UPDATE {table} SET {column} = {value} WHERE {row}"), []);
        if damage.is_err() {
            // The column types refuse this damage even for a manual change.
            continue;
        }
        let service = ServiceProcess::start(&install.temp_store.path());
        let secret = secret_text(&damaged);
        // Both in one batch, in either order.
        let ask = |secret: &str| head("GET", &format!("/v1/verify/{METHOD}"), &[&bearer(secret)]);
        let mut client = service.client();
        for order in [[&secret, &sound], [&sound, &secret]] {
            client.send(order.map(|secret| ask(secret)).concat());
            let statuses = order.map(|_| client.read_reply().unwrap().status);
            let expected = order.map(|secret| if *secret == sound { 200 } else { 503 });
            assert_eq!(statuses, expected, "{table}.{column} = {value}");
        }
        assert_eq!(client.request("GET", "/v1/health", &[]).status, 200);
        wait_until(|| service.stderr().contains(&secret[4..12]).then_some(()));
        let log_text = service.stop();
        assert_eq!(log_text.matches(&secret[4..12]).count(), 1, "named once: {log_text}");
        assert!(!log_text.contains(&secret[13..]), "{log_text}");
        shown += 1;
        raw.execute("UPDATE accounts SET role = ?1, username = ?2 WHERE id = ?3", (role, username, member.id.0))
            .unwrap();
    }
    assert!(shown >= 6, "{shown} kinds of damage");
}
