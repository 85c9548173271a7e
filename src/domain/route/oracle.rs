//! A second, slow reading of routes, for tests only: which operations an application may take a request for. It shares
//! no code with the rules.
//!
//! Applications differ: some read `%2F` as a slash, some ignore case, compatibility forms (NFKC) and final dots, some
//! take `12a` for the number 12. Every combination is tried. A rule that accepts a request is right if its operation is
//! the narrowest in each of these readings, or if the application finds no operation at all.

pub(super) use super::oracle_segments::Segment;
use super::oracle_segments::{Reading, STRICT, assignments, covers, excludes, readings};

/// The way in which an operation is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    WithToken,
    Public,
    /// A request that browsers send before others.
    Preflight,
}

#[derive(Debug, Clone)]
pub(super) struct Operation {
    /// The method. All preflights have the same id.
    pub id: String,
    pub catalogue: &'static str,
    pub call: Call,
    /// `true` if the path is also valid with the other end.
    pub is_either: bool,
    /// `None` for every HTTP method.
    pub http_method: Option<&'static str>,
    pub segments: Vec<Segment>,
    pub has_final_slash: bool,
}

impl Operation {
    pub(super) fn written(&self) -> String {
        let path: String = self.segments.iter().map(|segment| format!("/{}", segment.written())).collect();
        let verb = self.http_method.map_or(String::new(), |name| format!("{name} "));
        format!("{verb}{path}{}", if self.has_final_slash { "/" } else { "" })
    }

    /// Returns one operation for each value of parameters with values.
    pub(super) fn of_values(&self) -> Vec<Operation> {
        let mut all = vec![Operation { segments: Vec::new(), ..self.clone() }];
        for segment in &self.segments {
            let choices = match segment {
                Segment::Values(values) => values.iter().map(|value| Segment::Text(value)).collect(),
                other => vec![*other],
            };
            all = all
                .into_iter()
                .flat_map(|head| {
                    choices
                        .iter()
                        .map(move |choice| Operation {
                            segments: [&head.segments[..], &[*choice]].concat(),
                            ..head.clone()
                        })
                        .collect::<Vec<_>>()
                })
                .collect();
        }
        all
    }

    /// Returns `true` if the operation is public, and another document guards `other`.
    fn opens(&self, other: &Operation) -> bool {
        self.call == Call::Public && other.call == Call::WithToken && self.catalogue != other.catalogue
    }

    fn accepts(&self, http_method: &str) -> bool {
        self.http_method.is_none_or(|own| own == http_method || (own == "GET" && http_method == "HEAD"))
    }

    fn has_same_path(&self, other: &Operation, reading: Reading) -> bool {
        let reading = Reading { is_lenient: false, ..reading };
        self.path_is_within(other, reading) && other.path_is_within(self, reading)
    }

    /// Returns `true` if `other` has every path of this operation, found by trying numbers of segments.
    fn path_is_within(&self, other: &Operation, reading: Reading) -> bool {
        let mut tried: Vec<Vec<Segment>> = vec![Vec::new()];
        for segment in &self.segments {
            let counts = if *segment == Segment::Several { 1..=4 } else { 1..=1 };
            let one = if *segment == Segment::Several { Segment::Text("*") } else { *segment };
            tried = tried
                .iter()
                .flat_map(|head| counts.clone().map(|count| [&head[..], &vec![one; count][..]].concat()))
                .collect();
        }
        let fits = |outer: Segment, inner: Segment| inner.is_within(outer, reading);
        tried.iter().all(|path| covers(&other.segments, path, &fits))
    }

    /// Returns `true` if this operation, not `other`, has a request that both match by a careful reading. `path` is that
    /// of the request.
    fn is_narrower(&self, other: &Operation, (http_method, path): (&str, &str), reading: Reading) -> bool {
        let strict = Reading { is_lenient: false, ..reading };
        if self.has_same_path(other, strict) {
            // `HEAD /a` before `GET /a`, and either of them before `/a`.
            let weight = |operation: &Operation| match operation.http_method {
                Some(own) if own == http_method => 2,
                Some(_) => 1,
                None => 0,
            };
            if weight(self) == weight(other) && reading.folds && !self.has_same_path(other, STRICT) {
                // One document distinguishes two spellings of the same request, and the request is spelled as here. An
                // application that ignores the difference couldn't serve both operations, so this isn't one. Two
                // documents can describe two such applications.
                return self.catalogue == other.catalogue
                    && self.matches(path, STRICT).is_some()
                    && other.matches(path, STRICT).is_none();
            }
            return weight(self) > weight(other);
        }
        // `HEAD` is one of the two HTTP methods of `GET` routes.
        let has_verbs = match other.http_method {
            None => true,
            Some("GET") => matches!(self.http_method, Some("GET" | "HEAD")),
            Some(_) => self.http_method == other.http_method,
        };
        has_verbs && self.path_is_within(other, strict)
    }

    /// `Some(true)` if the path ends as the operation's path does, `Some(false)` if only the final slash differs.
    fn matches(&self, path: &str, reading: Reading) -> Option<bool> {
        self.matches_beside(None, path, reading)
    }

    /// Like [`Operation::matches`], but a lenient application takes no value for one of a type if a segment of `chosen`
    /// shows that it isn't.
    fn matches_beside(&self, chosen: Option<&Operation>, path: &str, reading: Reading) -> Option<bool> {
        let path = match reading.decodes_slashes_first {
            true => path.replace("%2F", "/").replace("%2f", "/"),
            false => path.to_owned(),
        };
        let mut segments: Vec<String> = path.split('/').skip(1).map(decode).collect();
        let has_final_slash = segments.len() > 1 && segments.last().is_some_and(String::is_empty);
        if has_final_slash {
            segments.pop();
        }
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let has_same_end = has_final_slash == self.has_final_slash;
        let exact = Reading { is_lenient: false, ..reading };
        let fits_all = |chosen: Option<&[Segment]>| {
            let places: Vec<usize> = (0..segments.len()).collect();
            covers(&self.segments, &places, &|part: Segment, at: usize| {
                let is_excluded = chosen.is_some_and(|chosen| excludes(chosen[at], part));
                part.matches(segments[at], if is_excluded { exact } else { reading })
            })
        };
        let of_chosen = chosen.map(|chosen| assignments(&chosen.segments, segments.len())).unwrap_or_default();
        let matching =
            |parts: &&Vec<Segment>| parts.iter().zip(&segments).all(|(part, value)| part.matches(value, exact));
        let mut of_chosen = of_chosen.iter().filter(matching).peekable();
        let is_match = match of_chosen.peek() {
            Some(_) => of_chosen.all(|parts| fits_all(Some(parts))),
            None => fits_all(None),
        };
        ((has_same_end || self.is_either) && is_match).then_some(has_same_end)
    }
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut decoded, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let escaped = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Returns the preflights of catalogues, one for each end of a path. There are none where an operation takes `OPTIONS`
/// itself.
pub(super) fn preflights(operations: &[Operation], catalogues: &[&str]) -> Vec<Operation> {
    let options = |operation: &Operation, has_final_slash: bool| Operation {
        id: PREFLIGHT.to_owned(),
        call: Call::Preflight,
        http_method: Some("OPTIONS"),
        has_final_slash,
        is_either: false,
        ..operation.clone()
    };
    let is_taken = |preflight: &Operation| {
        let takes = |other: &Operation| {
            let has_end = other.is_either || other.has_final_slash == preflight.has_final_slash;
            has_end && other.accepts("OPTIONS") && preflight.path_is_within(other, STRICT)
        };
        operations.iter().any(takes)
    };
    let chosen = operations.iter().filter(|operation| catalogues.contains(&operation.catalogue));
    let ends = chosen.flat_map(|operation| {
        [true, false]
            .into_iter()
            .filter(|end| operation.is_either || *end == operation.has_final_slash)
            .map(|end| options(operation, end))
    });
    ends.filter(|preflight| !is_taken(preflight)).collect()
}

/// The id of preflights.
pub(super) const PREFLIGHT: &str = "preflight";

/// The operations that applications may take a request for.
pub(super) struct Meanings<'a> {
    operations: &'a [Operation],
    http_method: &'a str,
    path: &'a str,
}

impl<'a> Meanings<'a> {
    /// `operations` are those of a host, each with one value for each parameter with values.
    pub(super) fn new(operations: &'a [Operation], http_method: &'a str, path: &'a str) -> Self {
        Meanings { operations, http_method, path }
    }

    /// Returns the operations that match the request, each with `true` if it has the end of the path.
    fn matching(&self, reading: Reading) -> Vec<(&'a Operation, bool)> {
        let accepting = self.operations.iter().filter(|operation| operation.accepts(self.http_method));
        accepting.filter_map(|operation| Some((operation, operation.matches(self.path, reading)?))).collect()
    }

    /// Returns the operation that every application finds, if they find only one. `None` for preflights, paths with escapes
    /// and HTTP methods in lower case, which may be refused.
    pub(super) fn only(&self) -> Option<&'a Operation> {
        let first = self.matching(STRICT).first()?.0;
        let is_only = readings().all(|reading| {
            let matching = self.matching(reading);
            !matching.is_empty() && matching.iter().all(|(operation, same)| *same && operation.id == first.id)
        });
        let is_usual = self.http_method != "get" && first.call != Call::Preflight && !self.path.contains('%');
        (is_only && is_usual).then_some(first)
    }

    /// Returns why the operation `id` must not get this request; `None` if it may.
    pub(super) fn objection(&self, id: &str) -> Option<String> {
        readings().find_map(|reading| self.objection_of(id, reading))
    }

    /// Returns the operations that may mean the request beside the operation `id`, which is included.
    fn matching_beside(&self, id: &str, reading: Reading) -> Vec<(&'a Operation, bool)> {
        let accepting = || self.operations.iter().filter(|operation| operation.accepts(self.http_method));
        let own = accepting().find(|own| own.id == id && own.matches(self.path, STRICT).is_some());
        // An operation's own `OPTIONS` comes before preflights. A token may be asked for, although another document has a
        // public operation.
        let gives_way = |other: &Operation, own: &Operation| match other.call {
            Call::Preflight => other.id != id,
            Call::Public => own.call == Call::WithToken && other.catalogue != own.catalogue,
            Call::WithToken => false,
        };
        let others = accepting().filter(|other| !own.is_some_and(|own| gives_way(other, own)));
        let found = others.filter_map(|other| {
            let chosen = own.filter(|own| other.id != id && !own.opens(other));
            Some((other, other.matches_beside(chosen, self.path, reading)?))
        });
        found.collect()
    }

    fn objection_of(&self, id: &str, reading: Reading) -> Option<String> {
        let mut matching = self.matching_beside(id, reading);
        let is_own_end = matching.iter().any(|(operation, has_same_end)| operation.id == id && *has_same_end);
        let is_open = matching.iter().any(|(operation, _)| operation.id == id && operation.call == Call::Public);
        let is_other = |other: &Operation| other.id != id && !(is_open && other.call == Call::Public);
        if let Some((other, _)) = matching.iter().find(|(other, same)| *same && !is_own_end && is_other(other)) {
            return Some(format!("{reading:?}: means {}, without a change of the final slash", other.written()));
        }
        let has_end: Vec<&Operation> =
            matching.iter().filter(|(_, same)| *same).map(|(operation, _)| *operation).collect();
        matching.retain(|(operation, same)| {
            let has_verb = |other: &&&Operation| other.http_method == operation.http_method;
            *same || !has_end.iter().filter(has_verb).any(|other| operation.has_same_path(other, STRICT))
        });
        let (own, others): (Vec<&Operation>, Vec<&Operation>) =
            matching.iter().map(|(operation, _)| *operation).partition(|operation| operation.id == id);
        let is_strict = !(reading.decodes_slashes_first || reading.folds || reading.is_lenient);
        match (own.is_empty(), others.first()) {
            (true, Some(other)) => return Some(format!("{reading:?}: means {}", other.written())),
            (true, None) if is_strict => return Some("no operation matches".to_owned()),
            _ => {}
        }
        let wins = |other: &Operation| {
            let is_narrower = |own: &Operation| own.is_narrower(other, (self.http_method, self.path), reading);
            matching.iter().any(|(own, _)| !is_other(own) && !own.opens(other) && is_narrower(own))
        };
        let other = others.into_iter().find(|other| is_other(other) && !wins(other))?;
        Some(format!("{reading:?}: also means {} of {}", other.written(), other.catalogue))
    }
}
