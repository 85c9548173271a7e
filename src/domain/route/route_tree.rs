//! Routes by their segments, so that each route is compared only with those that can share a request with it.

use std::collections::BTreeMap;

use super::segment::SegmentPattern;
use super::{PathPart, Route};

/// Routes, arranged by the segments of their paths.
#[derive(Default)]
pub struct RouteTree<'a> {
    literal: BTreeMap<&'a SegmentPattern, RouteTree<'a>>,
    open: BTreeMap<&'a SegmentPattern, RouteTree<'a>>,
    /// The routes that continue with any number of segments here. Their rest is not compared.
    many: Vec<usize>,
    ends: Vec<usize>,
}

impl<'a> RouteTree<'a> {
    /// Numbers the routes from 0.
    pub fn new(routes: impl Iterator<Item = &'a Route>) -> RouteTree<'a> {
        let mut root = RouteTree::default();
        for (n, route) in routes.enumerate() {
            let mut at = &mut root;
            for part in &route.path.parts {
                let PathPart::Segment(segment) = part else { break };
                let branch = if segment.is_literal() { &mut at.literal } else { &mut at.open };
                at = branch.entry(segment).or_default();
            }
            let list = if route.has_many_segments() { &mut at.many } else { &mut at.ends };
            list.push(n);
        }
        root
    }

    /// Returns the numbers of all routes whose paths may share a request with `route`, in order.
    pub fn overlapping(&self, route: &Route) -> Vec<usize> {
        let mut found = Vec::new();
        let mut open = vec![self];
        for part in &route.path.parts {
            found.extend(open.iter().flat_map(|tree| &tree.many));
            let PathPart::Segment(segment) = part else {
                open.iter().for_each(|tree| tree.add_below(&mut found));
                open.clear();
                break;
            };
            let mut next = Vec::new();
            for tree in open {
                next.extend(tree.open.values());
                if segment.is_literal() {
                    next.extend(tree.literal.get(segment));
                } else {
                    next.extend(tree.literal.values());
                }
            }
            open = next;
        }
        found.extend(open.iter().flat_map(|tree| tree.ends.iter().chain(&tree.many)));
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Adds every route at or below this place.
    fn add_below(&self, found: &mut Vec<usize>) {
        found.extend(self.ends.iter().chain(&self.many));
        self.literal.values().chain(self.open.values()).for_each(|tree| tree.add_below(found));
    }
}
