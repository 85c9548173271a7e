//! The screens, driven by keys and looked at.

mod auditing;
mod guarding;
mod looks;
mod people;
mod picker;
mod picking;
mod robust;
mod saying;
mod story;
