//! Routes by their segments, so that each route is compared only with those that can share a request with it.

use std::collections::BTreeMap;
use std::ops::Range;

use super::segment::SegmentPattern;
use super::verbs::Verbs;
use super::work::Work;
use super::{PathPart, Route, TooMany};

/// Numbered routes.
#[derive(Default)]
pub(super) struct RouteTree<'a> {
    /// By the slash at the end and the HTTP methods.
    roots: BTreeMap<(bool, &'a Verbs), Node<'a>>,
}

#[derive(Default)]
struct Node<'a> {
    literal: BTreeMap<&'a SegmentPattern, Node<'a>>,
    open: BTreeMap<&'a SegmentPattern, Node<'a>>,
    /// The routes that continue with any number of segments here. Their rest is not compared.
    many: Vec<usize>,
    ends: Vec<usize>,
    /// The numbers of all routes at or below this place are in this range.
    numbers: Range<usize>,
}

/// The routes that a search returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    MayShare,
    MayContain,
}

impl<'a> RouteTree<'a> {
    /// Numbers the routes from 0.
    pub(super) fn new(routes: impl Iterator<Item = &'a Route>) -> RouteTree<'a> {
        let mut roots: BTreeMap<(bool, &'a Verbs), Node<'a>> = BTreeMap::new();
        for (n, route) in routes.enumerate() {
            let mut at = roots.entry((route.path.has_final_slash, &route.verbs)).or_default();
            at.extend_to(n);
            for part in &route.path.parts {
                let PathPart::Segment(segment) = part else { break };
                let branch = if segment.is_literal() { &mut at.literal } else { &mut at.open };
                at = branch.entry(segment).or_default();
                at.extend_to(n);
            }
            let list = if route.has_many_segments() { &mut at.many } else { &mut at.ends };
            list.push(n);
        }
        RouteTree { roots }
    }

    /// Returns the numbers of all routes that may share a request with `route`, in order. Searches only in `numbers`.
    ///
    /// # Errors
    /// [`TooMany`] if this would take too much work.
    pub(super) fn overlapping(
        &self,
        route: &Route,
        numbers: Range<usize>,
        work: &mut Work,
    ) -> Result<Vec<usize>, TooMany> {
        self.search(route, Search { relation: Relation::MayShare, numbers, found: Vec::new(), work })
    }

    /// Returns the numbers of all routes that may contain `route`, in order. Searches only in `numbers`.
    ///
    /// # Errors
    /// [`TooMany`] if this would take too much work.
    pub(super) fn containing(
        &self,
        route: &Route,
        numbers: Range<usize>,
        work: &mut Work,
    ) -> Result<Vec<usize>, TooMany> {
        self.search(route, Search { relation: Relation::MayContain, numbers, found: Vec::new(), work })
    }

    fn search(&self, route: &Route, mut search: Search<'_>) -> Result<Vec<usize>, TooMany> {
        for ((has_final_slash, verbs), root) in &self.roots {
            if *has_final_slash == route.path.has_final_slash && verbs.intersection(&route.verbs).is_some() {
                search.visit(root, &route.path.parts)?;
            }
        }
        search.found.sort_unstable();
        Ok(search.found)
    }
}

impl Node<'_> {
    fn extend_to(&mut self, number: usize) {
        if self.numbers.is_empty() {
            self.numbers.start = number;
        }
        self.numbers.end = number + 1;
    }
}

struct Search<'w> {
    relation: Relation,
    numbers: Range<usize>,
    found: Vec<usize>,
    work: &'w mut Work,
}

impl Search<'_> {
    /// Searches below `node` for a path that continues with `parts`.
    fn visit(&mut self, node: &Node<'_>, parts: &[PathPart]) -> Result<(), TooMany> {
        self.work.take(1)?;
        if !self.meets(node) {
            return Ok(());
        }
        self.add(&node.many)?;
        match (parts.split_first(), self.relation) {
            (None, _) => self.add(&node.ends),
            (Some((PathPart::Many, _)), Relation::MayContain) => Ok(()),
            (Some((PathPart::Many, _)), Relation::MayShare) => {
                self.add(&node.ends)?;
                node.literal.values().chain(node.open.values()).try_for_each(|below| self.add_all(below))
            }
            (Some((PathPart::Segment(segment), rest)), relation) => {
                if segment.is_literal() {
                    node.literal.get(segment).map_or(Ok(()), |below| self.visit(below, rest))?;
                } else if relation == Relation::MayShare {
                    self.visit_each(&node.literal, segment, rest)?;
                }
                self.visit_each(&node.open, segment, rest)
            }
        }
    }

    fn visit_each(
        &mut self,
        branches: &BTreeMap<&SegmentPattern, Node<'_>>,
        segment: &SegmentPattern,
        rest: &[PathPart],
    ) -> Result<(), TooMany> {
        for (other, below) in branches {
            self.work.take(1)?;
            if segment.may_share(other) {
                self.visit(below, rest)?;
            }
        }
        Ok(())
    }

    /// Adds every route at or below `node`.
    fn add_all(&mut self, node: &Node<'_>) -> Result<(), TooMany> {
        self.work.take(1)?;
        if !self.meets(node) {
            return Ok(());
        }
        self.add(&node.ends)?;
        self.add(&node.many)?;
        node.literal.values().chain(node.open.values()).try_for_each(|below| self.add_all(below))
    }

    fn meets(&self, node: &Node<'_>) -> bool {
        node.numbers.start < self.numbers.end && self.numbers.start < node.numbers.end
    }

    fn add(&mut self, list: &[usize]) -> Result<(), TooMany> {
        let start = list.partition_point(|n| *n < self.numbers.start);
        let end = list.partition_point(|n| *n < self.numbers.end).max(start);
        self.work.take(end - start)?;
        self.found.extend(&list[start..end]);
        Ok(())
    }
}
