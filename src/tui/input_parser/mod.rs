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
mod paste;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent};
use zeroize::Zeroizing;

use paste::{BEGIN_MARK, END_MARK, Paste, PasteRest};

/// Maximum pause within a sequence of several bytes. An unfinished sequence ends then.
const SEQUENCE_TIMEOUT: Duration = Duration::from_secs(1);
/// Time that Esc waits for the rest of a sequence before it counts as a key.
const ESC_TIMEOUT: Duration = Duration::from_millis(50);
/// Time to wait after a byte that may continue a sequence whose Esc has already counted as a key.
const AFTER_ESC_TIMEOUT: Duration = Duration::from_millis(300);
/// Bytes that follow the end of a paste within this pause belong to the paste: the text contained an end mark.
const PASTE_TAIL_TIMEOUT: Duration = Duration::from_millis(50);
/// Silence after which Ctrl-C in a paste was typed, not pasted: the rest of a pasted text follows sooner.
const CTRL_C_TIMEOUT: Duration = Duration::from_millis(300);
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

/// Parser of a terminal's input.
#[derive(Debug)]
pub struct Parser {
    state: State,
    /// `None` if the last paste is complete.
    paste_rest: Option<PasteRest>,
}

impl Default for Parser {
    fn default() -> Self {
        Parser { state: State::Ground, paste_rest: None }
    }
}

impl Parser {
    /// Takes bytes that arrived together. `more` is set if further bytes are already available.
    pub fn feed(&mut self, burst: &[u8], more: bool, out: &mut Vec<Input>) {
        let is_between_keys = matches!(self.state, State::Ground | State::Escape { esc: EscState::Emitted });
        if is_between_keys {
            if self.is_rest_of_paste(burst, more) {
                self.state = State::Paste(Paste::new());
            } else if self.paste_rest == Some(PasteRest::AfterEndMark) {
                // Somebody types again.
                self.paste_rest = None;
            }
        }
        for (at, byte) in burst.iter().enumerate() {
            let first = at == 0;
            let last = at + 1 == burst.len() && !more;
            self.step(*byte, first, last, out);
        }
    }

    /// Returns `true` if `burst` belongs to a paste that a silence has ended. While its rest may arrive, only single keys are
    /// typed ones.
    fn is_rest_of_paste(&mut self, burst: &[u8], more: bool) -> bool {
        let find = |mark: &[u8]| burst.windows(mark.len()).position(|bytes| bytes == mark);
        match (find(BEGIN_MARK), find(END_MARK)) {
            (Some(begin), end) => {
                self.paste_rest = None;
                end.is_some_and(|end| end < begin)
            }
            (None, Some(_)) => self.paste_rest.is_some(),
            (None, None) => self.paste_rest.is_some() && (more || is_text(burst)),
        }
    }

    /// Returns how long to wait for more bytes; `None` = no limit.
    pub fn timeout(&self) -> Option<Duration> {
        match &self.state {
            State::Ground => self.paste_rest.map(PasteRest::timeout),
            State::Escape { esc: EscState::Pending } => Some(ESC_TIMEOUT),
            State::Introduced { esc: EscState::Emitted, .. } => Some(AFTER_ESC_TIMEOUT),
            State::Paste(paste) if paste.may_be_stopped => Some(CTRL_C_TIMEOUT),
            State::Paste(paste) if self.has_end_mark(paste) => Some(PASTE_TAIL_TIMEOUT),
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
            // The pasted text is dropped.
            State::Paste(paste) if paste.may_be_stopped => {
                self.paste_rest = Some(PasteRest::Delayed);
                self.state = ground(CTRL_C, false, out);
            }
            State::Paste(paste) => {
                let rest = if self.has_end_mark(&paste) { PasteRest::AfterEndMark } else { PasteRest::Delayed };
                self.paste_rest = Some(rest);
                out.push(Input::Paste(paste.into_text()));
            }
            State::Ground => self.paste_rest = None,
            _ => {}
        }
    }

    /// Returns `true` if the end mark of `paste` has arrived, with its text or with the part before.
    fn has_end_mark(&self, paste: &Paste) -> bool {
        paste.ended || self.paste_rest == Some(PasteRest::AfterEndMark)
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
            State::Paste(mut paste) => {
                if std::mem::take(&mut paste.may_be_stopped) {
                    paste.feed(CTRL_C);
                }
                if byte == CTRL_C && last {
                    paste.may_be_stopped = true;
                } else {
                    paste.feed(byte);
                }
                State::Paste(paste)
            }
        };
    }
}

/// Returns `true` if the bytes are several keys, and at least one of them is a character or Enter. Held arrows and turns of
/// the wheel may arrive together; typed characters rarely do.
fn is_text(bytes: &[u8]) -> bool {
    let (mut parser, mut out) = (Parser::default(), Vec::new());
    for (at, byte) in bytes.iter().enumerate() {
        parser.step(*byte, at == 0, false, &mut out);
    }
    let is_character =
        |input: &Input| matches!(input, Input::Key(key) if matches!(key.code, KeyCode::Char(_) | KeyCode::Enter));
    out.len() > 1 && out.iter().any(is_character)
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
        b'~' if params == b"200" => State::Paste(Paste::new()),
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
