//! Repositories of which git can't read all objects, and says so on stderr at most.

use super::*;

/// Returns the reason for which the repository `tree` was not searched completely.
fn why_incomplete(home: &CliHome) -> String {
    let found = scan(home, &["tree", "--json"]).assert_code(1).json();
    assert_eq!((&found["unreadable"][0]["path"], &found["unreadable_count"]), (&"tree/.git".into(), &1.into()));
    found["unreadable"][0]["why"].as_str().unwrap().to_owned()
}

/// Returns a loose object with this head, and no content.
fn object_with_head(head: &str) -> Vec<u8> {
    let (mut a, mut b) = (1u32, 0u32);
    for byte in head.bytes() {
        a = (a + u32::from(byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    let length = u16::try_from(head.len()).unwrap();
    [
        &[0x78, 0x01, 0x01][..],
        &length.to_le_bytes(),
        &(!length).to_le_bytes(),
        head.as_bytes(),
        &(b << 16 | a).to_be_bytes(),
    ]
    .concat()
}

/// Git leaves out such a pack, and succeeds.
#[test]
fn pack_with_a_damaged_index_is_reported() {
    if is_missing() {
        return;
    }
    let home = repository();
    commit(&home, "a", "x\n");
    git(&home, "tree", &["gc", "-q", "--prune=now"]);
    scan(&home, &["tree"]).assert_success();
    for file in fs::read_dir(home.path("tree/.git/objects/pack")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|kind| kind == "idx") {
            fs::remove_file(&path).unwrap();
            fs::write(&path, "damaged").unwrap();
        }
    }
    why_incomplete(&home);
}

/// Git leaves out such a pack without a word. The other objects are searched.
#[test]
fn pack_without_an_index_is_reported() {
    if is_missing() {
        return;
    }
    let home = repository();
    commit(&home, "a", "x\n");
    git(&home, "tree", &["gc", "-q", "--prune=now"]);
    for file in fs::read_dir(home.path("tree/.git/objects/pack")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|kind| kind != "pack") {
            fs::remove_file(&path).unwrap();
        }
    }
    let skipped = |code| {
        let found = scan(&home, &["tree", "--json"]).assert_code(code).json();
        let path = found["unreadable"][0]["path"].as_str().unwrap().to_owned();
        assert!(path.ends_with(".pack") && found["unreadable_count"] == 1, "{found}");
    };
    skipped(1);
    let secret = home.create(&["ci"]);
    home.file("text", &secret, 0o600);
    git(&home, "tree", &["hash-object", "-w", "../text"]);
    skipped(6);
}

#[test]
fn alternate_that_is_missing_is_reported() {
    if is_missing() {
        return;
    }
    let home = repository();
    commit(&home, "a", "x\n");
    home.file("tree/.git/objects/info/alternates", "/nowhere/objects\n", 0o600);
    why_incomplete(&home);
    // The staged files can all be read, so that a commit goes on.
    let mut staged = with_git(&home, &["scan", "--staged"]);
    staged.current_dir(home.path("tree"));
    run_to_end(staged, b"").assert_success();
}

/// Git would take the memory of the whole object for a few bytes on the disk.
#[test]
fn object_that_claims_to_be_huge_is_not_read() {
    if is_missing() {
        return;
    }
    let home = repository();
    fs::create_dir_all(home.path("tree/.git/objects/12")).unwrap();
    let object = home.path("tree/.git/objects/12").join("3".repeat(38));
    fs::write(&object, object_with_head("tree 3221225472\0")).unwrap();
    let why = why_incomplete(&home);
    assert!(why.contains("over limit"), "{why}");
}

/// Git reads the objects of one format only.
#[test]
fn objects_of_two_formats_are_reported() {
    if is_missing() {
        return;
    }
    let home = repository();
    commit(&home, "a", "x\n");
    fs::create_dir(home.path("other")).unwrap();
    git(&home, "other", &["init", "-q", "--object-format=sha256"]);
    home.file("other/a", "y\n", 0o600);
    git(&home, "other", &["add", "-A"]);
    let blob = git(&home, "other", &["rev-parse", ":a"]);
    let [from, to] = ["other", "tree"].map(|tree| home.path(tree).join(".git/objects").join(&blob[..2]));
    scan(&home, &["other"]).assert_success();
    fs::create_dir_all(&to).unwrap();
    fs::copy(from.join(&blob[2..]), to.join(&blob[2..])).unwrap();
    why_incomplete(&home);
}
