//! The ids of the doctor, as the documentation lists them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use jeton::doctor::Area;

const PAGE: &str = "docs/how-to/find-faults.md";
const GENERATED: &str = "<!-- Generated from here: JETON_UPDATE_DOCS=1 cargo test --test it doctor -->\n";

#[test]
fn ids_are_unique_and_begin_with_their_area() {
    let mut ids = BTreeSet::new();
    for area in Area::ALL {
        for check in area.checks() {
            assert!(check.id.starts_with(&format!("{area}.")), "{}", check.id);
            assert!(ids.insert(check.id), "{} twice", check.id);
        }
    }
}

#[test]
fn page_lists_every_id() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap();
    let (written, table) = page.split_once(GENERATED).expect("the mark of the generated part");
    let mut expected = String::new();
    for area in Area::ALL {
        let _ = write!(expected, "\n### {}\n\n| id | meaning |\n|---|---|\n", area.title());
        for check in area.checks() {
            let _ = writeln!(expected, "| `{}` | {} |", check.id, check.meaning.replace('|', "\\|"));
        }
    }
    if std::env::var_os("JETON_UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{written}{GENERATED}{expected}")).unwrap();
        return;
    }
    assert!(table == expected, "{PAGE} is stale. Run: JETON_UPDATE_DOCS=1 cargo test --test it doctor");
}
