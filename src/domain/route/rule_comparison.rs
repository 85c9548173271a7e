//! Compares two lists of rules, such as those before and after a change: what the requests of a rule get by the other
//! list.
//!
//! The answers can name too much, but never too little: a shared request is only ruled out if one earlier rule takes it,
//! and everything is shared if comparing would take too much work.

use std::collections::BTreeMap;

use super::pattern::MatchMode;
use super::route_tree::RouteTree;
use super::rules::{RouteAction, RouteRules};
use super::verbs::Verbs;
use super::work::Work;
use super::{Route, TooMany};

/// The actions that the requests of a rule get by the other list.
#[derive(Debug, PartialEq, Eq)]
pub struct OtherActions<'a> {
    /// The action of the rule itself.
    pub own: &'a RouteAction,
    /// The different actions, without denials.
    pub others: Vec<&'a RouteAction>,
    /// `true` if the other list denies some of the requests by a rule.
    pub is_denied: bool,
    pub rest: Rest,
}

/// The requests of a rule that match no rule of the other list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// There are none.
    Nothing,
    /// The other list has no part of the rule.
    Separate,
    /// The other list has a narrower rule with the same action.
    Wider,
}

/// The other spellings of a denied route, such as `/Me` for `/me`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spellings {
    /// A rule that denies a route has all of its spellings.
    All,
    /// A rule that denies a route has only its requests as written. Clients send no others.
    AsWritten,
}

/// A rule for one HTTP method, or for all of them.
struct Entry<'a> {
    route: Route,
    mode: MatchMode,
    action: &'a RouteAction,
}

impl Entry<'_> {
    fn key(&self) -> (String, bool) {
        (self.route.key(), self.mode == MatchMode::Loose)
    }
}

/// A list of rules, with `GET` and `HEAD` as two rules: the other list may have one of them.
pub struct ComparedRules<'a>(Vec<Entry<'a>>);

impl<'a> ComparedRules<'a> {
    pub fn new(rules: &'a RouteRules) -> Self {
        let entries = rules.rules.iter().flat_map(|rule| {
            let verbs = match &rule.route.verbs {
                Verbs::GetAndHead => ["GET", "HEAD"].map(|verb| Verbs::One(verb.to_owned())).to_vec(),
                verbs => vec![verbs.clone()],
            };
            let entry =
                |verbs| Entry { route: rule.route.with_verbs(verbs), mode: rule.match_mode, action: &rule.action };
            verbs.into_iter().map(entry)
        });
        ComparedRules(entries.collect())
    }

    /// Compares each rule that doesn't deny with the rules of `other`. `agree` returns `true` if it makes no difference
    /// which of the two actions applies, that of this list or that of the other.
    pub fn compare_with<'b>(
        &'b self,
        other: &'b ComparedRules<'a>,
        spellings: Spellings,
        agree: &'b dyn Fn(&RouteAction, &RouteAction) -> bool,
    ) -> impl Iterator<Item = OtherActions<'a>> {
        let work = Work::for_routes(self.0.len() + other.0.len());
        let (own, other) = (Side::new(self), Side::new(other));
        let spelled = match spellings {
            Spellings::All => other.spelled(&own),
            Spellings::AsWritten => Vec::new(),
        };
        let mut comparison = Comparison { own, other, spellings, spelled, agree, work };
        let rules = (0..self.0.len()).filter(|n| !matches!(self.0[*n].action, RouteAction::Deny(_)));
        rules.filter_map(move |n| comparison.actions_of(n))
    }
}

/// A list of rules with what is needed to search it.
struct Side<'b, 'a> {
    rules: &'b [Entry<'a>],
    tree: RouteTree<'b>,
    /// The first rule of each kind.
    keys: BTreeMap<(String, bool), usize>,
}

/// A rule of the other list that denies other spellings.
struct Spelled {
    number: usize,
    /// The number of the same rule in the own list.
    same: Option<usize>,
}

impl<'b, 'a> Side<'b, 'a> {
    fn new(ComparedRules(rules): &'b ComparedRules<'a>) -> Self {
        let mut keys = BTreeMap::new();
        rules.iter().enumerate().for_each(|(n, rule)| {
            keys.entry(rule.key()).or_insert(n);
        });
        Side { rules, tree: RouteTree::new(rules.iter().map(|rule| &rule.route)), keys }
    }

    /// Returns the rules that deny other spellings, in their order.
    fn spelled(&self, own: &Side<'_, '_>) -> Vec<Spelled> {
        let loose = self.rules.iter().enumerate().filter(|(_, rule)| rule.mode == MatchMode::Loose);
        loose.map(|(number, rule)| Spelled { number, same: own.keys.get(&rule.key()).copied() }).collect()
    }

    /// Returns the first rule before the rule `end` that has every request of `route`.
    fn cover(&self, route: &Route, end: usize, work: &mut Work) -> Result<Option<usize>, TooMany> {
        let key = route.key();
        let same = [false, true].into_iter().filter_map(|is_loose| self.keys.get(&(key.clone(), is_loose)).copied());
        let end = same.min().map_or(end, |n| end.min(n + 1));
        for n in self.tree.containing(route, 0..end, work)? {
            work.compare(route, &self.rules[n].route)?;
            if route.is_within(&self.rules[n].route) {
                return Ok(Some(n));
            }
        }
        Ok(None)
    }
}

struct Comparison<'b, 'a> {
    own: Side<'b, 'a>,
    other: Side<'b, 'a>,
    spellings: Spellings,
    /// Empty if only requests as written count.
    spelled: Vec<Spelled>,
    agree: &'b dyn Fn(&RouteAction, &RouteAction) -> bool,
    work: Work,
}

impl<'a> Comparison<'_, 'a> {
    /// Returns the other actions for the requests of the rule `n`. `None` if it has no requests.
    fn actions_of(&mut self, n: usize) -> Option<OtherActions<'a>> {
        self.find_actions_of(n).unwrap_or_else(|TooMany| {
            // Everything is possible.
            let others = self.other.rules.iter().map(|rule| rule.action).filter(|other| self.differs(n, other));
            let others = unique(others.filter(|other| !matches!(other, RouteAction::Deny(_))).collect());
            Some(OtherActions { own: self.own.rules[n].action, others, is_denied: true, rest: Rest::Wider })
        })
    }

    fn differs(&self, n: usize, other: &RouteAction) -> bool {
        !(self.agree)(self.own.rules[n].action, other)
    }

    fn find_actions_of(&mut self, n: usize) -> Result<Option<OtherActions<'a>>, TooMany> {
        let rule = &self.own.rules[n];
        if self.own.cover(&rule.route, n, &mut self.work)?.is_some() {
            return Ok(None);
        }
        let cover = self.other.cover(&rule.route, self.other.rules.len(), &mut self.work)?;
        let end = cover.map_or(self.other.rules.len(), |cover| cover + 1);
        let numbers = self.other.tree.overlapping(&rule.route, 0..end, &mut self.work)?;
        let mut found = OtherActions { own: rule.action, others: Vec::new(), is_denied: false, rest: Rest::Nothing };
        if cover.is_none() {
            found.rest = Rest::Separate;
        }
        for other in numbers {
            let action = self.other.rules[other].action;
            match action {
                _ if !self.differs(n, action) => {
                    let is_wider = cover.is_none() && !self.shared(n, other)?.is_empty();
                    found.rest = if is_wider { Rest::Wider } else { found.rest };
                }
                RouteAction::Deny(_) if found.is_denied || self.has_spellings(other) => {}
                RouteAction::Deny(_) => found.is_denied = self.takes(n, other)?,
                _ if found.others.contains(&action) => {}
                _ if self.takes(n, other)? => found.others.push(action),
                _ => {}
            }
        }
        found.is_denied = found.is_denied || self.takes_spellings(n, end)?;
        Ok(Some(found))
    }

    /// Returns `true` if a rule of the other list is compared with all of its spellings.
    fn has_spellings(&self, other: usize) -> bool {
        self.spellings == Spellings::All && self.other.rules[other].mode == MatchMode::Loose
    }

    /// Returns `true` if the rule `n` decides about another spelling that a rule before `end` denies in the other list. The
    /// same rule before `n` would deny it, too.
    fn takes_spellings(&mut self, n: usize, end: usize) -> Result<bool, TooMany> {
        let route = &self.own.rules[n].route;
        for spelled in self.spelled.iter().take_while(|spelled| spelled.number < end) {
            self.work.take(1)?;
            if spelled.same.is_none_or(|same| same >= n) {
                let theirs = &self.other.rules[spelled.number].route;
                self.work.compare(route, theirs)?;
                if theirs.may_share_spellings(route) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Returns `true` if the rule `n` decides about a request, about which `other` decides in the other list.
    fn takes(&mut self, n: usize, other: usize) -> Result<bool, TooMany> {
        let theirs = &self.other.rules[other];
        if self.own.cover(&theirs.route, n, &mut self.work)?.is_some() {
            return Ok(false);
        }
        for part in self.shared(n, other)? {
            let is_taken = self.own.cover(&part, n, &mut self.work)?.is_some()
                || self.other.cover(&part, other, &mut self.work)?.is_some();
            if !is_taken {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the requests that match both rules, as they are written.
    fn shared(&mut self, n: usize, other: usize) -> Result<Vec<Route>, TooMany> {
        let (own, other) = (&self.own.rules[n].route, &self.other.rules[other].route);
        self.work.compare(own, other)?;
        own.intersection(other, &mut self.work)
    }
}

fn unique(actions: Vec<&RouteAction>) -> Vec<&RouteAction> {
    let mut unique: Vec<&RouteAction> = Vec::new();
    for action in actions {
        if !unique.contains(&action) {
            unique.push(action);
        }
    }
    unique
}
