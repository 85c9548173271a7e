//! `jeton backup` and `jeton restore`: complete copies of a store in use, and back.

mod copies;
mod restore;
mod under_writers;

/// Looks again until there is something. Fails after 10 s.
fn wait_until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let (_nobody, never) = std::sync::mpsc::channel::<()>();
    for _ in 0..400 {
        if let Some(found) = look() {
            return found;
        }
        let _ = never.recv_timeout(std::time::Duration::from_millis(25));
    }
    panic!("it doesn't come")
}
