//! Ports that nobody takes between their choice and their use.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// The ports below those that systems give to a listener without a wish (from 32,768 on Linux, 49,152 elsewhere).
const FIRST: u16 = 10_000;
const COUNT: u16 = 20_000;

/// Returns an address of the loopback interface without a listener. No other call in this process returns it, and no
/// listener that leaves the choice of its port to the system gets it.
pub fn unused_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Two test processes at a time start far from each other.
    let start = (std::process::id() % 97) as u16 * 203;
    loop {
        let port = FIRST + start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}
