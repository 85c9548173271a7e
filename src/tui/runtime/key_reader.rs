//! The thread that reads the terminal.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, sync_channel};

use zeroize::Zeroizing;

use super::WakeEvent;
use crate::error::{Error, Result};
use crate::platform::terminal_input::{InputPause, ReadEvent, has_more, read};
use crate::tui::input_parser::{Input, Parser};
use crate::tui::msg::Msg;
use crate::tui::worker;

/// Maximum number of reads of the terminal that wait for the loop, each of 4 KiB at most. Further input waits in the system.
const MAX_WAITING: usize = 8;

/// The thread, as the loop sees it.
pub(super) struct KeyReader {
    pub pause: Arc<InputPause>,
    waiting: Receiver<()>,
}

impl KeyReader {
    /// Lets the thread read more, after the loop has handled the input of one read.
    pub fn on_handled(&self) {
        let _ = self.waiting.try_recv();
    }
}

/// Lets typed and pasted input wake the loop.
pub(super) fn start(events_tx: &Sender<WakeEvent>) -> Result<KeyReader> {
    let pause = InputPause::new().map_err(|e| Error::failure("the terminal can't be read").why(e.to_string()))?;
    let (events_tx, inputs_tx, reader_pause) = (events_tx.clone(), events_tx.clone(), Arc::clone(&pause));
    // Once the loop has ended, there is no receiver for the rest, and the program ends.
    let send = move |msg| drop(events_tx.send(WakeEvent::Msg(msg)));
    let (waiting_tx, waiting) = sync_channel(MAX_WAITING);
    worker::spawn_worker("keys", send, move |send| {
        let mut parser = Parser::default();
        let mut buffer = Zeroizing::new([0; 4096]);
        let mut inputs = Vec::new();
        loop {
            match read(&mut *buffer, parser.timeout(), &reader_pause) {
                Ok(ReadEvent::Bytes(count)) => parser.feed(&buffer[..count], has_more(), &mut inputs),
                Ok(ReadEvent::TimedOut) => parser.on_timeout(&mut inputs),
                Ok(ReadEvent::Paused) => {
                    reader_pause.wait();
                    // What follows is not the rest of an earlier sequence.
                    parser = Parser::default();
                }
                Err(e) => return send(Msg::TerminalLost(e.to_string())),
            }
            if !inputs.is_empty() {
                let _ = waiting_tx.send(());
                drop(inputs_tx.send(WakeEvent::Inputs(inputs.drain(..).map(msg).collect())));
            }
        }
    })
    .map(|_| KeyReader { pause, waiting })
}

fn msg(input: Input) -> Msg {
    match input {
        Input::Key(key) => Msg::Key(key),
        Input::Mouse(event) => Msg::Mouse(event),
        Input::Paste(text) => Msg::Paste(text),
        Input::Background(rgb) => Msg::Background(rgb),
    }
}
