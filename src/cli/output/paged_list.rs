//! A list for a person at a terminal. One that fits on the screen is printed as it is; the pager shows a longer one.

use std::io::{self, ErrorKind, Write};

use unicode_width::UnicodeWidthStr;

use super::{columns, write, write_failed};
use crate::error::{Error, Kind, Result};
use crate::platform::pager::{Pager, PagerCommand};
use crate::platform::signals;

/// Size of the text up to which a list is printed again if its pager fails. A pipe holds less, so a pager that has taken more
/// has shown some of it.
const MAX_KEPT: usize = 256 * 1024;
/// Height of a terminal that doesn't report its height.
const DEFAULT_ROWS: usize = 24;

pub(super) struct PagedList {
    command: Option<PagerCommand>,
    pager: Option<Pager>,
    /// The text so far. `None` once it is printed, or is too long to be printed again.
    kept: Option<String>,
}

impl PagedList {
    /// `None` if there is no pager, or nobody to read it.
    pub fn begin() -> Option<Self> {
        Some(PagedList { command: Some(PagerCommand::find()?), pager: None, kept: Some(String::new()) })
    }

    pub fn write(&mut self, text: &str) -> Result<()> {
        if let Some(kept) = &mut self.kept {
            kept.push_str(text);
        }
        if let Some(pager) = &mut self.pager {
            let written = pager.write_all(text.as_bytes());
            if signals::is_asked_to_end() {
                return Err(Error::new(Kind::Cancelled, ""));
            }
            return match written {
                Ok(()) => {
                    self.kept.take_if(|kept| kept.len() > MAX_KEPT);
                    Ok(())
                }
                Err(e) if e.kind() == ErrorKind::BrokenPipe => match self.end_pager()? {
                    true => Ok(()),
                    false => Err(Error::pager_left()),
                },
                Err(e) => Err(write_failed(e)),
            };
        }
        match &self.kept {
            Some(kept) if fits(kept) => Ok(()),
            Some(_) => self.start_pager(),
            None => write(text).map_err(write_failed),
        }
    }

    fn start_pager(&mut self) -> Result<()> {
        // Ctrl-C is for the pager, which would otherwise be left alone with the terminal.
        self.pager = self.command.take().and_then(Pager::start).filter(|_| signals::hold_ends().is_ok());
        match self.pager {
            Some(_) => {
                let kept = self.kept.take().unwrap_or_default();
                self.kept = Some(String::new());
                self.write(&kept)
            }
            None => self.print_kept(),
        }
    }

    /// Waits until the user has left the pager, and prints the list if the pager couldn't show it.
    pub fn end(mut self) -> Result<()> {
        match self.pager {
            Some(_) => self.end_pager().map(drop),
            None => self.print_kept(),
        }
    }

    /// Returns `true` if the pager has failed, and the list was printed.
    fn end_pager(&mut self) -> Result<bool> {
        let has_failed = self.pager.take().is_some_and(Pager::has_failed) && self.kept.is_some();
        if has_failed {
            self.print_kept()?;
        }
        Ok(has_failed)
    }

    fn print_kept(&mut self) -> Result<()> {
        self.kept.take().map_or(Ok(()), |kept| write(&kept).map_err(write_failed))
    }
}

/// Returns `true` if the terminal shows `text` and the next prompt without scrolling.
fn fits(text: &str) -> bool {
    let columns = columns();
    let size = rustix::termios::tcgetwinsize(io::stdout());
    let rows = size.map(|size| usize::from(size.ws_row)).ok().filter(|rows| *rows > 0).unwrap_or(DEFAULT_ROWS);
    text.lines().map(|line| line.width().div_ceil(columns).max(1)).sum::<usize>() < rows
}
