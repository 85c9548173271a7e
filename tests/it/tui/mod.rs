//! The screens, driven by keys and looked at.

mod looks;
mod robust;
mod story;
