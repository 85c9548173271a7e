//! The screens, driven by keys and looked at.

mod applying;
mod auditing;
mod changing;
mod guarding;
mod looks;
mod people;
mod picker;
mod picking;
mod robust;
mod rotating;
mod saying;
mod showing;
mod story;
mod table;
mod witnessing;
