//! The layers of the display: screens, dialogs and the lock. A reply finds its page by the layer that asked.

/// Number of a screen of the signed-in user, which is also its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ScreenId(pub u8);

impl ScreenId {
    /// The screen shown after sign-in.
    pub const TOKENS: ScreenId = ScreenId(1);
    pub const ACCOUNTS: ScreenId = ScreenId(2);
    pub const POLICY: ScreenId = ScreenId(5);
    pub const DENIED: ScreenId = ScreenId(6);
}

/// Number of a dialog on the stack. Never used twice, so that a reply can't reach another dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModalId(pub(super) u64);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    Lock,
    Modal(ModalId),
    /// A screen before sign-in.
    Screen,
    /// A screen of the signed-in user, shown or not.
    Workspace(ScreenId),
}
