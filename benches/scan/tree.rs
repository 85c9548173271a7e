//! A tree of files that looks like a working directory, with planted secrets. The same for each run.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const WORDS: &[&str] = &[
    "fn",
    "let",
    "return",
    "token",
    "secret",
    "jtn",
    "jtn-",
    "prefix",
    "account",
    "config",
    "value",
    "self",
    "->",
    "{",
    "}",
    "=",
    "==",
    "\"text\"",
    "0x6a65",
    "impl",
    "match",
    "// note",
    "https://example.org/path",
    "object",
    "null",
    "größe",
    "名前",
];
const FILES_PER_FOLDER: usize = 100;
/// Every so many files, one holds no text.
const BINARY: usize = 20;
/// Every so many files, one has no line end.
const ONE_LINE: usize = 50;
/// Every so many files, one holds texts that look like secrets.
const DECOY: usize = 70;

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Planted {
    pub path: PathBuf,
    pub line: u64,
    pub column: u64,
}

pub struct Tree {
    pub path: PathBuf,
    pub files: usize,
    pub bytes: u64,
    pub planted: BTreeSet<Planted>,
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

impl Tree {
    /// Writes `files` files, and plants each of `secrets` in another one.
    pub fn create(path: &Path, files: usize, secrets: &[String]) -> Self {
        let mut random = Random(7);
        let (text, line, binary) = (pool(&mut random, true), pool(&mut random, false), bytes(&mut random));
        let mut tree = Tree { path: path.to_owned(), files, bytes: 0, planted: BTreeSet::new() };
        let interval = files / secrets.len();
        for number in 0..files {
            let folder = path.join(format!("part{:02}/folder{}", number % 13, number / FILES_PER_FOLDER));
            if number % FILES_PER_FOLDER < 13 {
                fs::create_dir_all(&folder).unwrap();
            }
            let (source, ending) = match number {
                n if n % BINARY == 3 => (&binary, "bin"),
                n if n % ONE_LINE == 4 => (&line, "min.js"),
                _ => (&text, "rs"),
            };
            let file = folder.join(format!("file{number}.{ending}"));
            let mut content = part(source, size(&mut random, number), &mut random);
            if number % DECOY == 5 {
                let secret = &secrets[number % secrets.len()];
                let at = random.below(content.len());
                content.splice(at..at, decoys(secret).into_bytes());
            }
            if number % interval == 1
                && let Some(secret) = secrets.get(number / interval)
            {
                let (before, after) = wrapping(number / interval);
                let at = random.below(content.len());
                content.splice(at..at, format!("{before}{secret}{after}").into_bytes());
                let start = at + before.len();
                let line = content[..start].iter().filter(|b| **b == b'\n').count() as u64 + 1;
                let column = content[..start].iter().rev().take_while(|b| **b != b'\n').count() as u64 + 1;
                tree.planted.insert(Planted { path: file.clone(), line, column });
            }
            tree.bytes += content.len() as u64;
            fs::write(&file, content).unwrap();
        }
        assert_eq!(tree.planted.len(), secrets.len());
        tree
    }
}

/// Returns 20 KB on average: most files are small, and a few are large.
fn size(random: &mut Random, number: usize) -> usize {
    match number {
        n if n % 1_000 == 1 => 2_000_000 + random.below(4_000_000),
        n if n % 50 == 1 => 100_000 + random.below(200_000),
        _ => 200 + random.below(24_000),
    }
}

/// Returns the text before and after a secret.
fn wrapping(number: usize) -> (&'static str, &'static str) {
    match number % 6 {
        0 => ("\n", "\n"),
        1 => ("\nTOKEN=", "\n"),
        2 => ("password: '", "'"),
        3 => ("\n{\"headers\": {\"Authorization\": \"Bearer ", "\"}}\n"),
        4 => ("{\"body\":\"{\\\"token\\\":\\\"", "\\\"}\"}"),
        _ => ("https://jeton:", "@example.org/"),
    }
}

/// Returns texts that look like `secret`, and are none: mistyped, cut, and broken over lines.
fn decoys(secret: &str) -> String {
    let last = if secret.ends_with('a') { "b" } else { "a" };
    let (most, half) = (&secret[..secret.len() - 1], &secret[..30]);
    format!(" {most}{last} {most} {half}\n{} jtn_ jtn_jtn_ ", &secret[30..])
}

fn pool(random: &mut Random, has_lines: bool) -> Vec<u8> {
    let mut text = String::new();
    while text.len() < 8_000_000 {
        text.push_str(WORDS[random.below(WORDS.len())]);
        text.push(if has_lines && random.below(9) == 0 { '\n' } else { ' ' });
    }
    text.into_bytes()
}

fn bytes(random: &mut Random) -> Vec<u8> {
    std::iter::repeat_with(|| random.next().to_le_bytes()).take(1_000_000).flatten().collect()
}

fn part(pool: &[u8], size: usize, random: &mut Random) -> Vec<u8> {
    let start = random.below(pool.len() - size);
    pool[start..start + size].to_vec()
}
