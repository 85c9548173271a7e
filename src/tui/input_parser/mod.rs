//! Parser of the bytes that a terminal sends, into keys and pastes.
//!
//! A terminal sends more than keys: replies to queries of an earlier program, reports, pastes without an end. Each is
//! recognised by its form and dropped, whole or in pieces, so that none of it runs as keys. None of it may stop later
//! keys from working. The parser has no clock: [`Parser::timeout`] returns the time to wait for more bytes.
//! [`Parser::on_timeout`] handles their absence.
//!
//! ```text
//!   ground ── ESC ──► escape ── [ ──► control sequence ── 200~ ──► paste ── 201~, silence, Ctrl-C ──► ground
//!      ▲                │  └── ] P _ ^ X ──► string ── ST, BEL, silence, Ctrl-C, Ctrl-Z ──► ground
//!      └── Esc, Alt ────┘
//! ```

mod escape_sequences;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent};
use zeroize::Zeroizing;

/// Maximum pause within a sequence of several bytes. An unfinished sequence ends then.
const SEQUENCE_TIMEOUT: Duration = Duration::from_secs(1);
/// Time that Esc waits for the rest of a sequence before it counts as a key.
const ESC_TIMEOUT: Duration = Duration::from_millis(50);
/// Time to wait after a byte that may continue a sequence whose Esc has already counted as a key.
const AFTER_ESC_TIMEOUT: Duration = Duration::from_millis(300);
/// Bytes that follow the end of a paste within this pause belong to the paste: the text contained an end mark.
const PASTE_TAIL_TIMEOUT: Duration = Duration::from_millis(50);
/// Maximum number of bytes kept of a paste; no field takes as many.
const MAX_PASTE: usize = 65_536;
/// Maximum number of bytes kept of a control sequence; no key has as many.
const MAX_SEQUENCE: usize = 32;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
const CTRL_C: u8 = 0x03;
const CTRL_Z: u8 = 0x1a;
const CANCEL: u8 = 0x18;

/// An event from the terminal.
#[derive(Debug, PartialEq, Eq)]
pub enum Input {
    Key(KeyEvent),
    /// A press of the left button, or a turn of the wheel.
    Mouse(MouseEvent),
    /// The terminal's answer with the colour of its background.
    Background([u8; 3]),
    Paste(Zeroizing<String>),
}

#[derive(Debug)]
enum State {
    Ground,
    /// Inside a character of several bytes.
    Character {
        bytes: [u8; 4],
        len: usize,
        total: usize,
        alt: bool,
    },
    /// After Esc.
    Escape {
        esc: EscState,
    },
    /// After a byte that may begin a string (or a sequence whose Esc counted as a key), with nothing further received.
    Introduced {
        introducer: u8,
        esc: EscState,
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
    /// Inside a string from the terminal, of which the beginning is kept; `escape` after an Esc in the string.
    Text {
        kept: Vec<u8>,
        escape: bool,
    },
    Paste(Paste),
}

/// The status of the preceding Esc.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EscState {
    Pending,
    /// The Esc has counted as a key.
    Emitted,
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
const BEGIN_MARK: &[u8] = b"\x1b[200~";
const END_MARK: &[u8] = b"\x1b[201~";

impl Paste {
    fn new(ended: bool) -> Self {
        // Allocated once, so that growing leaves no copy of a pasted password behind.
        Paste { text: Zeroizing::new(Vec::with_capacity(MAX_PASTE)), mark: 0, ended }
    }

    fn push(&mut self, byte: u8) {
        if self.text.len() < MAX_PASTE {
            self.text.push(byte);
        }
    }

    /// Takes a byte. Marks are never part of the text, wherever they occur.
    fn feed(&mut self, byte: u8) {
        let continues = BEGIN_MARK.get(self.mark) == Some(&byte) || END_MARK.get(self.mark) == Some(&byte);
        if !continues {
            for byte in &BEGIN_MARK[..std::mem::take(&mut self.mark)] {
                self.push(*byte);
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

    fn into_text(self) -> Zeroizing<String> {
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
    /// `true` if a paste ended without its end mark. The rest of the paste may still arrive.
    paste_interrupted: bool,
}

impl Default for Parser {
    fn default() -> Self {
        Parser { state: State::Ground, paste_interrupted: false }
    }
}

impl Parser {
    /// Takes bytes that arrived together. `more` is set if further bytes are already available.
    pub fn feed(&mut self, burst: &[u8], more: bool, out: &mut Vec<Input>) {
        let mut rest = burst;
        if self.paste_interrupted
            && matches!(self.state, State::Ground)
            && let Some(at) = burst.windows(END_MARK.len()).position(|w| w == END_MARK)
        {
            self.paste_interrupted = false;
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
    pub fn timeout(&self) -> Option<Duration> {
        match &self.state {
            State::Ground => None,
            State::Escape { esc: EscState::Pending } => Some(ESC_TIMEOUT),
            State::Introduced { esc: EscState::Emitted, .. } => Some(AFTER_ESC_TIMEOUT),
            State::Paste(paste) if paste.ended => Some(PASTE_TAIL_TIMEOUT),
            _ => Some(SEQUENCE_TIMEOUT),
        }
    }

    /// Handles a silence as long as [`Parser::timeout`].
    pub fn on_timeout(&mut self, out: &mut Vec<Input>) {
        match std::mem::replace(&mut self.state, State::Ground) {
            State::Escape { esc: EscState::Pending } => {
                out.push(Input::Key(KeyCode::Esc.into()));
                self.state = State::Escape { esc: EscState::Emitted };
            }
            State::Introduced { introducer, esc } => {
                out.push(Input::Key(byte_key(introducer, esc == EscState::Pending)))
            }
            // Only `ESC [` came: Alt with `[`.
            State::Sequence { params, too_long: false } if params.is_empty() => {
                out.push(Input::Key(byte_key(b'[', true)));
            }
            State::Paste(paste) => {
                self.paste_interrupted |= !paste.ended;
                out.push(Input::Paste(paste.into_text()));
            }
            _ => {}
        }
    }

    /// Takes one byte: `first` or `last` of the bytes that arrived together.
    fn step(&mut self, byte: u8, first: bool, last: bool, out: &mut Vec<Input>) {
        self.state = match std::mem::replace(&mut self.state, State::Ground) {
            State::Ground => ground(byte, false, out),
            State::Character { bytes, len, total: of, alt } => character(bytes, len, of, alt, byte, out),
            State::Escape { esc } => escape(byte, esc, out),
            State::Introduced { introducer, esc } => introduced(introducer, esc, byte, first, out),
            State::Sequence { params, too_long } => sequence(params, too_long, byte, out),
            State::LinuxFunction => {
                out.extend(escape_sequences::linux_function(byte).map(Input::Key));
                State::Ground
            }
            State::Mouse { left } if left > 1 => State::Mouse { left: left - 1 },
            State::Mouse { .. } => State::Ground,
            State::Text { kept, escape } => text(kept, escape, byte, out),
            // Ctrl-C was typed, not pasted, because nothing follows it. The pasted text is dropped.
            State::Paste(_) if byte == CTRL_C && last => {
                self.paste_interrupted = true;
                ground(byte, false, out)
            }
            State::Paste(mut paste) => {
                paste.feed(byte);
                State::Paste(paste)
            }
        };
    }
}

/// Returns the key of a byte that turned out not to begin a sequence.
fn byte_key(byte: u8, alt: bool) -> KeyEvent {
    let mut key = escape_sequences::char_key(char::from(byte));
    if alt {
        key.modifiers |= KeyModifiers::ALT;
    }
    key
}

fn ground(byte: u8, alt: bool, out: &mut Vec<Input>) -> State {
    let of = match byte {
        ESC => return State::Escape { esc: EscState::Pending },
        0x00..0x20 | 0x7f => {
            let mut key = escape_sequences::control_key(byte);
            if alt {
                key.modifiers |= KeyModifiers::ALT;
            }
            out.push(Input::Key(key));
            return State::Ground;
        }
        0x20..0x7f => {
            out.push(Input::Key(byte_key(byte, alt)));
            return State::Ground;
        }
        // 8-bit controls equal the 7-bit ones after Esc.
        0x80..0xa0 => return escape(byte - 0x40, EscState::Pending, &mut Vec::new()),
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return State::Ground,
    };
    State::Character { bytes: [byte, 0, 0, 0], len: 1, total: of, alt }
}

fn character(mut bytes: [u8; 4], len: usize, of: usize, alt: bool, byte: u8, out: &mut Vec<Input>) -> State {
    if !(0x80..0xc0).contains(&byte) {
        return ground(byte, false, out);
    }
    bytes[len] = byte;
    if len + 1 < of {
        return State::Character { bytes, len: len + 1, total: of, alt };
    }
    match std::str::from_utf8(&bytes[..of]).ok().and_then(|s| s.chars().next()) {
        Some(c @ '\u{80}'..'\u{a0}') => escape(c as u8 - 0x40, EscState::Pending, &mut Vec::new()),
        Some(c) => {
            let mut key = escape_sequences::char_key(c);
            if alt {
                key.modifiers |= KeyModifiers::ALT;
            }
            out.push(Input::Key(key));
            State::Ground
        }
        None => State::Ground,
    }
}

fn escape(byte: u8, esc: EscState, out: &mut Vec<Input>) -> State {
    match (byte, esc) {
        (ESC, EscState::Pending) => {
            out.push(Input::Key(KeyCode::Esc.into()));
            State::Escape { esc: EscState::Pending }
        }
        (b'[', EscState::Pending) => State::Sequence { params: Vec::new(), too_long: false },
        (b']' | b'P' | b'_' | b'^' | b'X' | b'O', _) | (b'[', EscState::Emitted) => {
            State::Introduced { introducer: byte, esc }
        }
        _ => ground(byte, esc == EscState::Pending, out),
    }
}

/// Returns `true` if a terminal sequence that begins with `introducer` may continue with `byte`.
fn can_follow(introducer: u8, byte: u8) -> bool {
    match introducer {
        b'[' => {
            byte.is_ascii_digit() || matches!(byte, b'<'..=b'?' | b'A'..=b'D' | b'F' | b'H' | b'I' | b'M' | b'O' | b'Z')
        }
        b']' => byte.is_ascii_digit() || matches!(byte, b'l' | b'L'),
        b'P' => matches!(byte, b'!'..=b'?' | b'|'),
        b'_' => byte == b'G',
        b'O' => escape_sequences::ss3(byte).is_some(),
        _ => false,
    }
}

/// Handles the byte after a byte that may begin a string. If the string can't continue with this byte, the first byte
/// was a key, or a key with Alt.
fn introduced(introducer: u8, esc: EscState, byte: u8, first: bool, out: &mut Vec<Input>) -> State {
    // Typed keys never arrive together.
    let together = !first && esc == EscState::Pending;
    if !together && !can_follow(introducer, byte) {
        out.push(Input::Key(byte_key(introducer, esc == EscState::Pending)));
        return ground(byte, false, out);
    }
    match introducer {
        b'[' => sequence(Vec::new(), false, byte, out),
        b'O' => {
            out.extend(escape_sequences::ss3(byte).map(Input::Key));
            State::Ground
        }
        _ => text(vec![introducer], false, byte, out),
    }
}

fn sequence(mut params: Vec<u8>, too_long: bool, byte: u8, out: &mut Vec<Input>) -> State {
    match byte {
        0x20..0x40 => {
            let full = params.len() == MAX_SEQUENCE;
            if !full {
                params.push(byte);
            }
            State::Sequence { params, too_long: too_long || full }
        }
        0x40..0x7f if too_long => State::Ground,
        b'[' if params.is_empty() => State::LinuxFunction,
        b'M' if params.is_empty() => State::Mouse { left: 3 },
        b'~' if params == b"200" => State::Paste(Paste::new(false)),
        b'M' if params.first() == Some(&b'<') => {
            out.extend(escape_sequences::mouse(&params).map(Input::Mouse));
            State::Ground
        }
        0x40..0x7f => {
            out.extend(escape_sequences::csi(&params, byte).map(Input::Key));
            State::Ground
        }
        _ => ground(byte, false, out),
    }
}

fn text(mut kept: Vec<u8>, escape: bool, byte: u8, out: &mut Vec<Input>) -> State {
    match byte {
        // Esc ends the string by itself, with or without a backslash after it.
        BEL | ESC if !escape => {
            out.extend(escape_sequences::background(&kept).map(Input::Background));
            if byte == BEL { State::Ground } else { State::Text { kept: Vec::new(), escape: true } }
        }
        BEL | b'\\' if escape => State::Ground,
        ESC => State::Text { kept, escape: true },
        _ if escape => self::escape(byte, EscState::Pending, out),
        CTRL_C | CTRL_Z => ground(byte, false, out),
        CANCEL => State::Ground,
        _ => {
            if kept.len() < MAX_SEQUENCE {
                kept.push(byte);
            }
            State::Text { kept, escape: false }
        }
    }
}
