//! Access levels, and the rules that decide them.

use super::access_rules::access_from_words;
use super::*;

/// Returns the document's methods with their levels, under a table of access levels.
fn with_table(table: &str) -> Result<Vec<(String, Access)>> {
    let text = with(
        r#""/pets/{id}":{"get":{"operationId":"pets/get","tags":["pets"]},"delete":{"operationId":"drop","tags":["pets"]}},
           "/shops":{"get":{"operationId":"shops.list","tags":["shops"],"x-jeton-access":"admin"},
                     "post":{"operationId":"drop","tags":["shops"],"security":[]}}"#,
        r#""servers":[{"url":"/v1"}]"#,
    );
    let access = AccessTable::parse("levels.toml", table)?;
    let done = import(&text, &ImportOptions { name: "shop".to_owned(), access, ..ImportOptions::default() })?;
    check(&done);
    Ok(done.catalogue.methods().map(|m| (short(&m.id).to_owned(), m.access)).collect())
}

#[test]
fn words_of_scopes_say_levels() {
    for (scopes, access) in [
        (
            &[
                "read",
                "pets:read",
                "view_pets",
                "pets.readonly",
                "tasks.get",
                "Pets.Read.All",
                "pets.read_only",
                "PETS_READ",
                "https://www.googleapis.com/auth/admin.directory.user.readonly",
                "getPets",
            ][..],
            Some(Access::Read),
        ),
        (
            &[
                "write:pets",
                "manage-pets",
                "Pets.ReadWrite",
                "pet.create",
                "updatePets",
                "x:delete",
                "edit",
                "read-write",
                "https://admin.example.com/auth/pets.edit",
            ],
            Some(Access::Write),
        ),
        (&["admin", "admin:org", "pets/admin", "OrgAdmin", "write:admin"], Some(Access::Admin)),
        (
            &[
                "",
                "pets",
                "openid",
                "budget",
                "already",
                "spread",
                "reading-list",
                "mailing-list",
                "administration",
                "https://admin.example.com",
                "https://www.googleapis.com/auth/drive",
            ],
            None,
        ),
    ] {
        for scope in scopes {
            assert_eq!(access_from_words(scope), access, "{scope}");
        }
    }
}

#[test]
fn scopes_better_the_http_method() {
    for (verb, security, access, by_scopes) in [
        ("get", r#"[{"o":["read"]}]"#, Access::Read, true),
        ("get", r#"[{"o":["write"]}]"#, Access::Write, true),
        ("get", r#"[{"o":["admin"]}]"#, Access::Admin, true),
        ("get", r#"[{"o":["read","admin"]}]"#, Access::Admin, true),
        ("get", r#"[{"o":["admin"]},{"o":["write"]}]"#, Access::Write, true),
        ("get", r#"[{"o":["admin"]},{"o":["pets"]}]"#, Access::Read, false),
        ("get", r#"[{"o":["admin"]},{}]"#, Access::Read, false),
        ("get", r#"[{"o":["admin"]},{"key":[]}]"#, Access::Read, false),
        ("get", r#"[{"o":["admin","pets"]}]"#, Access::Read, false),
        ("get", r#"[{"o":["admin"],"key":[]}]"#, Access::Admin, true),
        ("post", r#"[{"o":["read"]}]"#, Access::Read, true),
        ("post", r#"[{"o":["read"]},{"o":["write"]}]"#, Access::Read, true),
        ("post", r#"[{"o":["read"]},{"o":["pets"]}]"#, Access::Write, false),
        // A sloppy scope must not make a read of what removes something.
        ("delete", r#"[{"o":["read"]}]"#, Access::Write, false),
        ("put", r#"[{"o":["read"]}]"#, Access::Write, false),
        ("patch", r#"[{"o":["read"]}]"#, Access::Write, false),
        ("delete", r#"[{"o":["admin"]}]"#, Access::Admin, true),
    ] {
        let schemes = r#""components":{"securitySchemes":{"o":{"type":"openIdConnect"},"key":{"type":"apiKey"}}}"#;
        let all = done(&format!(r#""/a":{{"{verb}":{{"security":{security}}}}}"#), schemes);
        assert_eq!(the_one(&all).access, access, "{verb} {security}");
        let rule = if by_scopes { "1 from scopes" } else { "1 from the HTTP method" };
        assert!(all.notes[0].ends_with(rule), "{verb} {security} {:?}", all.notes);
    }
}

#[test]
fn each_rule_overrides_those_before() {
    let all = done(
        r#""/a":{"get":{"operationId":"a"},"put":{"operationId":"b","security":[{"o":["admin"]}]},
                 "post":{"operationId":"c","security":[]},
                 "delete":{"operationId":"d","security":[{"o":["admin"]}],"x-jeton-access":"read"},
                 "patch":{"operationId":"e","security":[],"x-jeton-access":"write"}}"#,
        r#""components":{"securitySchemes":{"o":{"type":"openIdConnect"}}}"#,
    );
    let levels: Vec<_> = all.catalogue.methods().map(|m| m.access).collect();
    assert_eq!(levels, [Access::Read, Access::Admin, Access::Public, Access::Read, Access::Write]);
    insta::assert_snapshot!(all.notes.join("\n"), @"
    access levels: 1 from the HTTP method, 1 from scopes, 1 from security: [], 2 from x-jeton-access
    jeton made 1 group from the paths, because the operations have no tags
    ");
}

#[test]
fn table_overrides_every_rule() {
    let levels = with_table(
        "\"GET /pets/{id}\" = \"admin\"\n\"shops.list\" = \"read\"\nshop.shops.drop = \"write\"\n'DELETE  /pets/{id}' = 'public'\n",
    );
    let expected = [
        ("pets.drop", Access::Public),
        ("pets.get", Access::Admin),
        ("shops.drop", Access::Write),
        ("shops.list", Access::Read),
    ];
    assert_eq!(levels.unwrap(), expected.map(|(id, access)| (id.to_owned(), access)));
    assert_eq!(with_table("pets.get = \"write\"").unwrap()[1].1, Access::Write, "a short id needs no quotes");
    assert_eq!(with_table("\"pets/get\" = \"write\"").unwrap()[1].1, Access::Write);
    assert_eq!(with_table("# nothing\n").unwrap()[1].1, Access::Read);
}

#[test]
fn table_opens_no_route_that_another_operation_protects() {
    let text =
        with(r#""/x/{a}":{"get":{"operationId":"open"}},"/x/{b}":{"get":{"operationId":"shut"}},"/y":{"get":{}}"#, "");
    let access = AccessTable::parse("t", "open = \"public\"").unwrap();
    let all = import(&text, &ImportOptions { name: "shop".to_owned(), access, ..ImportOptions::default() }).unwrap();
    check(&all);
    assert_eq!((method(&all, "open").routes.len(), method(&all, "shut").routes.len()), (0, 1));
}

#[test]
fn mistakes_in_the_table_are_refused() {
    let mut messages = Vec::new();
    for table in [
        "\"GET /pet/{id}\" = \"admin\"",
        "nothing = \"admin\"",
        "drop = \"admin\"",
        "\"pets/get\" = \"admin\"\n\"GET /pets/{id}\" = \"read\"",
        "x = \"Admin\"",
        "x = 1",
        "x = [\"admin\"]",
        "x = \"read\"\nx = \"read\"",
        "x.y = \"read\"\n\"x.y\" = \"write\"",
        "x = ",
        "\"\\u001b[2J\" = \"read\"",
    ] {
        let error = with_table(table).unwrap_err();
        assert_eq!(error.kind, Kind::Usage, "{table}");
        messages.push(error.to_string());
    }
    insta::assert_snapshot!(messages.join("\n"), @r#"
    the access table names the operation "GET /pet/{id}", but the document has no such operation: write an operationId, a method id, or the HTTP method and path of the operation. Did you mean: "GET /pets/{id}"?
    the access table names the operation "nothing", but the document has no such operation: write an operationId, a method id, or the HTTP method and path of the operation. Correct or remove the entry
    the key "drop" of the access table means more than one operation: for example DELETE "/pets/{id}", POST "/shops". Use HTTP method and path as in the document, or a method id
    the access table gives two different levels to the operation GET "/pets/{id}": "GET /pets/{id}" is read, and "pets/get" is admin. Remove one of the entries
    levels.toml: "x": no access level "Admin": use read, write, admin or public
    levels.toml: "x": the access level must be a text in quotes. Write "x" = "read", or use another level: write, admin or public
    levels.toml: "x": the access level must be a text in quotes. Write "x" = "read", or use another level: write, admin or public
    levels.toml:2:1: the access table can't be read: a key or table with this name already exists above
    levels.toml: "x.y": two entries have the same key, but different levels. Remove one of the entries
    levels.toml:1:5: the access table can't be read: the value is not valid: a text must be in quotes
    the access table names the operation "\u{1b}[2J", but the document has no such operation: write an operationId, a method id, or the HTTP method and path of the operation. Correct or remove the entry
    "#);
    assert_eq!(with_table("\"pets/get\" = \"read\"\n\"GET /pets/{id}\" = \"read\"").unwrap().len(), 4);
    // Nesting is bounded.
    for deep in [format!("{} = \"read\"", vec!["a"; 200_000].join(".")), format!("a = {}", "{a=".repeat(100_000))] {
        assert_eq!(AccessTable::parse("t", &deep).unwrap_err().kind, Kind::Usage);
    }
}

#[test]
fn tables_are_limited_while_they_are_read() {
    let key = "a".repeat(1_990);
    assert!(AccessTable::parse("t", &format!("[{key}]\nb = \"read\"\n")).is_ok());
    for text in [
        format!("[{key}]\n{} = \"read\"\n", "b".repeat(20)),
        format!("[{key}.{}]\nb = \"read\"\n", "b".repeat(20)),
        (0..20_001).map(|n| format!("a{n} = \"read\"\n")).collect(),
    ] {
        assert_eq!(AccessTable::parse("t", &text).unwrap_err().kind, Kind::Usage);
    }
}
