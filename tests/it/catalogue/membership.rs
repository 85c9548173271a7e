//! Methods of sets, compared with a naive model. Also round trips of files, and refused files.

use std::collections::{BTreeSet, HashMap};

use jeton::domain::catalogue::permission_index::members;
use jeton::domain::catalogue::resolved_set::{MethodLocation, ResolvedSet, any_contains};
use jeton::domain::catalogue::{ApiSet, Catalogue, Group, SetEntry, toml_reader, toml_writer, validate};
use jeton::domain::method::{Access, Method, MethodId};
use jeton::error::Kind;
use jeton::verbs::audited::Audited;
use jeton::verbs::ports::Store;

use super::*;
use crate::support::fakes::{OWNER, SeededEntropy, entry, tester};

/// Returns two catalogues with few methods and few letters, so that patterns overlap. Sets name anything, cycles
/// included.
fn random_catalogues(dice: &SeededEntropy) -> Vec<Catalogue> {
    let letters = ["a", "b", "ab"];
    let mut taken = BTreeSet::new();
    let mut catalogues = Vec::new();
    for name in ["one", "two"] {
        let mut groups = Vec::new();
        for group in ["a", "a.b", "ab"] {
            let group = format!("{name}.{group}");
            let mut methods = Vec::new();
            for _ in 0..dice.below(4) {
                let id = format!("{group}.{}", letters[dice.below(3)]);
                if taken.insert(id.clone()) {
                    let id = MethodId::parse(&id).unwrap();
                    let access = Access::ALL[dice.below(3)];
                    methods.push(Method { id, title: "t".into(), access, docs: None, routes: Vec::new() });
                }
            }
            groups.push(Group { id: group, title: "g".into(), methods });
        }
        let texts = |dice: &SeededEntropy, most| -> Vec<SetEntry> {
            let ids = ["one.a.a", "one.a.b", "two.ab.ab", "one.a.b.a", "jeton.audit.read", "gone.x"];
            let heads = ["*", "one.*", "one.a*", "two.a.*", "jeton.*", "one.a.b*"];
            let groups = ["one.a", "one.a.b", "two.ab", "jeton.audit", "gone"];
            let one = |_| match dice.below(5) {
                0 => ids[dice.below(ids.len())].to_owned(),
                1 => heads[dice.below(heads.len())].to_owned(),
                2 => format!("group:{}", groups[dice.below(groups.len())]),
                _ => format!("set:s{}", dice.below(9)),
            };
            (0..dice.below(most)).map(one).map(|text| SetEntry::parse(&text).unwrap()).collect()
        };
        let first = catalogues.len() * 4;
        let set = |n: usize| {
            let (include, exclude) = (texts(dice, 4), texts(dice, 3));
            ApiSet { name: format!("s{n}"), title: "s".into(), include, exclude }
        };
        let sets = (first..first + 4).map(set).collect();
        catalogues.push(Catalogue {
            name: name.into(),
            title: name.into(),
            hosts: Default::default(),
            trailing_slash: Default::default(),
            groups,
            sets,
        });
    }
    catalogues.push(Catalogue::shipped("jeton").unwrap());
    catalogues
}

/// Returns `true` if following `set` can reach a cycle.
fn has_cycle(sets: &HashMap<&str, (&Catalogue, &ApiSet)>, set: &str, path: &[&str]) -> bool {
    let Some((_, found)) = sets.get(set) else { return false };
    path.contains(&set) || found.nested().any(|n| has_cycle(sets, n, &[path, &[set]].concat()))
}

fn naive(catalogues: &[Catalogue], sets: &HashMap<&str, (&Catalogue, &ApiSet)>, set: &str) -> BTreeSet<MethodId> {
    if has_cycle(sets, set, &[]) {
        return BTreeSet::new();
    }
    let Some((catalogue, found)) = sets.get(set) else { return BTreeSet::new() };
    let meant = |entry: &SetEntry| -> BTreeSet<MethodId> {
        let own = |keep: &dyn Fn(&Group, &Method) -> bool| {
            let all = catalogue.groups.iter().flat_map(|g| g.methods.iter().map(move |m| (g, m)));
            all.filter(|(g, m)| keep(g, m) && !m.id.is_management()).map(|(_, m)| m.id.clone()).collect()
        };
        let text = entry.to_string();
        if let Some(name) = text.strip_prefix("set:") {
            naive(catalogues, sets, name)
        } else if let Some(id) = text.strip_prefix("group:") {
            own(&|g, _| g.id == id)
        } else if let Some(head) = text.strip_suffix('*') {
            own(&|_, m| m.id.as_str().starts_with(head))
        } else {
            catalogues
                .iter()
                .flat_map(Catalogue::methods)
                .map(|m| m.id.clone())
                .filter(|id| id.as_str() == text && !id.is_management())
                .collect()
        }
    };
    let all = |entries: &[SetEntry]| entries.iter().flat_map(meant).collect::<BTreeSet<_>>();
    all(&found.include).difference(&all(&found.exclude)).cloned().collect()
}

#[test]
fn membership_is_that_of_the_naive_model() {
    let dice = SeededEntropy::new(11);
    let (mut held, mut cyclic) = (0, 0);
    for round in 0..400 {
        let catalogues = random_catalogues(&dice);
        let sets: HashMap<&str, (&Catalogue, &ApiSet)> =
            catalogues.iter().flat_map(|c| c.sets.iter().map(move |s| (s.name.as_str(), (c, s)))).collect();
        let find = |name: &str| {
            let placed = |(c, s): &(&Catalogue, &ApiSet)| ResolvedSet { catalogue: c.name.clone(), set: (*s).clone() };
            Ok(sets.get(name).map(placed))
        };
        for name in (0..9).map(|n| format!("s{n}")) {
            let expected = naive(&catalogues, &sets, &name);
            held += expected.len();
            cyclic += usize::from(has_cycle(&sets, &name, &[]));
            assert_eq!(members(&catalogues, &name), expected, "round {round}, {name}: {catalogues:#?}");
            for catalogue in &catalogues {
                for (group, method) in catalogue.groups.iter().flat_map(|g| g.methods.iter().map(move |m| (g, m))) {
                    let id = method.id.clone();
                    let place = MethodLocation { id, catalogue: catalogue.name.clone(), group: group.id.clone() };
                    let holds = any_contains(find, [name.as_str()], &place).unwrap();
                    assert_eq!(holds, expected.contains(&method.id), "round {round}, {name}, {}", method.id);
                }
            }
            assert!(!members(&catalogues, &name).iter().any(MethodId::is_management), "{name}");
        }
    }
    assert!(held > 1_000 && cyclic > 100, "{held} {cyclic}");
}

/// Returns `catalogue` without the entries that no file could express, and with titles that need quoting.
fn made_good(mut catalogue: Catalogue, management: &[Catalogue]) -> Catalogue {
    let titles = ["t", "\"q\" \\ é 漢字", "'# = [", "a.b, c"];
    for (n, method) in catalogue.groups.iter_mut().flat_map(|g| &mut g.methods).enumerate() {
        method.title = titles[n % titles.len()].to_owned();
        method.docs = (n % 3 == 0).then(|| "https://docs.example.com/?a=\"b\"".to_owned());
        method.routes = (0..n % 3).map(|r| format!("GET /{n}/{r}/{{id}}")).collect();
    }
    let sets = std::mem::take(&mut catalogue.sets);
    for mut set in sets {
        let good = |entry: &SetEntry| {
            let one = ApiSet { name: "x".into(), title: "x".into(), include: vec![entry.clone()], exclude: vec![] };
            let sets = catalogue.sets.iter().cloned().chain([one]).collect();
            validate::validate(&Catalogue { sets, ..catalogue.clone() }, management).is_ok()
        };
        set.include.retain(good);
        set.exclude.retain(good);
        catalogue.sets.push(set);
    }
    catalogue
}

#[test]
fn exported_catalogue_reads_back_and_is_deterministic() {
    let dice = SeededEntropy::new(5);
    let mut entries = 0;
    for _ in 0..50 {
        let mut catalogues = random_catalogues(&dice);
        let management = catalogues.split_off(2);
        for catalogue in catalogues {
            let catalogue = made_good(catalogue, &management);
            entries += catalogue.sets.iter().map(|s| s.include.len() + s.exclude.len()).sum::<usize>();
            let text = toml_writer::toml(&catalogue);
            assert_eq!(toml_reader::read("f", &text, &management).unwrap(), catalogue, "{text}");
            assert_eq!(toml_writer::toml(&catalogue), text);
        }
    }
    assert!(entries > 200, "{entries}");
}

#[test]
fn export_and_apply_is_the_identity() {
    let install = TestInstall::with_accounts();
    let shop = shop(&install, |text| text);
    apply(&install, "admin", &shop, None).unwrap();
    let before = stored(&install);
    for catalogue in &before[1..] {
        let read = read(&install, &toml_writer::toml(catalogue)).unwrap();
        assert_eq!(&read, catalogue);
        let preview = preview(&install, &read);
        assert!(preview.is_empty() && preview.set_changes.is_empty() && preview.widening.count == 0, "{preview:?}");
        assert_eq!(apply(&install, "admin", &read, None).unwrap(), preview);
        assert_eq!(stored(&install), before);
    }
}

#[test]
fn cyclic_sets_are_refused_by_name() {
    let install = TestInstall::new();
    let set =
        |name: &str, inner: &str| format!("[[set]]\nname = \"{name}\"\ntitle = \"{name}\"\ninclude = [\"{inner}\"]\n");
    let head = "schema = 1\nname = \"x\"\ntitle = \"X\"\n";
    let text = format!("{head}{}{}{}{}", set("out", "set:a"), set("a", "set:b"), set("b", "set:c"), set("c", "set:a"));
    let error = assert_error(read(&install, &text), Kind::Usage).to_string();
    assert!(error.contains("\"a\" → \"b\" → \"c\" → \"a\"") && error.starts_with("f.toml:"), "{error}");
    assert!(!error.contains("\"out\""), "{error}");
    // Through another catalogue: y includes x's set, then x's set includes y's.
    let empty = "[[set]]\nname = \"a\"\ntitle = \"a\"\ninclude = []\n";
    apply(&install, "ops", &read(&install, &format!("{head}{empty}")).unwrap(), None).unwrap();
    let y = head.replace("\"x\"", "\"y\"");
    apply(&install, "ops", &read(&install, &format!("{y}{}", set("why", "set:a"))).unwrap(), None).unwrap();
    let error = assert_error(read(&install, &format!("{head}{}", set("a", "set:why"))), Kind::Usage).to_string();
    assert!(error.contains("\"a\" → \"why\" → \"a\""), "{error}");
    insta::assert_snapshot!(assert_error(read(&install, head), Kind::Usage), @r#"f.toml:2:8: the API set "a" can't be removed: the API set "why" of the catalogue y refers to "a". Remove "a" from "why" in the catalogue y first, or keep "a" in this catalogue"#);
}

#[test]
fn hostile_catalogue_files_are_refused() {
    let install = TestInstall::new();
    let text = example();
    let mut messages = Vec::new();
    for (from, to) in [
        ("Lists orders", "\\u001b[2J"),
        ("Lists orders", "\\u202Ekcab"),
        ("Shop reader", "\\u200bShop"),
        ("docs.example.com", "\\u2066"),
        ("\"shop.orders\"", "\"jeton.tokens\""),
        ("\"shop.orders\"", "\"environment.control\""),
        ("\"Shop desk\"", "\"IDE Plugins\""),
        ("\"shop\"", "\"jeton\""),
        ("\"Cancel\"", "\"List\""),
        ("\"Shop desk\"", "\"Shop reader\""),
        ("\"List\"", "\"../../etc\""),
        ("Lists orders", &"x".repeat(201)),
        ("schema = 1", "schema = 1\nschema = 1"),
    ] {
        assert!(text.contains(from), "{from}");
        let error = assert_error(read(&install, &text.replacen(from, to, 1)), Kind::Usage).to_string();
        assert!(error.starts_with("f.toml:"), "{error}");
        assert!(
            error.len() < 1_000 && !error.chars().any(jeton::domain::untrusted_text::is_control_or_bidi),
            "{error:?}"
        );
        messages.push(error);
    }
    insta::assert_snapshot!(messages.join("\n"), @r#"
    f.toml:11:9: a method's title is invalid: "\u{1b}[2J": the text contains \u{1b}. Control characters, invisible characters and text-direction characters are not allowed
    f.toml:11:9: a method's title is invalid: "\u{202e}kcab": the text contains \u{202e}. Control characters, invisible characters and text-direction characters are not allowed
    f.toml:37:8: an API set's name is invalid: "\u{200b}Shop": the text contains \u{200b}. Control characters, invisible characters and text-direction characters are not allowed
    f.toml:13:8: a documentation link is invalid: "https://\u{2066}/orders#list": the text contains \u{2066}. Control characters, invisible characters and text-direction characters are not allowed
    f.toml:6:6: a catalogue file can't define groups or methods of jeton: jeton.* methods are built in. Choose another id, such as shop.List. The part before the first dot can't be jeton, Jeton or JETON
    f.toml:6:6: the group environment.control belongs to another catalogue: the definition is in the catalogue cloud-platform. Use another id or name here, or remove the definition from the other catalogue first
    f.toml:42:8: the API set "IDE Plugins" belongs to another catalogue: the definition is in the catalogue cloud-platform. Use another id or name here, or remove the definition from the other catalogue first
    f.toml:2:8: a file can't define the catalogue jeton: jeton.* methods are built in. Choose another name
    f.toml:17:6: the method shop.orders.List is defined twice
    f.toml:42:8: the API set "Shop reader" is defined twice
    f.toml:10:6: "shop.orders.../../etc" is not a method id: use 1-200 of the characters A-Z a-z 0-9 . _ -
    f.toml:11:9: a method's title is invalid: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…": the text has more than 200 characters
    f.toml:2:1: the catalogue file can't be read: duplicate key
    "#);
    // A method of another catalogue, in a group whose name only looks similar.
    let split = text.replacen("\"shop.orders\"", "\"environment\"", 1).replacen("\"List\"", "\"control.StopEnv\"", 1);
    insta::assert_snapshot!(assert_error(read(&install, &split), Kind::Usage), @"f.toml:10:6: the method environment.control.StopEnv belongs to another catalogue: the definition is in the catalogue cloud-platform. Use another id or name here, or remove the definition from the other catalogue first");

    let deep = |depth: usize| {
        let set = |n: usize| {
            let inner = if n + 1 < depth { format!("set:d{}", n + 1) } else { "shop.*".to_owned() };
            format!("[[set]]\nname = \"d{n}\"\ntitle = \"d\"\ninclude = [\"{inner}\", \"{inner}\"]\n")
        };
        format!("{text}\n{}", (0..depth).map(set).collect::<String>())
    };
    let nested = read(&install, &deep(998)).unwrap();
    assert_eq!(members(std::slice::from_ref(&nested), "d0").len(), 4);
    let names = |error: jeton::error::Error, limit: &str| error.to_string().replace([',', ' '], "").contains(limit);
    assert!(names(assert_error(read(&install, &deep(1_000)), Kind::Usage), "1000"));
    for large in [
        "[".repeat(10 << 20),
        format!("x = {}", "[".repeat(1 << 20)),
        "a.".repeat(5 << 20),
        "{a=1},".repeat(2 << 20),
        "\n".repeat(10 << 20),
        format!("#{}", "x".repeat(10 << 20)),
    ] {
        assert!(assert_error(read(&install, &large), Kind::Usage).to_string().len() < 1_000);
    }
    let many: String =
        (0..20_001).map(|n| format!("[[group.method]]\nid = \"M{n}\"\ntitle = \"m\"\naccess = \"read\"\n")).collect();
    let many = format!("schema = 1\nname = \"x\"\ntitle = \"X\"\n[[group]]\nid = \"g\"\ntitle = \"G\"\n{many}");
    assert!(names(assert_error(read(&install, &many), Kind::Usage), "20000"));
}

/// Earlier versions accepted any capitals as an HTTP method.
#[test]
fn stored_route_of_an_unknown_http_method_hinders_nothing_but_its_file() {
    let install = TestInstall::with_accounts();
    let mut catalogue = shop(&install, |text| text);
    catalogue.groups[0].methods[0].routes = vec!["GTE /x".to_owned()];
    let now = install.now();
    let kept = install.store().write(&tester(), &|| now, |tx, _| {
        tx.set_catalogue(&catalogue)?;
        Ok(Audited::one((), entry("shop")))
    });
    kept.unwrap();
    assert!(stored(&install).contains(&catalogue));
    assert_error(apply(&install, OWNER, &catalogue, None), Kind::Usage);
    apply(&install, OWNER, &Catalogue::shipped("cloud-platform").unwrap(), None).unwrap();
    apply(&install, OWNER, &shop(&install, |text| text), None).unwrap();
}
