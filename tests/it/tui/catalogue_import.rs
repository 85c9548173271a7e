//! Importing OpenAPI documents on the screen.

use jeton::tui::notice::NoticeId;
use jeton::verbs::Verb as _;
use jeton::verbs::catalogue::ApplyCatalogue;

use super::catalogue_apply::prove;
use super::cli_line;
use super::snapshots::at_sizes;
use crate::catalogue::example;
use crate::support::fakes::TestInstall;
use crate::support::tui_harness::TuiHarness;

/// An OpenAPI document with a scope, a method without an operationId, and an operation that is skipped.
const DOCUMENT: &str = r#"openapi: 3.0.3
info: {title: Stock, version: "1"}
servers: [{url: "https://stock.example.com/api"}]
paths:
  /items:
    get:
      tags: [Items]
      operationId: items/list-items
      security: [{oauth: [items.read]}]
      responses: {"200": {description: ok}}
    post:
      tags: [Items]
      summary: Adds an item
      security: [{oauth: [items.write]}, {missing: []}]
      responses: {"200": {description: ok}}
webhooks:
  changed: {post: {responses: {"200": {description: ok}}}}
components:
  securitySchemes:
    oauth:
      type: oauth2
      flows: {clientCredentials: {tokenUrl: "https://stock.example.com/t", scopes: {items.read: "", items.write: ""}}}
"#;

/// Writes the document to a file and types its path into the form, up to the next field.
fn offer_document(s: &mut TuiHarness, name: &str) -> std::path::PathBuf {
    let file = s.path(name);
    std::fs::write(&file, DOCUMENT).unwrap();
    s.keys(&format!("4i{}<enter>", file.display()));
    file
}

#[test]
fn document_is_imported_after_its_preview() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    let file = offer_document(&mut s, "Stock API.yaml");
    s.assert_top("apply-catalogue");
    s.assert_shows("stock-api");
    s.keys("<enter>");
    s.assert_top("catalogue.apply");
    s.assert_shows("Apply stock-api");
    s.assert_shows("Decisions of the import:");
    // Another name is given on the way back.
    s.keys("<esc>stock<enter>");
    s.resize(100, 80);
    insta::assert_snapshot!(s.dialog_text());
    prove(&mut s);
    s.assert_notice(NoticeId::Done(ApplyCatalogue::NAME));
    let path = file.display();
    assert_eq!(cli_line(&s), Some(format!("jeton catalogue import openapi '{path}' --name stock").as_str()));
    s.keys("/items<enter>");
    s.assert_shows("Adds an item");
    // The same document changes nothing.
    offer_document(&mut s, "stock.yaml");
    s.keys("<enter>");
    s.assert_top("apply-catalogue");
    assert!(s.problem().is_some());
}

#[test]
fn format_is_told_by_content_and_a_catalogue_file_keeps_its_name() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    let file = s.path("stock.txt");
    std::fs::write(&file, DOCUMENT).unwrap();
    s.keys(&format!("4i{}<enter>", file.display()));
    s.assert_top("catalogue.apply");
    s.assert_shows("Apply stock");
    s.keys("<esc><esc>");
    let file = s.path("shop.json");
    std::fs::write(&file, example()).unwrap();
    s.keys(&format!("i{}<enter>other<enter>", file.display()));
    s.assert_top("apply-catalogue");
    insta::assert_snapshot!(s.problem().unwrap(), @"the catalogue can't get the name other: the file already gives its catalogue the name shop. Leave the name out: only the catalogue of an OpenAPI document can get another name");
    s.keys("<c-u><enter>");
    s.assert_top("catalogue.apply");
    s.assert_hides("Decisions of the import");
}

#[test]
fn form_with_a_document() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.app.model.notice = None;
    s.keys("4i/srv/github.v3.YAML<tab>github");
    insta::assert_snapshot!(at_sizes(&mut s, &[(80, 24), (60, 24), (40, 10), (120, 40)]));
}

#[test]
fn preview_of_an_import() {
    let mut s = TuiHarness::signed_in(TestInstall::new());
    s.app.model.notice = None;
    offer_document(&mut s, "stock.yaml");
    s.keys("<enter>");
    insta::assert_snapshot!(at_sizes(&mut s, &[(80, 24), (60, 24), (40, 10), (120, 40)]));
}
