//! Parser of the bytes that a terminal sends, into keys and pastes.
//!
//! A terminal sends more than keys: replies to queries of an earlier program, reports, pastes without an end. Each is
//! recognised by its form and dropped, whole or in pieces, so that none of it runs as keys. None of it may stop later
//! keys from working. The parser has no clock: [`Parser::patience`] says how long to wait for more bytes, and
//! [`Parser::quiet`] reports that none came.
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

/// Maximum pause within a sequence of several bytes. An unfinished sequence ends then.
const SILENCE: Duration = Duration::from_secs(1);
/// Time that Esc waits for the rest of a sequence before it counts as a key.
const ESC_WAIT: Duration = Duration::from_millis(50);
/// Time to wait after a byte that may continue a sequence whose Esc has already counted as a key.
const HELD: Duration = Duration::from_millis(300);
/// Bytes that follow the end of a paste within this pause belong to the paste: the text contained an end mark.
const TAIL: Duration = Duration::from_millis(50);
/// Maximum number of bytes kept of a paste; no field takes as many.
const PASTE_MAX: usize = 65_536;
/// Maximum number of bytes kept of a control sequence; no key has as many.
const SEQUENCE_MAX: usize = 32;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
const CTRL_C: u8 = 0x03;
const CTRL_Z: u8 = 0x1a;
const CANCEL: u8 = 0x18;

/// An event from the terminal.
#[derive(Debug, PartialEq, Eq)]
pub enum Input {
    /// A pressed key.
    Key(KeyEvent),
    /// Pasted text.
    Paste(Zeroizing<String>),
}

/// State of the parser.
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
    /// After a byte that may begin a string (or a sequence whose Esc counted as a key), with nothing further received.
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
    /// Inside a mouse report of the old format.
    Mouse {
        left: u8,
    },
    /// Inside a string from the terminal; `escape` after an Esc in the string.
    Text {
        escape: bool,
    },
    Paste(Paste),
}

/// The status of the preceding Esc.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Esc {
    Waits,
    /// The Esc has counted as a key.
    WasKey,
}

/// Text being pasted.
#[derive(Debug)]
struct Paste {
    text: Zeroizing<Vec<u8>>,
    /// Number of bytes of a mark received so far.
    mark: usize,
    /// `true` once the end mark was received.
    ended: bool,
}

/// The begin mark. The end mark has `1` instead of the last `0`.
const MARK: &[u8] = b"\x1b[200~";
const END_MARK: &[u8] = b"\x1b[201~";

impl Paste {
    fn new(ended: bool) -> Self {
        // Allocated once, so that growing leaves no copy of a pasted password behind.
        Paste { text: Zeroizing::new(Vec::with_capacity(PASTE_MAX)), mark: 0, ended }
    }

    fn push(&mut self, byte: u8) {
        if self.text.len() < PASTE_MAX {
            self.text.push(byte);
        }
    }

    /// Takes a byte. Marks are never part of the text, wherever they occur.
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
        // Only the second last byte differs between the two marks.
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

/// Parser of a terminal's input.
#[derive(Debug)]
pub struct Parser {
    state: State,
    /// `true` if a paste ended without its mark. Its rest may still come.
    torn: bool,
}

impl Default for Parser {
    fn default() -> Self {
        Parser { state: State::Ground, torn: false }
    }
}

impl Parser {
    /// Takes bytes that arrived together. `more` says that further bytes are already available.
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

    /// Returns how long to wait for more bytes; `None` = no limit.
    pub fn patience(&self) -> Option<Duration> {
        match &self.state {
            State::Ground => None,
            State::Escape { esc: Esc::Waits } => Some(ESC_WAIT),
            State::Begun { esc: Esc::WasKey, .. } => Some(HELD),
            State::Paste(paste) if paste.ended => Some(TAIL),
            _ => Some(SILENCE),
        }
    }

    /// Handles a silence as long as [`Parser::patience`].
    pub fn quiet(&mut self, out: &mut Vec<Input>) {
        match std::mem::replace(&mut self.state, State::Ground) {
            State::Escape { esc: Esc::Waits } => {
                out.push(Input::Key(KeyCode::Esc.into()));
                self.state = State::Escape { esc: Esc::WasKey };
            }
            State::Begun { by, esc } => out.push(Input::Key(plain(by, esc == Esc::Waits))),
            // Only `ESC [` came: Alt with `[`.
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

    /// Takes one byte: `first` or `last` of the bytes that arrived together.
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
            // Ctrl-C was typed, not pasted, because nothing follows it. The pasted text is dropped.
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

/// Returns the key of a byte that turned out not to begin a sequence.
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
        // 8-bit controls equal the 7-bit ones after Esc.
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

/// `true` if a terminal sequence that begins with `credential` may continue with `byte`.
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

/// Handles the byte after one that may begin a string. If the string can't continue with this byte, the first byte was
/// a key, or a key with Alt.
fn begun(by: u8, esc: Esc, byte: u8, first: bool, out: &mut Vec<Input>) -> State {
    // Nobody types so fast that both bytes arrive together.
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
        // Esc ends the string by itself, with or without a backslash after it.
        ESC => State::Text { escape: true },
        b'\\' if escape => State::Ground,
        _ if escape => self::escape(byte, Esc::Waits, out),
        CTRL_C | CTRL_Z => ground(byte, false, out),
        CANCEL => State::Ground,
        _ => State::Text { escape: false },
    }
}
