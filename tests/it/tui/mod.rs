//! The screens, driven by keys and looked at.

mod auditing;
mod guarding;
mod looks;
mod picker;
mod picking;
mod robust;
mod saying;
mod story;
