//! Documents of several files.

use std::collections::BTreeMap;

use super::*;

/// Files in memory.
struct Files(BTreeMap<&'static str, String>);

impl Neighbours for Files {
    fn read(&self, path: &str, max: usize) -> Result<String> {
        let text = self.0.get(path).ok_or_else(|| Error::not_found("no such file"))?;
        if text.len() > max { Err(Error::usage("too large")) } else { Ok(text.clone()) }
    }
}

fn import_files(root: &str, files: &[(&'static str, &str)]) -> Result<ImportResult> {
    let files = Files(files.iter().map(|(path, text)| (*path, (*text).to_owned())).collect());
    let options = ImportOptions { name: "shop".to_owned(), ..ImportOptions::default() };
    import_with_files(root, Some(&files), &options)
}

#[test]
fn parts_are_read_from_their_files() {
    let root = "openapi: 3.0.3\npaths:\n  /clicks/{id}:\n    $ref: ./paths/clicks.yaml\n  /list:\n    get: {$ref: 'paths/list.json'}\n  /more:\n    $ref: 'shared/parameters.yml#/more'\n";
    let imported = import_files(
        root,
        &[
            (
                "paths/clicks.yaml",
                "parameters:\n  - $ref: ../shared/parameters.yml#/id\nget:\n  operationId: showClick\n  tags: [clicks]\n  responses: {200: {$ref: nowhere.yaml}}\n",
            ),
            ("paths/list.json", r#"{"operationId":"list","tags":["clicks"],"summary":"All"}"#),
            ("shared/parameters.yml", "id: {name: id, in: path, schema: {$ref: '#/number'}}\nnumber: {type: integer}\nmore:\n  get: {operationId: more, tags: [clicks]}\n"),
        ],
    )
    .unwrap();
    let routes: Vec<String> = imported.catalogue.methods().flat_map(|method| method.routes.clone()).collect();
    assert_eq!(routes, ["GET /list", "GET /more", "GET /clicks/{id:int}"]);
    assert!(imported.warnings.is_empty(), "{:?}", imported.warnings);
}

#[test]
fn paths_of_another_file_keep_their_order() {
    let root = "openapi: 3.0.3\npaths: {$ref: paths/all.yaml}\n";
    for (first, second) in [("a", "b"), ("b", "a")] {
        let item = |name: &str| format!("/x/{{{name}}}:\n  get: {{operationId: {name}}}\n");
        let imported = import_files(root, &[("paths/all.yaml", &(item(first) + &item(second)))]).unwrap();
        let owner = imported.catalogue.methods().find(|method| !method.routes.is_empty()).unwrap();
        assert!(owner.id.as_str().ends_with(first), "{}", owner.id);
    }
}

#[test]
fn aliases_of_several_files_together_are_bounded() {
    // Each file is small, and 16,000 values once its aliases are expanded.
    let mut bomb = "a0: &a0 {x: 1}\n".to_owned();
    for n in 1..14 {
        bomb += &format!("a{n}: &a{n} [*a{0}, *a{0}]\n", n - 1);
    }
    let names: Vec<&'static str> = (0..300).map(|n| &*Box::leak(format!("f{n}.yaml").into_boxed_str())).collect();
    let refs: String = names.iter().map(|name| format!("  /{name}: {{$ref: {name}}}\n")).collect();
    let files: Vec<(&'static str, &str)> = names.iter().map(|name| (*name, bomb.as_str())).collect();
    let refused = import_files(&format!("openapi: 3.0.3\npaths:\n{refs}"), &files).unwrap_err();
    assert_eq!(refused.kind, Kind::Usage);
    insta::assert_snapshot!(refused.what, @"the document has too many values");
}

#[test]
fn files_that_lead_astray_are_left_out() {
    let root = "openapi: 3.0.3\npaths:\n  /a: {$ref: a.yaml}\n  /b: {$ref: ../b.yaml}\n  /c: {$ref: /etc/passwd}\n  /d: {$ref: 'https://example.com/d.yaml'}\n  /e: {$ref: missing.yaml}\n  /f: {get: {operationId: f, tags: [t]}}\n";
    // The files refer to each other.
    let files = [("a.yaml", "$ref: x/a2.yaml\n"), ("x/a2.yaml", "$ref: ../a.yaml\nget: {$ref: ../../out.yaml}\n")];
    let imported = import_files(root, &files).unwrap();
    assert_eq!(imported.catalogue.methods().count(), 1);
    insta::assert_snapshot!(imported.warnings.join("\n"), @r#"
    the file "missing.yaml" can't be read: no such file
    "/a": the $refs lead in a circle back to "a.yaml", so jeton skips the last $ref
    GET "/a": $ref "../../out.yaml" is not a relative path to a file inside the document's folder. jeton reads no other files
    "/b": $ref "../b.yaml" is not a relative path to a file inside the document's folder. jeton reads no other files
    "/c": $ref "/etc/passwd" is not a relative path to a file inside the document's folder. jeton reads no other files
    "/d": $ref "https://example.com/d.yaml" is not a relative path to a file inside the document's folder. jeton reads no other files
    "/e": $ref "missing.yaml" refers to a file that jeton can't read. Another warning says why
    "#);
    let broken = import_files("openapi: 3.0.3\npaths: {/a: {$ref: a.yaml}}\n", &[("a.yaml", "a: [")]).unwrap_err();
    assert_eq!(broken.kind, Kind::Usage);
    assert!(broken.what.contains("a.yaml"), "{broken}");
    let large = "x".repeat(MAX_DOCUMENT_SIZE + 1);
    let imported = import_files(root, &[("a.yaml", &large)]).unwrap();
    assert!(imported.warnings.iter().any(|warning| warning.contains("a.yaml")));
}
