use super::*;
use crate::domain::catalogue::{Group, TrailingSlash};
use crate::domain::method::Method;

/// Returns a catalogue with these methods, each with its routes. Those named `Pub…` are public.
pub(super) fn catalogue(name: &str, methods: &[(&str, &[&str])]) -> Catalogue {
    let method = |(id, routes): &(&str, &[&str])| Method {
        id: MethodId::parse(&format!("{name}.{id}")).unwrap(),
        title: "t".to_owned(),
        access: if id.starts_with("Pub") { Access::Public } else { Access::Read },
        docs: None,
        routes: routes.iter().map(|route| (*route).to_owned()).collect(),
    };
    Catalogue {
        name: name.to_owned(),
        title: "t".to_owned(),
        hosts: BTreeSet::new(),
        trailing_slash: TrailingSlash::Strict,
        groups: vec![Group {
            id: name.to_owned(),
            title: "t".to_owned(),
            methods: methods.iter().map(method).collect(),
        }],
        sets: Vec::new(),
    }
}

fn at(hosts: &[&str], catalogue: Catalogue) -> Catalogue {
    Catalogue { hosts: hosts.iter().map(|host| (*host).to_owned()).collect(), ..catalogue }
}

/// Returns the changes by replacing the catalogue of the name of `newer`.
fn changes(before: &[Catalogue], newer: Catalogue) -> RequestChanges {
    let renames = Renames::new(version_of(before, &newer.name), &newer);
    let mut after: Vec<Catalogue> = before.iter().filter(|c| c.name != newer.name).cloned().collect();
    let name = newer.name.clone();
    after.push(newer);
    RequestChanges::new(before, &after, &name, &renames)
}

/// Returns the changes in words: `+` a method that gets requests, `-` one that loses some, `*` one that becomes public;
/// after each the methods on the other side, or `!` if it makes no difference which methods a token has.
fn words(changes: &RequestChanges) -> String {
    let one = |sign: &str, (id, unaffected): (&MethodId, &Unaffected)| match unaffected {
        Unaffected::None => format!("{sign}{id}!"),
        Unaffected::HoldersOf(others) => {
            format!("{sign}{id}({})", others.iter().map(MethodId::as_str).collect::<Vec<_>>().join(" "))
        }
    };
    let gained = changes.gained.iter().map(|entry| one("+", entry));
    let lost = changes.lost.iter().map(|entry| one("-", entry));
    let public = changes.made_public.iter().map(|id| format!("*{id}"));
    gained.chain(lost).chain(public).collect::<Vec<_>>().join(" ").replace("x.", "")
}

type Routes<'a> = (&'a str, &'a [&'a str]);
type Methods<'a> = &'a [Routes<'a>];

/// Returns the changes of a catalogue that is the only one.
fn alone(before: Methods<'_>, after: Methods<'_>) -> String {
    words(&changes(&[catalogue("x", before)], catalogue("x", after)))
}

#[test]
fn narrow_route_that_is_gone_gives_its_requests_to_the_wider_one() {
    let file: Routes<'_> = ("file", &["GET /files/{id}"]);
    let docs: Routes<'_> = ("PubDocs", &["GET /docs/{path+}"]);
    let admin: Routes<'_> = ("admin", &["GET /files/admin"]);
    let internal: Routes<'_> = ("internal", &["GET /docs/internal"]);
    assert_eq!(alone(&[file, admin, docs, internal], &[file, docs]), "+file! *PubDocs", "other spellings were denied");
    // With a type, the wider route never had them.
    let number: Routes<'_> = ("file", &["GET /files/{id:int}"]);
    assert_eq!(alone(&[number, admin], &[number]), "");
    // The method is still there, without the route.
    assert_eq!(alone(&[file, admin], &[file, ("admin", &[])]), "+file! -admin(file)");
    assert_eq!(alone(&[file, admin], &[file, ("admin", &["GET /other"])]), "+file! -admin(file)");
    assert_eq!(alone(&[file, admin], &[("file", &[]), ("admin", &["GET /files/admin"])]), "-file!");
}

#[test]
fn denied_requests_that_are_denied_no_longer_are_gained() {
    let one: Routes<'_> = ("one", &["GET /y/{a}/c"]);
    assert_eq!(alone(&[one, ("two", &["GET /y/b/{c}"])], &[one, ("two", &[])]), "+one! -two!");
    assert_eq!(alone(&[one, ("two", &["GET /y/b/{c}"])], &[one]), "+one!");
    assert_eq!(
        alone(&[one, ("two", &["GET /y/b/{c}"])], &[("one", &["GET /y/{a:int}/c"]), ("two", &["GET /y/b/{c}"])]),
        "+two! -one!"
    );
    assert_eq!(alone(&[one], &[one, ("two", &["GET /y/b/{c}"])]), "-one!", "now ambiguous");
    // The other spellings of a narrow route.
    let me: Methods<'_> = &[("me", &["GET /users/me"]), ("user", &["GET /users/{id}"])];
    assert_eq!(alone(me, &[("me", &["GET /users/{n}", "GET /users/me"]), ("user", &[])]), "+me! -user(me)");
}

#[test]
fn head_goes_to_get_or_comes_from_it() {
    let both: Methods<'_> = &[("get", &["GET /x"]), ("head", &["HEAD /x"])];
    assert_eq!(alone(both, &[("get", &["GET /x"]), ("head", &[])]), "+get(head) -head(get)");
    assert_eq!(alone(&[("get", &["GET /x"]), ("head", &[])], both), "+head(get) -get(head)");
    assert_eq!(alone(&[("get", &["GET /x", "HEAD /x"])], &[("get", &["GET /x"])]), "");
    assert_eq!(alone(&[("get", &["GET /x"])], &[("get", &["HEAD /x", "GET /x"])]), "");
}

#[test]
fn requests_that_change_hands_name_both_methods() {
    let old: Methods<'_> = &[("a", &["GET /a", "GET /b/{id}"]), ("b", &["GET /c"])];
    assert_eq!(alone(old, old), "");
    assert_eq!(alone(old, &[("a", &["GET /a"]), ("b", &["GET /c", "GET /b/{id}"])]), "+b(a) -a(b)");
    assert_eq!(alone(old, &[("a", &["GET /a"]), ("c", &["GET /b/{id}"]), ("b", &["GET /c"])]), "-a(c)", "c is new");
    assert_eq!(alone(old, &[("a", &["GET /c"]), ("b", &["GET /a", "GET /b/{id}"])]), "+a(b) +b(a) -a(b) -b(a)");
}

#[test]
fn wider_parameters_are_gained_and_narrower_ones_lost() {
    for (before, after, expected) in [
        ("GET /x/{id}", "GET /x/{n}", ""),
        ("GET /x/{id}", "GET /x/{id+}", "+a!"),
        ("GET /x/{id:int}", "GET /x/{id}", "+a!"),
        ("GET /x/{id}", "/x/{id}", "+a!"),
        ("GET /x/{id:a|b}", "GET /x/{id:a|b|c}", ""),
        ("GET /x/{id+}", "GET /x/{id}", "-a!"),
        ("GET /x/{id}", "GET /x/{other:int}", "-a!"),
        ("GET /x/{id}", "GET /y/{id}", "-a!"),
        ("GET /x/{id:int}", "GET /x/{id:uuid}", "-a!"),
    ] {
        assert_eq!(alone(&[("a", &[before])], &[("a", &[after])]), expected, "{before} {after}");
    }
}

#[test]
fn new_requests_of_a_guarded_method_are_nobodys_loss() {
    assert_eq!(alone(&[("a", &["GET /x"])], &[("a", &["GET /x", "GET /new"]), ("b", &["GET /y"])]), "");
    assert_eq!(alone(&[("a", &["GET /x"])], &[("renamed", &["GET /x"])]), "");
    assert_eq!(words(&changes(&[], catalogue("x", &[("a", &["GET /x"])]))), "");
}

#[test]
fn request_becomes_public_if_it_was_not() {
    for (before, after, expected) in [
        ("GET /x/{id}", "GET /x/{n}", ""),
        ("GET /x/{id}", "GET /x/{id:int}", ""),
        ("GET /x/{id}", "GET /x/{id:a|b}", ""),
        ("GET /x/{id}", "HEAD /x/{id}", ""),
        ("GET /x/{id:int}", "GET /x/{id}", "*Pub"),
        ("GET /x", "GET /y", "*Pub"),
        ("GET /x", "/x", "*Pub"),
    ] {
        assert_eq!(alone(&[("Pub", &[before])], &[("Pub", &[after])]), expected, "{before} {after}");
    }
    // Requests that are public now are not lost, and another public method changes nothing.
    assert_eq!(
        alone(&[("a", &["GET /x"]), ("Pub", &["GET /p"])], &[("a", &[]), ("Pub", &["GET /p", "GET /x"])]),
        "*Pub"
    );
    let public: Methods<'_> = &[("Pub", &["GET /p", "GET /q"]), ("Pub2", &[])];
    assert_eq!(alone(public, &[("Pub", &["GET /p"]), ("Pub2", &["GET /q"])]), "");
    // A method that becomes public counts, even without requests.
    assert_eq!(alone(&[("a", &["GET /p"])], &[("a", &["GET /p"]), ("Pub", &[])]), "*Pub");
    // Requests that need a token now are not gained.
    assert_eq!(alone(&[("Pub", &["GET /p"]), ("a", &["GET /a"])], &[("Pub", &[]), ("a", &["GET /a", "GET /p"])]), "");
}

#[test]
fn further_hosts_are_gained() {
    let methods: Methods<'_> = &[("a", &["GET /a"]), ("Pub", &["GET /p"]), ("none", &[])];
    let x = |hosts: &[&str]| at(hosts, catalogue("x", methods));
    let change = |before: &[&str], after: &[&str]| words(&changes(&[x(before)], x(after)));
    assert_eq!(change(&["a.example"], &["a.example"]), "");
    assert_eq!(change(&["a.example"], &["a.example", "b.example"]), "+a! *Pub");
    assert_eq!(change(&["a.example"], &[]), "+a! *Pub");
    assert_eq!(change(&[], &["a.example"]), "-a!");
    assert_eq!(change(&["a.example", "b.example"], &["a.example"]), "-a!");
    assert_eq!(change(&["a.example"], &["b.example"]), "+a! -a! *Pub");
    // Together with another application.
    let other = || at(&["b.example"], catalogue("other", &[("o", &["GET /a"])]));
    let both = |before: &[&str], after: &[&str]| words(&changes(&[x(before), other()], x(after)));
    assert_eq!(both(&["a.example"], &["a.example", "c.example"]), "+a! *Pub");
    assert_eq!(both(&["a.example", "c.example"], &["a.example"]), "-a!");
    // All have the same hosts, so the rules hold for every host.
    let two = [
        at(&["a.example"], catalogue("x", methods)),
        at(&["a.example", "b.example"], catalogue("y", &[("y", &["GET /y"])])),
    ];
    let alike = at(&["a.example"], catalogue("y", &[("y", &["GET /y"])]));
    assert_eq!(words(&changes(&two, alike)), "+a! +y.y! *Pub");
}

#[test]
fn requests_come_from_other_catalogues() {
    let files = || catalogue("files", &[("all", &["GET /{path+}"])]);
    let other = |routes: &[&str]| catalogue("x", &[("a", routes)]);
    assert_eq!(words(&changes(&[files(), other(&[])], other(&["GET /secret/{id}"]))), "+a(files.all) -files.all(a)");
    assert_eq!(words(&changes(&[files(), other(&["GET /secret/{id}"])], other(&[]))), "+files.all! -a(files.all)");
    // Not at different hosts.
    let apart = || at(&["files.example"], files());
    let x = |routes: &[&str]| at(&["x.example"], other(routes));
    assert_eq!(words(&changes(&[apart(), x(&[])], x(&["GET /secret/{id}"]))), "");
    // A public route is denied where another catalogue guards the request, until that does so no longer.
    let public = catalogue("Pub", &[("Pub", &["GET /files/logo"])]);
    let guard = |routes: &[&str]| catalogue("x", &[("a", routes)]);
    assert_eq!(words(&changes(&[public, guard(&["GET /files/{id}"])], guard(&[]))), "-a! *Pub.Pub");
}

#[test]
fn trailing_slash_adds_requests() {
    let x =
        |trailing_slash| Catalogue { trailing_slash, ..catalogue("x", &[("a", &["GET /a"]), ("Pub", &["GET /p"])]) };
    let change = |before, after| words(&changes(&[x(before)], x(after)));
    assert_eq!(change(TrailingSlash::Strict, TrailingSlash::Either), "*Pub");
    assert_eq!(change(TrailingSlash::Either, TrailingSlash::Strict), "-a!");
}
