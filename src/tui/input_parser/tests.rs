use crossterm::event::{MouseButton, MouseEventKind};
use proptest::prelude::*;

use super::paste::MAX_PASTE;
use super::*;

/// Parses bytes that arrive in bursts, each followed by a pause.
fn bursts(bursts: &[(&[u8], u64)]) -> Vec<Input> {
    let (mut parser, mut out) = (Parser::default(), Vec::new());
    for (bytes, pause) in bursts {
        parser.feed(bytes, false, &mut out);
        let mut left = Duration::from_millis(*pause);
        while let Some(patience) = parser.timeout().filter(|p| *p <= left) {
            parser.on_timeout(&mut out);
            left -= patience;
        }
    }
    out
}

/// Parses bytes that arrive at once, followed by a long pause.
fn all(bytes: &[u8]) -> Vec<Input> {
    bursts(&[(bytes, 5_000)])
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Input {
    Input::Key(KeyEvent::new(code, modifiers))
}

fn letter(c: char) -> Input {
    Input::Key(escape_sequences::char_key(c))
}

fn paste(text: &str) -> Input {
    Input::Paste(Zeroizing::new(text.to_owned()))
}

/// Returns what is not the colour of the background.
fn typed(inputs: Vec<Input>) -> Vec<Input> {
    inputs.into_iter().filter(|input| !matches!(input, Input::Background(_))).collect()
}

/// Replies of terminals: identity, colours, clipboard, modes, size, cursor, keyboard, graphics.
const REPLIES: &[&[u8]] = &[
    b"\x1bP>|xterm(370)\x1b\\",
    b"\x1bP>|WezTerm 20240203-110809-5046fc22\x1b\\",
    b"\x1bP>|iTerm2 3.5d\x07",
    b"\x1bP!|00000000\x1b\\",
    b"\x1bP1$r0;4m\x1b\\",
    b"\x1bP1+r544e=787465726d\x1b\\",
    b"\x1b]11;rgb:0000/0000/0000\x1b\\",
    b"\x1b]10;rgb:ffff/ffff/ffff\x07",
    b"\x1b]4;1;rgb:cdcd/0000/0000\x1b\\",
    b"\x1b]52;c;dGVzdA==\x07",
    b"\x1b]52;c;\x1b\\",
    b"\x1b]lxrn title\x1b\\",
    b"\x1b_Gi=31;OK\x1b\\",
    b"\x1b[>0;276;0c",
    b"\x1b[?62;1;2;6;9;15;22c",
    b"\x1b[?2026;2$y",
    b"\x1b[4;1$y",
    b"\x1b[?1u",
    b"\x1b[24;80R",
    b"\x1b[1;1R",
    b"\x1b[8;24;80t",
    b"\x1b[0n",
    b"\x1b[I\x1b[O",
    b"\x1b[<35;10;20M\x1b[<0;10;20m",
    b"\x1b[M !!",
    b"\x1b[201~",
    b"\x9d11;rgb:0000/0000/0000\x07",
    b"\xc2\x9b?62c",
];

#[test]
fn replies_are_no_keys_whole_or_in_two_pieces() {
    for reply in REPLIES {
        assert_eq!(typed(all(reply)), [], "{reply:?}");
        let key = typed(all(&[reply, b"x".as_slice()].concat()));
        assert_eq!(key, [letter('x')], "after {reply:?}");
        for at in 1..reply.len() {
            let (head, tail) = reply.split_at(at);
            assert_eq!(typed(bursts(&[(head, 10), (tail, 5_000)])), [], "{reply:?} split at {at}");
            // The pause may be long enough for Esc to count as a key, but for nothing else.
            let slow = typed(bursts(&[(head, 200), (tail, 5_000)]));
            assert!(slow.iter().all(|input| *input == key_esc()), "{reply:?} split at {at}: {slow:?}");
        }
    }
}

fn key_esc() -> Input {
    key(KeyCode::Esc, KeyModifiers::NONE)
}

#[test]
fn replies_are_no_keys_byte_by_byte() {
    for reply in REPLIES.iter().filter(|r| r[0] == ESC) {
        for pause in [1, 20, 100, 250] {
            let pieces: Vec<(&[u8], u64)> = reply.chunks(1).map(|byte| (byte, pause)).collect();
            let got = typed(bursts(&pieces));
            assert!(got.iter().all(|input| *input == key_esc()), "{reply:?}, {pause} ms: {got:?}");
        }
    }
}

#[test]
fn replies_without_an_end_hold_no_key_back_for_long() {
    for reply in REPLIES {
        for cut in 2..reply.len() {
            for later in [b"?".as_slice(), b"\x03", b"\x1a"] {
                let got = bursts(&[(&reply[..cut], 3_000), (later, 3_000)]);
                assert_eq!(got.last(), all(later).last(), "{reply:?} cut at {cut}");
            }
        }
    }
    // Also without waiting for the silence.
    for last in [CTRL_C, CTRL_Z] {
        assert_eq!(bursts(&[(b"\x1b]11;rgb:", 0), (&[last], 0)]), [Input::Key(escape_sequences::control_key(last))]);
    }
}

#[test]
fn escape_is_a_key_after_a_moment_and_a_chord_at_once() {
    assert_eq!(bursts(&[(b"\x1b", 49)]), []);
    assert_eq!(bursts(&[(b"\x1b", 50)]), [key_esc()]);
    assert_eq!(bursts(&[(b"\x1b\x1b", 50)]), [key_esc(), key_esc()]);
    assert_eq!(bursts(&[(b"\x1b", 60), (b"\x1b", 60)]), [key_esc(), key_esc()]);
    assert_eq!(bursts(&[(b"\x1b", 60), (b"q", 0)]), [key_esc(), letter('q')]);
    assert_eq!(bursts(&[(b"\x1b", 60), (b"P", 300)]), [key_esc(), letter('P')]);
    assert_eq!(bursts(&[(b"\x1b", 60), (b"P", 10), (b"a", 0)]), [key_esc(), letter('P'), letter('a')]);
    assert_eq!(all(b"\x1bb"), [key(KeyCode::Char('b'), KeyModifiers::ALT)]);
    assert_eq!(bursts(&[(b"\x1b", 10), (b"f", 0)]), [key(KeyCode::Char('f'), KeyModifiers::ALT)]);
    assert_eq!(all("\x1bé".as_bytes()), [key(KeyCode::Char('é'), KeyModifiers::ALT)]);
    for c in "[]^".chars() {
        assert_eq!(all(format!("\x1b{c}").as_bytes()), [key(KeyCode::Char(c), KeyModifiers::ALT)]);
    }
    let shifted = KeyModifiers::ALT | KeyModifiers::SHIFT;
    assert_eq!(bursts(&[(b"\x1bP", 200), (b"a", 0)]), [key(KeyCode::Char('P'), shifted), letter('a')]);
}

#[test]
fn keys_of_several_bytes() {
    let none = KeyModifiers::NONE;
    let ctrl = KeyModifiers::CONTROL;
    for (bytes, code, modifiers) in [
        ("\x1b[A", KeyCode::Up, none),
        ("\x1bOB", KeyCode::Down, none),
        ("\x1b[1;5C", KeyCode::Right, ctrl),
        ("\x1b[1;2D", KeyCode::Left, KeyModifiers::SHIFT),
        ("\x1b[H", KeyCode::Home, none),
        ("\x1b[4~", KeyCode::End, none),
        ("\x1bOF", KeyCode::End, none),
        ("\x1b[3~", KeyCode::Delete, none),
        ("\x1b[5~", KeyCode::PageUp, none),
        ("\x1b[6;5~", KeyCode::PageDown, ctrl),
        ("\x1b[Z", KeyCode::BackTab, KeyModifiers::SHIFT),
        ("\x1bOP", KeyCode::F(1), none),
        ("\x1b[15~", KeyCode::F(5), none),
        ("\x1b[24~", KeyCode::F(12), none),
        ("\x1b[[B", KeyCode::F(2), none),
        ("\x1b[99;5u", KeyCode::Char('c'), ctrl),
        ("\x1b[27u", KeyCode::Esc, none),
        ("\x1b[97;2u", KeyCode::Char('A'), KeyModifiers::SHIFT),
        ("\x1b[27;5;120~", KeyCode::Char('x'), ctrl),
        ("\r", KeyCode::Enter, none),
        ("\n", KeyCode::Enter, none),
        ("\x7f", KeyCode::Backspace, none),
        ("\t", KeyCode::Tab, none),
        ("\0", KeyCode::Char(' '), ctrl),
        ("\x1f", KeyCode::Char('7'), ctrl),
        ("é", KeyCode::Char('é'), none),
        ("漢", KeyCode::Char('漢'), none),
        ("😀", KeyCode::Char('😀'), none),
        ("G", KeyCode::Char('G'), KeyModifiers::SHIFT),
    ] {
        assert_eq!(all(bytes.as_bytes()), [key(code, modifiers)], "{bytes:?}");
    }
    // A key release is not a key, nor is a shortcut of the desktop.
    assert_eq!(all(b"\x1b[99;5:3u\x1b[120;9u"), []);
}

#[test]
fn paste_ends_by_its_mark() {
    assert_eq!(all(b"\x1b[200~a b\r\nc\x1b[201~"), [paste("a b\r\nc")]);
    assert_eq!(bursts(&[(b"\x1b[200~a\x1b[201~", 50), (b"x", 0)]), [paste("a"), letter('x')]);
    assert_eq!(all(b"\x1b[200~\x1b[2J\x1b[20x\x1b[201~"), [paste("\x1b[2J\x1b[20x")]);
    assert_eq!(all("\x1b[200~é\x1b[201~".as_bytes()), [paste("é")]);
    assert_eq!(all(b"\x1b[200~\xff\x1b[201~"), [paste("\u{fffd}")]);
}

#[test]
fn text_after_an_end_mark_in_a_paste_is_pasted() {
    assert_eq!(all(b"\x1b[200~a\x1b[201~y\r\x1b[201~"), [paste("ay\r")]);
    assert_eq!(all(b"\x1b[200~a\x1b[201~xdy\r"), [paste("axdy\r")]);
    let pieces: &[(&[u8], u64)] = &[(b"\x1b[200~a\x1b[20", 30), (b"1~", 30), (b"y\r", 30), (b"\x1b[201~", 100)];
    assert_eq!(bursts(pieces), [paste("ay\r")]);
}

#[test]
fn paste_without_an_end_ends_after_a_silence_or_by_control_c() {
    let control_c = || key(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(bursts(&[(b"\x1b[200~hello", 999)]), []);
    assert_eq!(bursts(&[(b"\x1b[200~hello", 1_000), (b"?", 0)]), [paste("hello"), letter('?')]);
    assert_eq!(bursts(&[(b"\x1b[200~hello", 100), (b"\x03", 300)]), [control_c()]);
    // A Ctrl-C in the middle was pasted, also if the paste pauses there.
    assert_eq!(all(b"\x1b[200~a\x03xy\x1b[201~"), [paste("a\x03xy")]);
    let pieces: &[(&[u8], u64)] = &[(b"\x1b[200~a\x03", 299), (b"\rx\x03", 200), (b"\x1b[201~", 100)];
    assert_eq!(bursts(pieces), [paste("a\x03\rx\x03")]);
}

/// What arrives after a silence never runs as keys.
#[test]
fn rest_of_a_paste_is_pasted() {
    let rest = |pieces: &[(&[u8], u64)]| bursts(&[&[(b"\x1b[200~a".as_slice(), 2_000)], pieces].concat());
    assert_eq!(
        rest(&[(b"xy\r\x1b[201~", 1_100), (b"z\r", 0)])[1..],
        [paste("xy\r"), letter('z'), key(KeyCode::Enter, KeyModifiers::NONE)]
    );
    assert_eq!(rest(&[(b"d\r", 300), (b"more\x1b[201~", 100)])[1..], [paste("d\rmore")]);
    assert_eq!(
        rest(&[(b"d\r", 2_000), (b"d\r", 2_000), (b"\x1b[201~", 100)])[1..],
        [paste("d\r"), paste("d\r"), paste("")]
    );
    assert_eq!(rest(&[(b"\x1b", 100), (b"d\r", 2_000)])[1..], [key_esc(), paste("d\r")]);
    // Single keys act meanwhile, and the next paste is whole.
    assert_eq!(rest(&[(b"j", 10), (b"\x1b[B", 100)])[1..], [letter('j'), key(KeyCode::Down, KeyModifiers::NONE)]);
    assert_eq!(rest(&[(b"\x15", 10), (b"\x1b[200~b\x1b[201~", 100)])[2..], [paste("b")]);
    // The text contained an end mark, and arrived in pieces.
    let pieces: &[(&[u8], u64)] = &[(b"\x1b[200~a\x1b[201~", 90), (b"d\r", 90), (b"x\x1b[201~", 1_100), (b"jj", 0)];
    assert_eq!(bursts(pieces), [paste("a"), paste("d\r"), paste("x"), letter('j'), letter('j')]);
    // Keys that are typed soon after a paste.
    let down = || key(KeyCode::Down, KeyModifiers::NONE);
    let pieces: &[(&[u8], u64)] = &[(b"\x1b[200~a\x1b[201~", 300), (b"\x1b[B\x1b[B", 10), (b"xy", 0)];
    assert_eq!(bursts(pieces), [paste("a"), down(), down(), letter('x'), letter('y')]);
    // A paste that never ends is forgotten.
    assert_eq!(rest(&[(b"", 30_000), (b"jj", 0)])[1..], [letter('j'), letter('j')]);
}

#[test]
fn presses_and_the_wheel_are_reported_and_nothing_else_of_the_mouse() {
    let at = |kind| Input::Mouse(MouseEvent { kind, column: 9, row: 19, modifiers: KeyModifiers::NONE });
    assert_eq!(all(b"\x1b[<0;10;20M"), [at(MouseEventKind::Down(MouseButton::Left))]);
    assert_eq!(all(b"\x1b[<64;10;20M\x1b[<65;10;20M"), [at(MouseEventKind::ScrollUp), at(MouseEventKind::ScrollDown)]);
    let others: [&[u8]; 9] = [
        b"\x1b[<0;10;20m",
        b"\x1b[<1;10;20M",
        b"\x1b[<2;10;20M",
        b"\x1b[<32;10;20M",
        b"\x1b[<4;10;20M",
        b"\x1b[<0;0;20M",
        b"\x1b[<0;99999;20M",
        b"\x1b[<0;10M",
        b"\x1b[<0;10;20;5M",
    ];
    for other in others {
        assert_eq!(all(&[other, b"x"].concat()), [letter('x')], "{other:?}");
    }
    assert_eq!(all(b"\x1b[200~\x1b[<0;10;20M\x1b[201~"), [paste("\x1b[<0;10;20M")]);
}

#[test]
fn paste_is_bounded() {
    let mut parser = Parser::default();
    let mut out = Vec::new();
    parser.feed(b"\x1b[200~", true, &mut out);
    for _ in 0..100 {
        parser.feed(&[b'a'; 4096], true, &mut out);
    }
    parser.feed(END_MARK, false, &mut out);
    parser.on_timeout(&mut out);
    assert!(matches!(&out[..], [Input::Paste(text)] if text.len() == MAX_PASTE));
}

/// Generates pieces of terminal input.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::sample::select(REPLIES).prop_map(<[u8]>::to_vec),
        proptest::sample::select(vec![
            b"x".as_slice(),
            b"\x1b[A",
            b"\x1bOB",
            b"\x1b[3~",
            b"\x1b[1;5C",
            b"\x1b[99;5u",
            "é漢😀".as_bytes(),
            b"\x1bb",
            b"\r",
        ])
        .prop_map(<[u8]>::to_vec),
    ]
}

proptest! {
    /// Splitting input that has no pauses doesn't change its meaning.
    #[test]
    fn splits_change_nothing(pieces in prop::collection::vec(piece(), 1..12), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8)) {
        let bytes = pieces.concat();
        let mut at: Vec<usize> = cuts.iter().map(|i| i.index(bytes.len())).chain([0, bytes.len()]).collect();
        at.sort_unstable();
        let mut split: Vec<(&[u8], u64)> = at.windows(2).map(|w| (&bytes[w[0]..w[1]], 0)).collect();
        split.push((b"", 5_000));
        prop_assert_eq!(bursts(&split), all(&bytes));
    }

    /// No input blocks the keyboard: after three seconds of silence the next key works.
    #[test]
    fn nothing_kills_the_keyboard(bytes in prop::collection::vec(prop_oneof![Just(ESC), Just(b'['), Just(b']'), Just(b'P'), Just(b'~'), any::<u8>()], 0..64), cut in any::<prop::sample::Index>()) {
        let at = cut.index(bytes.len() + 1);
        let got = bursts(&[(&bytes[..at], 70), (&bytes[at..], 3_000), (b"\x03", 0)]);
        prop_assert_eq!(got.last(), Some(&Input::Key(escape_sequences::control_key(CTRL_C))));
    }
}

#[test]
fn colour_of_the_background_is_read() {
    for (reply, expected) in [
        ("\x1b]11;rgb:1e1e/2a2a/ffff\x1b\\", Some([0x1e, 0x2a, 0xff])),
        ("\x1b]11;rgb:1e1e/2a2a/ffff\x07", Some([0x1e, 0x2a, 0xff])),
        ("\x1b]11;rgb:1e/2a/ff\x07", Some([0x1e, 0x2a, 0xff])),
        ("\x1b]11;rgb:f/0/f\x07", Some([255, 0, 255])),
        ("\x1b]11;rgba:ffff/ffff/ffff/8000\x07", Some([255; 3])),
        ("\x1b]10;rgb:ffff/ffff/ffff\x07", None),
        ("\x1b]11;rgb:ffff/ffff\x07", None),
        ("\x1b]11;rgb:fffff/ffff/ffff\x07", None),
        ("\x1b]11;rgb:+f/ff/ff\x07", None),
        ("\x1b]11;rgb:xx/ff/ff\x07", None),
        ("\x1b]11;rgb://\x07", None),
        ("\x1b]11;?\x07", None),
        ("\x1bP11;rgb:ffff/ffff/ffff\x1b\\", None),
    ] {
        let expected = expected.map(Input::Background);
        assert_eq!(all(reply.as_bytes()), Vec::from_iter(expected), "{reply:?}");
    }
    let late = bursts(&[(b"\x1b]11;rgb:1e1e", 900), (b"/1e1e/1e1e\x07q", 0)]);
    assert_eq!(late, [Input::Background([0x1e; 3]), letter('q')]);
    // Esc was held back too long to be part of the answer.
    let split = bursts(&[(b"\x1b", 200), (b"]11;rgb:1e1e/1e1e/1e1e\x07", 0)]);
    assert_eq!(split, [key_esc(), Input::Background([0x1e; 3])]);
}
