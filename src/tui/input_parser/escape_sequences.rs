//! Events from the byte sequences that terminals send for keys and the mouse.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

/// Returns the key of a single byte below 0x20, or of DEL.
pub(super) fn control_key(byte: u8) -> KeyEvent {
    let ctrl = |c: char| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
    match byte {
        // Input typed before raw mode has line feeds.
        b'\r' | b'\n' => KeyCode::Enter.into(),
        b'\t' => KeyCode::Tab.into(),
        0x1b => KeyCode::Esc.into(),
        0x7f => KeyCode::Backspace.into(),
        0 => ctrl(' '),
        0x01..=0x1a => ctrl(char::from(byte - 1 + b'a')),
        _ => ctrl(char::from(byte.saturating_sub(0x1c) + b'4')),
    }
}

/// Returns the key that types `c`.
pub(super) fn char_key(c: char) -> KeyEvent {
    let shift = if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
    KeyEvent::new(KeyCode::Char(c), shift)
}

/// Returns the key of `ESC O` and `last`.
pub(super) fn ss3(last: u8) -> Option<KeyEvent> {
    let code = match last {
        b'M' => KeyCode::Enter,
        b'P'..=b'S' => KeyCode::F(last - b'P' + 1),
        _ => letter_key(last)?,
    };
    Some(code.into())
}

/// Returns the key of `ESC [ [` and `last`, on a Linux console.
pub(super) fn linux_function(last: u8) -> Option<KeyEvent> {
    (b'A'..=b'E').contains(&last).then(|| KeyCode::F(last - b'A' + 1).into())
}

fn letter_key(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'H' => KeyCode::Home,
        b'F' => KeyCode::End,
        _ => return None,
    })
}

/// Returns the key of a control sequence, `ESC [ params last`. `None` for anything that isn't a key: replies of the
/// terminal (also a cursor position, which looks like F3), mouse and focus reports, key releases.
pub(super) fn csi(params: &[u8], last: u8) -> Option<KeyEvent> {
    if !params.iter().all(|b| matches!(b, b'0'..=b'9' | b';' | b':')) {
        return None;
    }
    let params: Vec<Vec<u32>> = std::str::from_utf8(params)
        .ok()?
        .split(';')
        .map(|p| p.split(':').map(|n| n.parse().unwrap_or(0)).collect())
        .collect();
    let number = |at: usize| params.get(at).and_then(|p| p.first()).copied().unwrap_or(0);
    let modifiers = modifiers(params.get(1))?;
    let code = match last {
        b'~' if number(0) == 27 => return character(number(2), 0, modifiers),
        b'~' => tilde_key(number(0))?,
        b'u' => {
            let shifted = params.first().and_then(|p| p.get(1)).copied().unwrap_or(0);
            return character(number(0), shifted, modifiers);
        }
        // The first parameter of a key is absent, or 1 before its modifiers.
        _ if number(0) > 1 => return None,
        b'Z' => return Some(KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT)),
        b'P' => KeyCode::F(1),
        b'Q' => KeyCode::F(2),
        b'S' => KeyCode::F(4),
        _ => letter_key(last)?,
    };
    Some(KeyEvent::new(code, modifiers))
}

/// Returns the event of a mouse report, `ESC [ params M`, in the format that [`crate::tui::terminal`] asks for (SGR 1006).
/// `None` for other buttons, moves, and clicks with modifiers, which terminals and users use for other purposes.
pub(super) fn mouse(params: &[u8]) -> Option<MouseEvent> {
    let params = std::str::from_utf8(params.strip_prefix(b"<")?).ok()?;
    let mut numbers = params.split(';').map(str::parse::<u16>);
    let (Some(Ok(button)), Some(Ok(column)), Some(Ok(row)), None) =
        (numbers.next(), numbers.next(), numbers.next(), numbers.next())
    else {
        return None;
    };
    let kind = match button {
        0 => MouseEventKind::Down(MouseButton::Left),
        64 => MouseEventKind::ScrollUp,
        65 => MouseEventKind::ScrollDown,
        _ => return None,
    };
    // Terminals count from 1.
    Some(MouseEvent { kind, column: column.checked_sub(1)?, row: row.checked_sub(1)?, modifiers: KeyModifiers::NONE })
}

fn tilde_key(number: u32) -> Option<KeyCode> {
    let function = |n: u32| u8::try_from(n).ok().map(KeyCode::F);
    match number {
        1 | 7 => Some(KeyCode::Home),
        2 => Some(KeyCode::Insert),
        3 => Some(KeyCode::Delete),
        4 | 8 => Some(KeyCode::End),
        5 => Some(KeyCode::PageUp),
        6 => Some(KeyCode::PageDown),
        11..=15 => function(number - 10),
        17..=21 => function(number - 11),
        23..=24 => function(number - 12),
        _ => None,
    }
}

/// Returns the modifiers of a parameter. `None` if the event is a release, or a shortcut of the desktop.
fn modifiers(param: Option<&Vec<u32>>) -> Option<KeyModifiers> {
    const RELEASED: u32 = 3;
    const DESKTOP: u32 = 8 | 16 | 32;
    let part = |at: usize| param.and_then(|p| p.get(at)).copied().unwrap_or(0);
    let mask = part(0).saturating_sub(1);
    if part(1) == RELEASED || mask & DESKTOP != 0 {
        return None;
    }
    let mut modifiers = KeyModifiers::NONE;
    for (bit, modifier) in [(1, KeyModifiers::SHIFT), (2, KeyModifiers::ALT), (4, KeyModifiers::CONTROL)] {
        if mask & bit != 0 {
            modifiers |= modifier;
        }
    }
    Some(modifiers)
}

/// Returns the key of a character code, as sent by keyboards that report all keys as sequences.
fn character(number: u32, shifted: u32, modifiers: KeyModifiers) -> Option<KeyEvent> {
    let code = match number {
        9 if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        9 => KeyCode::Tab,
        13 | 57414 => KeyCode::Enter,
        27 => KeyCode::Esc,
        8 | 127 => KeyCode::Backspace,
        // Keys that type nothing have codes in a private-use area.
        0..32 | 57344..=63743 => return None,
        _ => {
            let c = char::from_u32(number)?;
            let shift = modifiers.contains(KeyModifiers::SHIFT);
            let upper = char::from_u32(shifted).filter(|_| shifted >= 32).unwrap_or(c.to_ascii_uppercase());
            KeyCode::Char(if shift { upper } else { c })
        }
    };
    Some(KeyEvent::new(code, modifiers))
}

/// Returns the colour in a terminal's answer about its background: `]11;rgb:1e1e/1e1e/1e1e`, with one to four digits a
/// part, or with a fourth part after `rgba:`.
pub(super) fn background(text: &[u8]) -> Option<[u8; 3]> {
    let colour = std::str::from_utf8(text).ok()?.strip_prefix("]11;")?;
    let parts = colour.strip_prefix("rgb:").or_else(|| colour.strip_prefix("rgba:"))?;
    let mut parts = parts.split('/').map(|digits| {
        let most = [0xf, 0xff, 0xfff, 0xffff].get(digits.len().checked_sub(1)?)?;
        let number = digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())??;
        u8::try_from(number * 255 / most).ok()
    });
    let mut next = || parts.next()?;
    Some([next()?, next()?, next()?])
}
