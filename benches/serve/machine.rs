//! Cores, processor time and memory, as the kernel tells them.

use std::fs;
use std::time::Duration;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Where everything runs.
#[derive(Clone, Copy)]
pub struct Cores {
    pub server: usize,
    pub load: usize,
}

impl Cores {
    /// The first two that this process may use; says so when there is one only.
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

    /// Runs `f` on the servers' core. What it starts stays there.
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

/// The processor time that all threads of a process have had.
pub fn processor_time(pid: u32) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let had = tasks.filter_map(|task| {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(had.sum())
}

/// What a process has in memory, in MiB: now, and at most so far.
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
