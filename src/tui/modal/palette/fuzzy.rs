//! Ranking of texts by a few typed letters. The letters of a word match in order, with gaps. Beginnings of words and
//! neighbouring letters count more.

/// Points of a matched letter.
const LETTER: i32 = 16;
/// Additional points at the beginning of a word.
const WORD_START: i32 = 10;
/// Additional points for the letter after a matched letter.
const NEIGHBOUR: i32 = 12;
/// Maximum number of points that a gap costs.
const MAX_GAP: usize = 8;
/// Maximum number of characters that are compared.
const MAX_CHARS: usize = 100;

/// A match: the points, and the positions of the matched characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Match {
    pub score: i32,
    pub positions: Vec<usize>,
}

/// Returns the best match of all words of `query` in `text`. `None` if a word has no match.
pub fn match_all(text: &str, query: &str) -> Option<Match> {
    let text = lower(text);
    let mut all = Match::default();
    for word in query.split_whitespace() {
        let found = match_word(&text, &lower(word))?;
        all.score += found.score;
        all.positions.extend(found.positions);
    }
    all.positions.sort_unstable();
    all.positions.dedup();
    Some(all)
}

fn lower(text: &str) -> Vec<char> {
    text.chars().take(MAX_CHARS).map(|c| c.to_ascii_lowercase()).collect()
}

/// The best match of the letters up to one that matches a certain character of the text.
#[derive(Clone, Copy)]
struct Step {
    score: i32,
    /// The character that the previous letter matches.
    before: usize,
}

fn match_word(text: &[char], word: &[char]) -> Option<Match> {
    let is_start = |at: usize| at == 0 || text.get(at - 1).is_some_and(|c| !c.is_alphanumeric());
    let gap = |length: usize| i32::try_from(length.min(MAX_GAP)).unwrap_or(0);
    let mut steps: Vec<Vec<Option<Step>>> = Vec::with_capacity(word.len());
    for letter in word {
        let previous = steps.last();
        let step = |at: usize| {
            let own = LETTER + if is_start(at) { WORD_START } else { 0 };
            let Some(previous) = previous else { return Some(Step { score: own - gap(at), before: at }) };
            let earlier = previous.iter().take(at).enumerate().filter_map(|(before, step)| {
                let bonus = if before + 1 == at { NEIGHBOUR } else { -gap(at - before - 1) };
                Some(Step { score: (*step)?.score + own + bonus, before })
            });
            earlier.max_by_key(|step| step.score)
        };
        steps.push(text.iter().enumerate().map(|(at, c)| if c == letter { step(at) } else { None }).collect());
    }
    let last = steps.last()?.iter().enumerate().filter_map(|(at, step)| Some((at, (*step)?.score)));
    let (mut at, score) = last.max_by_key(|(at, score)| (*score, std::cmp::Reverse(*at)))?;
    let mut positions = vec![at];
    for row in steps.iter().skip(1).rev() {
        at = (*row.get(at)?)?.before;
        positions.push(at);
    }
    positions.reverse();
    Some(Match { score, positions })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best<'a>(texts: &[&'a str], query: &str) -> Vec<&'a str> {
        let mut found: Vec<_> = texts.iter().filter_map(|text| Some((match_all(text, query)?.score, *text))).collect();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        found.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn beginnings_of_words_and_neighbours_come_first() {
        let texts = ["token create", "token restore", "token revoke", "account role", "ledger uses"];
        assert_eq!(best(&texts, "rev"), ["token revoke"]);
        assert_eq!(best(&texts, "tokre")[0], "token restore");
        assert_eq!(best(&texts, "ro"), ["account role", "token revoke", "token restore"]);
        assert_eq!(best(&texts, "rev tok"), ["token revoke"], "in any order");
        assert_eq!(best(&texts, "xyz"), [""; 0]);
        assert_eq!(best(&texts, "").len(), texts.len());
    }

    #[test]
    fn positions_are_those_of_the_matched_letters() {
        assert_eq!(match_all("token revoke", "REV").unwrap().positions, [6, 7, 8]);
        assert_eq!(match_all("token revoke", "tr").unwrap().positions, [0, 6]);
        assert_eq!(match_all("größe öl", "öl").unwrap().positions, [6, 7]);
        assert_eq!(match_all("a", "aa"), None);
    }

    #[test]
    fn long_texts_are_compared_up_to_a_limit() {
        let long = "a".repeat(MAX_CHARS) + "b";
        assert_eq!(match_all(&long, "b"), None);
    }
}
