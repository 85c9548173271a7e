//! The screens, driven by keys and looked at.

mod guarding;
mod looks;
mod picker;
mod picking;
mod robust;
mod story;
