//! Invariants of the picker's tree: ticks don't depend on the shown rows.

use std::collections::BTreeSet;
use std::sync::Arc;

use jeton::domain::api_selection::Selection;
use jeton::domain::catalogue::permission_index::members;
use jeton::domain::catalogue::{ApiSet, Catalogue, Group, SetEntry};
use jeton::domain::method::{Access, Method, MethodId};
use jeton::domain::role::Role;
use jeton::tui::modal::picker::method_index::GroupKind;
use jeton::tui::modal::picker::tree::{Choice, Mark, Row, Tree};
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum TreeOp {
    Step(isize),
    Search(String),
    OnlyChecked,
    Fold,
    Unfold,
    FoldAll,
    Toggle,
    Tick(bool),
    Set(usize),
    Inherit,
    Nothing,
    Undo,
    Redo,
}

fn apply_op() -> impl Strategy<Value = TreeOp> {
    prop_oneof![
        4 => (-9isize..9).prop_map(TreeOp::Step),
        2 => prop::sample::select(vec!["", "a", "B", "stop", "0", "g1. M", "jeton", "no such", "a b"])
            .prop_map(|w| TreeOp::Search(w.to_owned())),
        1 => Just(TreeOp::OnlyChecked),
        1 => Just(TreeOp::Fold),
        3 => Just(TreeOp::Unfold),
        1 => Just(TreeOp::FoldAll),
        6 => Just(TreeOp::Toggle),
        1 => any::<bool>().prop_map(TreeOp::Tick),
        2 => (0usize..3).prop_map(TreeOp::Set),
        1 => Just(TreeOp::Inherit),
        1 => Just(TreeOp::Nothing),
        2 => Just(TreeOp::Undo),
        1 => Just(TreeOp::Redo),
    ]
}

fn catalogues() -> impl Strategy<Value = Arc<[Catalogue]>> {
    let method = ("[A-Za-z]{0,3}", 0usize..3, any::<bool>());
    let groups = prop::collection::vec(prop::collection::vec(method, 0..5), 1..5);
    let patterns = prop::collection::vec("(\\*|g[0-3]\\.\\*|g[0-3]\\.m[0-4])", 1..4);
    (groups, prop::collection::vec((patterns.clone(), patterns), 0..3)).prop_map(|(groups, sets)| {
        let of_group = |(g, methods): (usize, Vec<(String, usize, bool)>)| Group {
            id: format!("g{g}"),
            title: format!("Group {g}"),
            methods: methods
                .into_iter()
                .enumerate()
                .map(|(m, (title, access, docs))| Method {
                    id: MethodId::parse(&format!("g{g}.m{m}")).unwrap(),
                    title: format!("Stop {title}"),
                    access: Access::ALL[access],
                    docs: docs.then(|| "https://docs.example.com".to_owned()),
                    routes: Vec::new(),
                })
                .collect(),
        };
        let read = |texts: &[String]| texts.iter().map(|t| SetEntry::parse(t).unwrap()).collect();
        let sets = sets.iter().enumerate().map(|(n, (include, exclude))| ApiSet {
            name: format!("set {n}"),
            title: String::new(),
            include: read(include),
            exclude: read(&exclude[..exclude.len() - 1]),
        });
        let made = Catalogue {
            name: "made".to_owned(),
            title: "Made".to_owned(),
            hosts: Default::default(),
            trailing_slash: Default::default(),
            sets: sets.collect(),
            groups: groups.into_iter().enumerate().map(of_group).collect(),
        };
        // Management first in the list; the picker must put it last.
        Arc::from([Catalogue::shipped("jeton").unwrap(), made])
    })
}

fn ticked(tree: &Tree) -> BTreeSet<MethodId> {
    let entries = tree.index().methods.iter().enumerate();
    entries.filter(|(place, _)| tree.is_ticked(*place)).map(|(_, e)| e.id.clone()).collect()
}

/// Returns `true` if search and filter show the method, computed from its words alone.
fn found(tree: &Tree, id: &MethodId, words: &str) -> bool {
    let entry = tree.index().methods.iter().find(|e| e.id == *id).unwrap();
    words.split_whitespace().all(|w| {
        let w = w.to_lowercase();
        id.as_str().to_lowercase().contains(&w) || entry.title.to_lowercase().contains(&w)
    })
}

fn run(tree: &mut Tree, act: &TreeOp) {
    match act {
        TreeOp::Step(by) => tree.step(*by),
        TreeOp::Search(text) => tree.search(text),
        TreeOp::OnlyChecked => tree.toggle_only_checked(),
        TreeOp::Fold => tree.fold(),
        TreeOp::Unfold => tree.unfold(),
        TreeOp::FoldAll => tree.fold_all(),
        TreeOp::Toggle => drop(tree.toggle_current()),
        TreeOp::Tick(wanted) => drop(tree.tick_shown(*wanted)),
        TreeOp::Set(n) => {
            if let Some(name) = tree.index().sets.get(*n).map(|s| s.name.clone()) {
                tree.toggle_set(&name);
            }
        }
        TreeOp::Inherit => tree.select_inherit(),
        TreeOp::Nothing => tree.select_nothing(),
        TreeOp::Undo => drop(tree.undo()),
        TreeOp::Redo => drop(tree.redo()),
    }
}

/// Checks the invariants that hold at any time.
fn check_invariants(tree: &Tree, all: &[Catalogue], role: Role) -> Result<(), TestCaseError> {
    let index = tree.index();
    let mut sum = 0;
    for (group, section) in index.groups.iter().enumerate() {
        let leaves = section.methods.clone().filter(|m| tree.is_ticked(*m)).count();
        sum += leaves;
        prop_assert_eq!(tree.counts(group), (leaves, section.methods.len()));
        let mark = match leaves {
            0 => Mark::None,
            n if n == section.methods.len() => Mark::All,
            _ => Mark::Some,
        };
        prop_assert_eq!(tree.mark(group), mark);
    }
    prop_assert_eq!(tree.total(), (sum, index.methods.len()));
    prop_assert!(tree.rows().is_empty() || tree.cursor() < tree.rows().len());
    let ticked = ticked(tree);
    match (tree.choice(), tree.selection()) {
        (Choice::Custom, Selection::Custom(methods)) => prop_assert_eq!(methods, ticked),
        (Choice::Sets(_), Selection::Sets(names)) => {
            prop_assert!(!names.is_empty());
            let expected: BTreeSet<MethodId> = names.iter().flat_map(|n| members(all, n)).collect();
            prop_assert_eq!(ticked, expected);
        }
        (Choice::Inherit, Selection::Inherit) => {
            let mine = all.iter().flat_map(Catalogue::methods);
            let mine = mine.filter(|m| role.permits(m.access) && !m.id.is_management()).map(|m| m.id.clone());
            prop_assert_eq!(ticked, mine.collect::<BTreeSet<_>>());
        }
        (choice, selection) => prop_assert!(false, "{:?} says {:?}", choice, selection),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn ticks_match_a_model_after_any_actions(
        all in catalogues(),
        role in prop::sample::select(Role::ALL.to_vec()),
        acts in prop::collection::vec(apply_op(), 1..60),
    ) {
        let mut tree = Tree::new(Arc::clone(&all), &Selection::nothing(), role);
        let (mut before, mut after): (Vec<Selection>, Vec<Selection>) = (Vec::new(), Vec::new());
        let mut words = String::new();
        check_invariants(&tree, &all, role)?;
        for act in &acts {
            let (was, had, row) = (tree.selection(), ticked(&tree), tree.rows().get(tree.cursor()).copied());
            run(&mut tree, act);
            check_invariants(&tree, &all, role)?;
            let (is, has) = (tree.selection(), ticked(&tree));
            let bulk_management = has.difference(&had).filter(|m| m.is_management()).count();
            let mut twice = None;
            match act {
                TreeOp::Step(_) | TreeOp::Search(_) | TreeOp::OnlyChecked | TreeOp::Fold | TreeOp::Unfold | TreeOp::FoldAll => {
                    prop_assert_eq!(&is, &was, "{:?} changed the selection", act);
                    if let TreeOp::Search(text) = act { words.clone_from(text); }
                    let open: Vec<_> = tree.rows().iter().filter_map(|r| match r {
                        Row::Method(place) => Some(&tree.index().methods[*place].id),
                        Row::Group(_) => None,
                    }).collect();
                    prop_assert!(open.iter().all(|id| found(&tree, id, &words)), "{:?} shows more than {:?}", act, words);
                }
                TreeOp::Undo => {
                    if let Some(expected) = before.pop() {
                        prop_assert_eq!(&is, &expected);
                        after.push(was.clone());
                    }
                }
                TreeOp::Redo => {
                    if let Some(expected) = after.pop() {
                        prop_assert_eq!(&is, &expected);
                        before.push(was.clone());
                    }
                }
                TreeOp::Toggle => {
                    if let Some(Row::Method(place)) = row {
                        let id = BTreeSet::from([tree.index().methods[place].id.clone()]);
                        let changed: BTreeSet<MethodId> = had.symmetric_difference(&has).cloned().collect();
                        prop_assert_eq!(changed, id);
                        // Toggling twice changes nothing.
                        tree.toggle_current();
                        prop_assert_eq!(ticked(&tree), had);
                        twice = Some(tree.selection());
                        tree.undo();
                        prop_assert_eq!(ticked(&tree), has);
                    }
                    if let Some(Row::Group(_)) = row { prop_assert_eq!(bulk_management, 0); }
                }
                TreeOp::Tick(wanted) if !tree.is_only_checked() => {
                    let shown = tree.index().methods.iter().map(|e| e.id.clone()).filter(|m| found(&tree, m, &words));
                    let shown: BTreeSet<MethodId> = shown.filter(|m| !*wanted || !m.is_management()).collect();
                    let expected: BTreeSet<MethodId> =
                        if *wanted { had.union(&shown).cloned().collect() } else { had.difference(&shown).cloned().collect() };
                    prop_assert_eq!(has, expected);
                }
                TreeOp::Tick(_) | TreeOp::Set(_) | TreeOp::Inherit | TreeOp::Nothing => prop_assert_eq!(bulk_management, 0),
            }
            if !matches!(act, TreeOp::Undo | TreeOp::Redo) && is != was {
                before.push(was);
                after.clear();
            }
            after.extend(twice);
        }
        // Undoing everything returns to the start.
        while tree.undo() {}
        if before.len() < 100 {
            prop_assert_eq!(tree.selection(), Selection::nothing());
        }
    }

    #[test]
    fn group_toggled_twice_is_unchanged(all in catalogues(), full: bool) {
        let mut tree = Tree::new(all, &Selection::nothing(), Role::Owner);
        if full { tree.tick_shown(true); }
        let had = ticked(&tree);
        tree.toggle_current();
        tree.toggle_current();
        prop_assert_eq!(ticked(&tree), had);
    }
}

#[test]
fn vanished_method_stays_listed_and_can_be_unticked() {
    let gone = MethodId::parse("old.gone").unwrap();
    let kept = MethodId::parse("jeton.tokens.read").unwrap();
    let selection = Selection::Custom([gone.clone(), kept.clone()].into());
    let all: Arc<[Catalogue]> = Arc::from([Catalogue::shipped("jeton").unwrap()]);
    let mut tree = Tree::new(Arc::clone(&all), &selection, Role::Owner);
    assert_eq!(tree.selection(), selection);
    tree.search("old.gone");
    tree.step(1);
    assert_eq!(tree.method().map(|m| &m.id), Some(&gone));
    assert!(tree.toggle_current());
    assert_eq!(tree.selection(), Selection::Custom([kept].into()));
    let sets = Selection::Sets(["no such set".to_owned()].into());
    assert_eq!(Tree::new(all, &sets, Role::Owner).selection(), sets);
}

#[test]
fn management_groups_come_last() {
    let all: Arc<[Catalogue]> =
        Arc::from([Catalogue::shipped("jeton").unwrap(), Catalogue::shipped("cloud-platform").unwrap()]);
    let tree = Tree::new(all, &Selection::nothing(), Role::Owner);
    let management: Vec<bool> = tree.index().groups.iter().map(|s| s.kind == GroupKind::Management).collect();
    assert!(management.is_sorted() && management[0] != management[management.len() - 1]);
}
