//! The load: keep-alive connections with one pending request each. Every request presents another secret.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::event::epoll;

use super::client::{Head, HttpMethod, request};
use super::histogram::Histogram;
use super::machine::processor_time;

/// Not measured, at the start of each turn.
const WARM_UP: Duration = Duration::from_millis(300);
/// Maximum wait for the last responses.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// The requests of a server's load, and their target.
pub struct Load {
    to: SocketAddr,
    verb: HttpMethod,
    connections: usize,
    requests: Vec<Vec<u8>>,
}

/// The result of a turn.
#[derive(Clone, Default)]
pub struct Round {
    /// Responses per second in the measured time.
    pub rate: f64,
    pub latencies: Histogram,
    /// Responses by status, including those before and after the measured time.
    pub statuses: BTreeMap<u16, u64>,
    /// Broken connections and missing responses.
    pub broken: u64,
    /// Share of the time in which the servers used their core.
    pub server_busy: f64,
    pub load_busy: f64,
}

impl Round {
    /// Returns responses per second of processor time. The figure stays the same even if other processes take the core.
    pub fn per_cpu_second(&self) -> f64 {
        self.rate / self.server_busy
    }
}

struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
    sent_at: Instant,
    is_waiting: bool,
}

impl Load {
    /// Prepares requests for `path`, one for each of `secrets`.
    pub fn new(to: SocketAddr, (verb, path): (HttpMethod, &str), secrets: &[String], connections: usize) -> Self {
        Load { to, verb, connections, requests: secrets.iter().map(|s| request(verb, path, s)).collect() }
    }

    /// Sends requests for `length`. `servers` are the processes whose processor time is summed.
    pub fn run(&self, length: Duration, servers: &[u32], dice: &mut SeededRng) -> Round {
        let mut turn = Round::default();
        let poll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
        let mut connections: Vec<Connection> = (0..self.connections).map(|_| self.connect()).collect();
        let begun = Instant::now();
        for (n, connection) in connections.iter_mut().enumerate() {
            register(&poll, n, connection);
            self.ask(connection, begun, dice);
        }
        let (from, until) = (begun + WARM_UP, begun + WARM_UP + length);
        let busy = || (servers.iter().map(|pid| processor_time(*pid)).sum(), processor_time(std::process::id()));
        let (mut at_start, mut at_end) = (None::<(Instant, (Duration, Duration))>, None);
        let mut events: Vec<epoll::Event> = Vec::with_capacity(self.connections);
        let mut waiting = self.connections;
        let a_moment = rustix::event::Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
        while waiting > 0 {
            events.clear();
            epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), Some(&a_moment)).unwrap();
            let now = Instant::now();
            if at_start.is_none() && now >= from {
                at_start = Some((now, busy()));
            }
            if at_end.is_none() && now >= until {
                at_end = Some((now, busy()));
            }
            if now >= until + DRAIN_TIMEOUT {
                turn.broken += waiting as u64;
                break;
            }
            for event in &events {
                let n = event.data.u64() as usize;
                let heard = connections[n].read_status(self.verb);
                let now = Instant::now();
                match heard {
                    Ok(None) => continue,
                    Ok(Some(status)) => {
                        *turn.statuses.entry(status).or_default() += 1;
                        if at_start.is_some() && at_end.is_none() {
                            turn.latencies.add(now - connections[n].sent_at);
                        }
                    }
                    Err(_) => {
                        turn.broken += 1;
                        // Closing a connection removes it from the poll.
                        connections[n] = self.connect();
                        register(&poll, n, &connections[n]);
                    }
                }
                if at_end.is_none() {
                    self.ask(&mut connections[n], now, dice);
                } else {
                    connections[n].is_waiting = false;
                    waiting = connections.iter().filter(|c| c.is_waiting).count();
                }
            }
        }
        if let (Some((from, at_start)), Some((until, at_end))) = (at_start, at_end) {
            let length = (until - from).as_secs_f64();
            turn.rate = turn.latencies.count() as f64 / length;
            turn.server_busy = at_end.0.saturating_sub(at_start.0).as_secs_f64() / length;
            turn.load_busy = at_end.1.saturating_sub(at_start.1).as_secs_f64() / length;
        }
        turn
    }

    fn connect(&self) -> Connection {
        let stream = TcpStream::connect(self.to).expect("the server takes connections");
        stream.set_nodelay(true).unwrap();
        stream.set_nonblocking(true).unwrap();
        Connection { stream, answer: Vec::with_capacity(8192), sent_at: Instant::now(), is_waiting: false }
    }

    fn ask(&self, connection: &mut Connection, now: Instant, dice: &mut SeededRng) {
        let request = &self.requests[dice.below(self.requests.len())];
        connection.sent_at = now;
        connection.is_waiting = true;
        // Nothing else is in flight, so the request fits the buffer. A broken connection is noticed when it is read.
        let _ = connection.stream.write_all(request);
    }
}

fn register(poll: &rustix::fd::OwnedFd, n: usize, connection: &Connection) {
    epoll::add(poll, &connection.stream, epoll::EventData::new_u64(n as u64), epoll::EventFlags::IN).unwrap();
}

impl Connection {
    /// Returns the status once the whole response has arrived.
    fn read_status(&mut self, verb: HttpMethod) -> Result<Option<u16>, String> {
        let mut buffer = [0; 8192];
        match self.stream.read(&mut buffer) {
            Ok(0) => return Err("the connection was closed".to_owned()),
            Ok(read) => self.answer.extend_from_slice(&buffer[..read]),
            Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(e) => return Err(e.to_string()),
        }
        let Some(head) = Head::read(&self.answer)? else { return Ok(None) };
        let body = if verb == HttpMethod::Head { 0 } else { head.body };
        if self.answer.len() < head.length + body {
            return Ok(None);
        }
        self.answer.clear();
        Ok(Some(head.status))
    }
}

/// Pseudo-random numbers, the same in each run (xorshift).
pub struct SeededRng(u64);

impl SeededRng {
    pub fn new() -> Self {
        SeededRng(0x9e37_79b9_7f4a_7c15)
    }

    /// Returns a number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 16) % end.max(1) as u64) as usize
    }
}
