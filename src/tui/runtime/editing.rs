//! The editor of the user, which has the terminal while it runs. Meanwhile the loop goes on, but draws nothing.

use super::{EventLoop, WakeEvent};
use crate::error::Result;
use crate::platform::editor::{Editor, EditorCommand, EditorEvent};
use crate::platform::own_process;
use crate::platform::terminal_input::PausedInput;
use crate::tui::msg::Msg;

/// A running editor.
pub(super) struct Editing {
    editor: Editor,
    /// Only the editor reads the terminal.
    _paused: PausedInput,
    /// `true` if the process was stopped meanwhile, so that the screens must be locked.
    pub was_stopped: bool,
}

impl EventLoop<'_> {
    /// Opens the editor for `text`. If that fails, the screens get the reason.
    pub(super) fn open_editor(&mut self, text: &str) -> Result<()> {
        if self.editing.is_some() {
            return Ok(());
        }
        let prepared = match EditorCommand::prepare(text) {
            Ok(prepared) => prepared,
            Err(error) => return self.dispatch(Msg::Edited(Err(error))),
        };
        let paused = self.keys.pause.begin();
        self.screen.lend_to_editor()?;
        let events_tx = self.events_tx.clone();
        match prepared.start(move |event| drop(events_tx.send(WakeEvent::Editor(event)))) {
            Ok(editor) => {
                self.editing = Some(Editing { editor, _paused: paused, was_stopped: false });
                Ok(())
            }
            Err(error) => {
                self.screen.take_back()?;
                self.dispatch(Msg::Edited(Err(error)))
            }
        }
    }

    pub(super) fn on_editor(&mut self, event: EditorEvent) -> Result<()> {
        match (event, self.editing.take()) {
            (_, None) => Ok(()),
            (EditorEvent::Stopped, editing) => {
                if let Some(editing) = editing.as_ref().filter(|_| !own_process::can_be_suspended()) {
                    editing.editor.resume();
                }
                self.editing = editing;
                self.suspend()
            }
            (EditorEvent::Ended, Some(Editing { editor, _paused: paused, was_stopped })) => {
                let edited = editor.finish();
                self.screen.take_back()?;
                drop(paused);
                self.on_resize()?;
                self.dispatch(Msg::Edited(edited))?;
                if was_stopped { self.dispatch(Msg::Resumed) } else { Ok(()) }
            }
        }
    }
}
