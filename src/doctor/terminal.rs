//! The terminal of this process. It is judged by the environment, and never asked.

use super::{CheckKind, Context, Finding};
use crate::domain::untrusted_text::excerpt;
use crate::error::Error;
use crate::platform::clipboard::ClipboardRoute;
use crate::platform::terminal_facts::{ColourDepth, TerminalFacts};
use crate::tui::keymap::{Action, Context as KeyContext, Keymap};
use crate::tui::theme::appearance::Appearance;

pub(super) const CHECKS: &[CheckKind] = &[
    CheckKind {
        id: "terminal.kind",
        meaning: "TERM is set to dumb, so the screens don't open",
        run: |c| vec![kind(&c.terminal)],
    },
    CheckKind {
        id: "terminal.size",
        meaning: "The terminal has fewer than 40 columns or 10 lines, so the screens can't show everything",
        run: |c| size(&c.terminal),
    },
    CheckKind {
        id: "terminal.colours",
        meaning: "Never a fault: says whether the screens use colours",
        run: |c| colours(&c.terminal),
    },
    CheckKind {
        id: "terminal.theme",
        meaning: "The theme of the settings can't be used, so the screens use another theme",
        run: theme,
    },
    CheckKind {
        id: "terminal.keys",
        meaning: "Your file of keys can't be used, so the screens use the default keys",
        run: |c| keys(&c.terminal, &Keymap::of_user()),
    },
    CheckKind {
        id: "terminal.characters",
        meaning: "The locale isn't UTF-8, so the screens show only ASCII",
        run: |c| characters(&c.terminal),
    },
    CheckKind {
        id: "terminal.clipboard",
        meaning: "Never a fault: says where a copied secret goes",
        run: |c| clipboard(&c.terminal),
    },
    CheckKind {
        id: "terminal.mouse",
        meaning: "Never a fault: says how to select text on the screens",
        run: |c| {
            let takes_mouse = c.settings.as_ref().ok().is_none_or(|settings| settings.takes_mouse(&c.terminal));
            mouse(&c.terminal, takes_mouse, &Keymap::of_user())
        },
    },
];

/// The smallest size on which the screens are tested.
const MIN_SIZE: (u16, u16) = (40, 10);

fn kind(terminal: &TerminalFacts) -> Finding {
    match terminal.term.as_str() {
        _ if !terminal.is_terminal => Finding::ok("stdin or stdout is not a terminal, so the screens don't open here"),
        "" => Finding::ok("the screens open in this terminal (TERM is not set)"),
        "dumb" => Finding::warning("the screens don't open in this terminal")
            .why("TERM is set to dumb")
            .next("Set TERM to the name of the terminal, for example: export TERM=xterm-256color"),
        term => Finding::ok(format!("the screens open in this terminal ({})", excerpt(term, 40))),
    }
}

fn size(terminal: &TerminalFacts) -> Vec<Finding> {
    let Some((columns, lines)) = terminal.size.filter(|_| terminal.is_terminal) else { return Vec::new() };
    let what = format!("the terminal has {columns} columns and {lines} lines");
    vec![match columns < MIN_SIZE.0 || lines < MIN_SIZE.1 {
        true => Finding::warning(what)
            .why(format!("the screens need at least {} columns and {} lines", MIN_SIZE.0, MIN_SIZE.1))
            .next("Enlarge the window, or choose a smaller font"),
        false => Finding::ok(what),
    }]
}

fn colours(terminal: &TerminalFacts) -> Vec<Finding> {
    if !terminal.is_terminal {
        return Vec::new();
    }
    let depth = match terminal.colour_depth() {
        ColourDepth::All => "the terminal has 24-bit colours",
        ColourDepth::Indexed => "the terminal has 256 colours",
        ColourDepth::Sixteen => "the terminal has at least 8 colours",
    };
    vec![Finding::ok(match terminal.has_colour {
        true => format!("the screens use colours, and {depth}"),
        false => {
            "the screens use no colours, because NO_COLOR is set or TERM names a terminal without colours".to_owned()
        }
    })]
}

fn theme(context: &Context<'_>) -> Vec<Finding> {
    let (Ok(settings), true) = (&context.settings, context.terminal.is_terminal) else { return Vec::new() };
    let name = &settings.theme.value;
    vec![match Appearance::configured(settings, &context.terminal).problem {
        None => Finding::ok(format!("the theme of the screens is {name}")),
        Some(problem) => file_fault(problem),
    }]
}

/// Returns the finding for a file that the screens don't use.
fn file_fault(Error { what, why, next, .. }: Error) -> Finding {
    let finding = Finding::warning(what).why(why.unwrap_or_default());
    finding.next(next.unwrap_or_else(|| "Correct the file".to_owned()))
}

fn keys(terminal: &TerminalFacts, keymap: &Keymap) -> Vec<Finding> {
    if !terminal.is_terminal {
        return Vec::new();
    }
    vec![match (&keymap.problem, keymap.is_default()) {
        (Some(problem), _) => file_fault(problem.clone()),
        (None, true) => Finding::ok("the screens have the default keys"),
        (None, false) => Finding::ok("the screens have your own keys"),
    }]
}

fn characters(terminal: &TerminalFacts) -> Vec<Finding> {
    if !terminal.is_terminal {
        return Vec::new();
    }
    vec![match terminal.has_utf8_locale {
        true => Finding::ok("the locale is UTF-8"),
        false => Finding::warning("the locale is not UTF-8")
            .why("the screens show only ASCII, and ? in place of other characters")
            .next("Set a locale with UTF-8, for example: export LC_ALL=C.UTF-8"),
    }]
}

fn clipboard(terminal: &TerminalFacts) -> Vec<Finding> {
    if !terminal.is_terminal {
        return Vec::new();
    }
    vec![Finding::ok(match terminal.clipboard {
        ClipboardRoute::Desktop => "secrets are copied to the clipboard of this desktop, and removed after 45 s",
        ClipboardRoute::Terminal => "secrets are copied through the terminal, if the terminal permits this (OSC 52)",
        ClipboardRoute::Screen => "secrets are copied through GNU screen, if your terminal permits this (OSC 52)",
        ClipboardRoute::Tmux => "secrets are copied through tmux, if the terminal of tmux permits this (OSC 52)",
        ClipboardRoute::TmuxPassthrough => {
            "secrets are copied through tmux, if set-clipboard or allow-passthrough is on in tmux and your terminal permits this (OSC 52)"
        }
    })]
}

fn mouse(terminal: &TerminalFacts, takes_mouse: bool, keymap: &Keymap) -> Vec<Finding> {
    if !terminal.is_terminal {
        return Vec::new();
    }
    let key = keymap.key(KeyContext::Global, Action::Mouse);
    vec![Finding::ok(match takes_mouse {
        true => format!("the screens use the mouse. To select text, press {key} on the screens, or hold Shift"),
        false if terminal.is_gnu_screen() => {
            format!("the mouse selects text on the screens. For clicks and the wheel, press {key} there")
        }
        false => "the mouse selects text on the screens, because the setting mouse is no".to_owned(),
    })]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    fn terminal() -> TerminalFacts {
        TerminalFacts {
            is_terminal: true,
            term: "xterm-256color".to_owned(),
            colorterm: String::new(),
            colorfgbg: String::new(),
            is_in_tmux: false,
            has_colour: true,
            has_utf8_locale: true,
            clipboard: ClipboardRoute::Terminal,
            size: Some((80, 24)),
        }
    }

    /// Returns the number of findings, and how many of them are no `ok`.
    fn count(terminal: &TerminalFacts) -> (usize, usize) {
        let keymap = Keymap::default();
        let found =
            [size(terminal), colours(terminal), keys(terminal, &keymap), characters(terminal), clipboard(terminal)];
        let more = mouse(terminal, true, &keymap).into_iter().chain([kind(terminal)]);
        let found: Vec<Finding> = found.into_iter().flatten().chain(more).collect();
        (found.len(), found.iter().filter(|finding| finding.status != Status::Ok).count())
    }

    #[test]
    fn usual_terminal_is_fine() {
        assert_eq!(count(&terminal()), (7, 0));
        for clipboard in [ClipboardRoute::Desktop, ClipboardRoute::Tmux, ClipboardRoute::TmuxPassthrough] {
            assert_eq!(count(&TerminalFacts { clipboard, has_colour: false, ..terminal() }), (7, 0));
        }
    }

    #[test]
    fn each_fault_of_a_terminal_is_named() {
        for broken in [
            TerminalFacts { term: "dumb".to_owned(), ..terminal() },
            TerminalFacts { size: Some((39, 24)), ..terminal() },
            TerminalFacts { size: Some((80, 9)), ..terminal() },
            TerminalFacts { has_utf8_locale: false, ..terminal() },
        ] {
            assert_eq!(count(&broken), (7, 1), "{broken:?}");
        }
        assert_eq!(count(&TerminalFacts { size: None, ..terminal() }), (6, 0));
        // The screens open if TERM is not set.
        assert_eq!(count(&TerminalFacts { term: String::new(), ..terminal() }), (7, 0));
    }

    #[test]
    fn file_of_keys_with_a_fault_is_named() {
        let mut keymap = Keymap::default();
        keymap.problem = Keymap::parse("k", "[tokens]\nrevoke = \"q\"").err();
        let found = keys(&terminal(), &keymap);
        assert_eq!(found.iter().map(|finding| finding.status).collect::<Vec<_>>(), [Status::Warning]);
    }

    #[test]
    fn without_a_terminal_nothing_is_wrong() {
        let none = TerminalFacts { is_terminal: false, term: String::new(), has_utf8_locale: false, ..terminal() };
        assert_eq!(count(&none), (1, 0));
    }
}
