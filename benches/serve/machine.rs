//! Cores, processor time and memory, as reported by the kernel.

use std::fs;
use std::time::Duration;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The core of the servers, and the core of the load generator.
#[derive(Clone, Copy)]
pub struct Cores {
    pub server: usize,
    pub load: usize,
}

impl Cores {
    /// Returns the first two cores that this process may use. Prints a note if there is only one.
    pub fn choose() -> Self {
        let allowed = sched_getaffinity(None).unwrap();
        let mut cores = (0..CpuSet::MAX_CPU).filter(|n| allowed.is_set(*n));
        let server = cores.next().expect("a core to run on");
        let load = cores.next().unwrap_or_else(|| {
            println!("There is one core only: server and load share it, and the figures say little.");
            server
        });
        let cores = Cores { server, load };
        Self::pin_to(load);
        cores
    }

    /// Runs `f` on the servers' core. Processes that `f` starts stay on that core.
    pub fn as_server<T>(self, f: impl FnOnce() -> T) -> T {
        Self::pin_to(self.server);
        let made = f();
        Self::pin_to(self.load);
        made
    }

    fn pin_to(core: usize) {
        let mut set = CpuSet::new();
        set.set(core);
        sched_setaffinity(None, &set).unwrap();
    }
}

/// Returns the processor time of all threads of a process.
pub fn processor_time(pid: u32) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let had = tasks.filter_map(|task| {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(had.sum())
}

/// Memory of a process in MiB: now, and at its peak.
#[derive(Clone, Copy)]
pub struct Memory {
    pub now: f64,
    pub peak: f64,
}

pub fn memory(pid: u32) -> Memory {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let of = |name: &str| {
        let value = status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok());
        value.map_or(f64::NAN, |kib: f64| kib / 1024.0)
    };
    Memory { now: of("VmRSS:"), peak: of("VmHWM:") }
}
