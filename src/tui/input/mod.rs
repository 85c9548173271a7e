//! Keys and pastes out of the bytes that a terminal sends.
//!
//! A terminal sends more than keys: answers to questions that an earlier program asked, reports, pastes without an end.
//! Each is recognised by its form and dropped, whole or in pieces, so that none of it runs as keys; and nothing of it
//! keeps later keys from acting. The parser has no clock: [`Parser::patience`] says how long to wait for more bytes, and
//! [`Parser::quiet`] that none came.
//!
//! ```text
//!   ground ── ESC ──► escape ── [ ──► control sequence ── 200~ ──► paste ── 201~, silence, Ctrl-C ──► ground
//!      ▲                │  └── ] P _ ^ X ──► string ── ST, BEL, silence, Ctrl-C, Ctrl-Z ──► ground
//!      └── Esc, Alt ────┘
//! ```

mod keys;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use zeroize::Zeroizing;

/// How long a sequence of several bytes may pause. What is unfinished then is over.
const SILENCE: Duration = Duration::from_secs(1);
/// How long Esc waits for the rest of a sequence before it is a key.
const ESC_WAIT: Duration = Duration::from_millis(50);
/// How long a byte that may go on with a sequence waits after its Esc was taken for a key.
const HELD: Duration = Duration::from_millis(300);
/// What follows the end of a paste with no longer pause than this belongs to it: the text had an end mark inside.
const TAIL: Duration = Duration::from_millis(50);
/// The most bytes of a paste that are kept; no field takes as many.
const PASTE_MAX: usize = 65_536;
/// The most bytes of a control sequence that are kept; no key has as many.
const SEQUENCE_MAX: usize = 32;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
const CTRL_C: u8 = 0x03;
const CTRL_Z: u8 = 0x1a;
const CANCEL: u8 = 0x18;

/// What somebody did at the terminal.
#[derive(Debug, PartialEq, Eq)]
pub enum Input {
    /// Pressed a key.
    Key(KeyEvent),
    /// Pasted text.
    Paste(Zeroizing<String>),
}

/// The place in the bytes.
#[derive(Debug)]
enum State {
    Ground,
    /// Inside a character of several bytes.
    Character {
        bytes: [u8; 4],
        len: usize,
        of: usize,
        alt: bool,
    },
    /// After Esc.
    Escape {
        esc: Esc,
    },
    /// After a byte that begins a string (or a sequence whose Esc was a key): nothing of it has come yet.
    Begun {
        by: u8,
        esc: Esc,
    },
    /// Inside a control sequence.
    Sequence {
        params: Vec<u8>,
        too_long: bool,
    },
    /// Before the letter of a function key on a Linux console.
    LinuxFunction,
    /// Before the bytes of a mouse report of the old form.
    Mouse {
        left: u8,
    },
    /// Inside a string of the terminal's; after Esc in it.
    Text {
        escape: bool,
    },
    Paste(Paste),
}

/// What became of the Esc before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Esc {
    Waits,
    /// It was taken for a key.
    WasKey,
}

/// Text that is being pasted.
#[derive(Debug)]
struct Paste {
    text: Zeroizing<Vec<u8>>,
    /// How many bytes of a mark have come.
    mark: usize,
    /// Whether its end mark has come.
    ended: bool,
}

/// The begin mark; the end mark has `1` in the place of the last `0`.
const MARK: &[u8] = b"\x1b[200~";
const END_MARK: &[u8] = b"\x1b[201~";

impl Paste {
    fn new(ended: bool) -> Self {
        // Allocated once, so that no copy of a pasted password is left behind by growing.
        Paste { text: Zeroizing::new(Vec::with_capacity(PASTE_MAX)), mark: 0, ended }
    }

    fn push(&mut self, byte: u8) {
        if self.text.len() < PASTE_MAX {
            self.text.push(byte);
        }
    }

    /// Takes a byte. Marks are no text, wherever they stand.
    fn take(&mut self, byte: u8) {
        let continues = MARK.get(self.mark) == Some(&byte) || END_MARK.get(self.mark) == Some(&byte);
        if !continues {
            for held in &MARK[..std::mem::take(&mut self.mark)] {
                self.push(*held);
            }
            if byte != ESC {
                return self.push(byte);
            }
        }
        self.mark += 1;
        // Only the last but one byte tells the marks apart.
        self.ended |= self.mark == END_MARK.len() - 1 && byte == b'1';
        if self.mark == END_MARK.len() {
            self.mark = 0;
        }
    }

    fn text(self) -> Zeroizing<String> {
        let mut bytes = self.text;
        match String::from_utf8(std::mem::take(&mut *bytes)) {
            Ok(text) => Zeroizing::new(text),
            Err(e) => {
                let bytes = Zeroizing::new(e.into_bytes());
                Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())
            }
        }
    }
}

/// Reads what a terminal sends.
#[derive(Debug)]
pub struct Parser {
    state: State,
    /// A paste ended without its mark: the rest may still come.
    torn: bool,
}

impl Default for Parser {
    fn default() -> Self {
        Parser { state: State::Ground, torn: false }
    }
}

impl Parser {
    /// Takes bytes that came together. `more` says that further ones are there already.
    pub fn feed(&mut self, burst: &[u8], more: bool, out: &mut Vec<Input>) {
        let mut rest = burst;
        if self.torn
            && matches!(self.state, State::Ground)
            && let Some(at) = burst.windows(END_MARK.len()).position(|w| w == END_MARK)
        {
            self.torn = false;
            self.state = State::Paste(Paste::new(true));
            rest = &burst[at + END_MARK.len()..];
        }
        for (at, byte) in rest.iter().enumerate() {
            let first = at == 0;
            let last = at + 1 == rest.len() && !more;
            self.step(*byte, first, last, out);
        }
    }

    /// How long to wait for more bytes; `None` = as long as it takes.
    pub fn patience(&self) -> Option<Duration> {
        match &self.state {
            State::Ground => None,
            State::Escape { esc: Esc::Waits } => Some(ESC_WAIT),
            State::Begun { esc: Esc::WasKey, .. } => Some(HELD),
            State::Paste(paste) if paste.ended => Some(TAIL),
            _ => Some(SILENCE),
        }
    }

    /// Nothing came for as long as [`Parser::patience`] said.
    pub fn quiet(&mut self, out: &mut Vec<Input>) {
        match std::mem::replace(&mut self.state, State::Ground) {
            State::Escape { esc: Esc::Waits } => {
                out.push(Input::Key(KeyCode::Esc.into()));
                self.state = State::Escape { esc: Esc::WasKey };
            }
            State::Begun { by, esc } => out.push(Input::Key(plain(by, esc == Esc::Waits))),
            // Nothing but `ESC [` came: a chord.
            State::Sequence { params, too_long: false } if params.is_empty() => {
                out.push(Input::Key(plain(b'[', true)));
            }
            State::Paste(paste) => {
                self.torn |= !paste.ended;
                out.push(Input::Paste(paste.text()));
            }
            _ => {}
        }
    }

    /// Takes one byte: the `first` of those that came together, or the `last`.
    fn step(&mut self, byte: u8, first: bool, last: bool, out: &mut Vec<Input>) {
        self.state = match std::mem::replace(&mut self.state, State::Ground) {
            State::Ground => ground(byte, false, out),
            State::Character { bytes, len, of, alt } => character(bytes, len, of, alt, byte, out),
            State::Escape { esc } => escape(byte, esc, out),
            State::Begun { by, esc } => begun(by, esc, byte, first, out),
            State::Sequence { params, too_long } => sequence(params, too_long, byte, out),
            State::LinuxFunction => {
                out.extend(keys::linux_function(byte).map(Input::Key));
                State::Ground
            }
            State::Mouse { left } if left > 1 => State::Mouse { left: left - 1 },
            State::Mouse { .. } => State::Ground,
            State::Text { escape } => text(escape, byte, out),
            // Typed, not pasted: nothing follows it. What was pasted is dropped.
            State::Paste(_) if byte == CTRL_C && last => {
                self.torn = true;
                ground(byte, false, out)
            }
            State::Paste(mut paste) => {
                paste.take(byte);
                State::Paste(paste)
            }
        };
    }
}

/// A byte that is a key after all.
fn plain(byte: u8, alt: bool) -> KeyEvent {
    let mut key = keys::typed(char::from(byte));
    if alt {
        key.modifiers |= KeyModifiers::ALT;
    }
    key
}

fn ground(byte: u8, alt: bool, out: &mut Vec<Input>) -> State {
    let of = match byte {
        ESC => return State::Escape { esc: Esc::Waits },
        0x00..0x20 | 0x7f => {
            let mut key = keys::control(byte);
            if alt {
                key.modifiers |= KeyModifiers::ALT;
            }
            out.push(Input::Key(key));
            return State::Ground;
        }
        0x20..0x7f => {
            out.push(Input::Key(plain(byte, alt)));
            return State::Ground;
        }
        // The controls of eight bits are those of seven after Esc.
        0x80..0xa0 => return escape(byte - 0x40, Esc::Waits, &mut Vec::new()),
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return State::Ground,
    };
    State::Character { bytes: [byte, 0, 0, 0], len: 1, of, alt }
}

fn character(mut bytes: [u8; 4], len: usize, of: usize, alt: bool, byte: u8, out: &mut Vec<Input>) -> State {
    if !(0x80..0xc0).contains(&byte) {
        return ground(byte, false, out);
    }
    bytes[len] = byte;
    if len + 1 < of {
        return State::Character { bytes, len: len + 1, of, alt };
    }
    match std::str::from_utf8(&bytes[..of]).ok().and_then(|s| s.chars().next()) {
        Some(c @ '\u{80}'..'\u{a0}') => escape(c as u8 - 0x40, Esc::Waits, &mut Vec::new()),
        Some(c) => {
            let mut key = keys::typed(c);
            if alt {
                key.modifiers |= KeyModifiers::ALT;
            }
            out.push(Input::Key(key));
            State::Ground
        }
        None => State::Ground,
    }
}

fn escape(byte: u8, esc: Esc, out: &mut Vec<Input>) -> State {
    match (byte, esc) {
        (ESC, Esc::Waits) => {
            out.push(Input::Key(KeyCode::Esc.into()));
            State::Escape { esc: Esc::Waits }
        }
        (b'[', Esc::Waits) => State::Sequence { params: Vec::new(), too_long: false },
        (b']' | b'P' | b'_' | b'^' | b'X' | b'O', _) | (b'[', Esc::WasKey) => State::Begun { by: byte, esc },
        _ => ground(byte, esc == Esc::Waits, out),
    }
}

/// Whether a terminal's sequence that begins with `by` may go on with `byte`.
fn goes_on(by: u8, byte: u8) -> bool {
    match by {
        b'[' => {
            byte.is_ascii_digit() || matches!(byte, b'<'..=b'?' | b'A'..=b'D' | b'F' | b'H' | b'I' | b'M' | b'O' | b'Z')
        }
        b']' => byte.is_ascii_digit() || matches!(byte, b'l' | b'L'),
        b'P' => matches!(byte, b'!'..=b'?' | b'|'),
        b'_' => byte == b'G',
        b'O' => keys::ss3(byte).is_some(),
        _ => false,
    }
}

/// The byte after one that may begin a string. It was a chord, or a key of its own, where a string can't go on so.
fn begun(by: u8, esc: Esc, byte: u8, first: bool, out: &mut Vec<Input>) -> State {
    // No hand is so fast that both come together.
    let together = !first && esc == Esc::Waits;
    if !together && !goes_on(by, byte) {
        out.push(Input::Key(plain(by, esc == Esc::Waits)));
        return ground(byte, false, out);
    }
    match by {
        b'[' => sequence(Vec::new(), false, byte, out),
        b'O' => {
            out.extend(keys::ss3(byte).map(Input::Key));
            State::Ground
        }
        _ => text(false, byte, out),
    }
}

fn sequence(mut params: Vec<u8>, too_long: bool, byte: u8, out: &mut Vec<Input>) -> State {
    match byte {
        0x20..0x40 => {
            let full = params.len() == SEQUENCE_MAX;
            if !full {
                params.push(byte);
            }
            State::Sequence { params, too_long: too_long || full }
        }
        0x40..0x7f if too_long => State::Ground,
        b'[' if params.is_empty() => State::LinuxFunction,
        b'M' if params.is_empty() => State::Mouse { left: 3 },
        b'~' if params == b"200" => State::Paste(Paste::new(false)),
        0x40..0x7f => {
            out.extend(keys::csi(&params, byte).map(Input::Key));
            State::Ground
        }
        _ => ground(byte, false, out),
    }
}

fn text(escape: bool, byte: u8, out: &mut Vec<Input>) -> State {
    match byte {
        BEL => State::Ground,
        // It ends the string by itself, whether or not a backslash follows.
        ESC => State::Text { escape: true },
        b'\\' if escape => State::Ground,
        _ if escape => self::escape(byte, Esc::Waits, out),
        CTRL_C | CTRL_Z => ground(byte, false, out),
        CANCEL => State::Ground,
        _ => State::Text { escape: false },
    }
}
