//! Two Kafka brokers. The second replicates the first through a proxy that a test can stop.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use tempfile::TempDir;

use crate::broker::{format_disk, java, wait_for_broker};
use crate::port::free_port;

/// Rack of the leader.
pub const LEADER_RACK: &str = "a";
/// Rack of the follower. A consumer in this rack reads from the follower.
pub const FOLLOWER_RACK: &str = "b";

/// The two brokers, which are killed when this is dropped.
pub struct BrokerPair {
    folder: TempDir,
    port: u16,
    gate: Arc<Gate>,
    processes: Vec<Child>,
}

impl BrokerPair {
    /// Starts both. The leader of a topic with the replicas 1 and 2 is the first broker.
    ///
    /// # Panics
    /// Java or the stack's Kafka is missing or fails.
    pub fn start() -> BrokerPair {
        let folder = tempfile::Builder::new()
            .prefix("musicstream-brokers-")
            .tempdir()
            .unwrap();
        let (controller, leader, follower) = (free_port(), free_port(), free_port());
        let (leader_internal, follower_internal) = (free_port(), free_port());
        let (gate, gate_port) = Gate::start(leader_internal);
        let mut pair = BrokerPair {
            folder,
            port: leader,
            gate,
            processes: Vec::new(),
        };
        for (node, roles, rack, client, internal, advertised) in [
            (
                1,
                "broker,controller",
                LEADER_RACK,
                leader,
                leader_internal,
                gate_port,
            ),
            (
                2,
                "broker",
                FOLLOWER_RACK,
                follower,
                follower_internal,
                follower_internal,
            ),
        ] {
            let controller_listener = match node {
                1 => format!(",CONTROLLER://127.0.0.1:{controller}"),
                _ => String::new(),
            };
            let data = pair.file(&format!("data-{node}"));
            let properties = pair.file(&format!("{node}.properties"));
            let text = format!(
                "process.roles={roles}\n\
                 node.id={node}\n\
                 broker.rack={rack}\n\
                 controller.quorum.voters=1@127.0.0.1:{controller}\n\
                 controller.listener.names=CONTROLLER\n\
                 listeners=CLIENT://127.0.0.1:{client},INTERNAL://127.0.0.1:{internal}{controller_listener}\n\
                 advertised.listeners=CLIENT://127.0.0.1:{client},INTERNAL://127.0.0.1:{advertised}\n\
                 inter.broker.listener.name=INTERNAL\n\
                 listener.security.protocol.map=CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
                 replica.selector.class=org.apache.kafka.common.replica.RackAwareReplicaSelector\n\
                 replica.lag.time.max.ms=600000\n\
                 offsets.topic.replication.factor=1\n\
                 offsets.topic.num.partitions=1\n\
                 group.initial.rebalance.delay.ms=0\n\
                 log.dirs={}\n",
                data.display()
            );
            fs::write(&properties, text).unwrap();
            let log = pair.log_file();
            format_disk(&properties, &log, &[]);
            let mut server = java("kafka.Kafka", &log);
            pair.processes
                .push(server.arg(&properties).spawn().unwrap());
            let process = pair.processes.last_mut().unwrap();
            wait_for_broker(&format!("127.0.0.1:{client}"), process, &log);
        }
        pair
    }

    /// `host:port` of the leader.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Forwards the next response of at least `size` bytes to the follower, and none after it. The follower then has all
    /// records but not the new high watermark, so it does not return the new records to consumers.
    pub fn shut_after(&self, size: usize) {
        *self.gate.state.lock().unwrap() = State::ShutAfter(size);
    }

    /// Forwards all responses again.
    pub fn open(&self) {
        *self.gate.state.lock().unwrap() = State::Open;
        self.gate.changed.notify_all();
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn log_file(&self) -> PathBuf {
        self.file("log")
    }
}

impl Drop for BrokerPair {
    fn drop(&mut self) {
        self.open();
        for process in &mut self.processes {
            // Fails if the process has ended already.
            let _ = process.kill();
            let _ = process.wait();
        }
        if thread::panicking() {
            print_last_lines(&self.log_file());
        }
    }
}

fn print_last_lines(log: &Path) {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let last = &lines[lines.len().saturating_sub(40)..];
    eprintln!("the brokers logged:\n{}", last.join("\n"));
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    ShutAfter(usize),
    Shut,
}

/// A proxy for connections to a broker, which forwards responses frame by frame.
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

impl Gate {
    fn start(port: u16) -> (Arc<Gate>, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let gate_port = listener.local_addr().unwrap().port();
        let gate = Arc::new(Gate {
            state: Mutex::new(State::Open),
            changed: Condvar::new(),
        });
        let forwarding = gate.clone();
        // The thread ends with the test process.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else {
                    continue;
                };
                let (mut requests, mut upstream) =
                    (client.try_clone().unwrap(), server.try_clone().unwrap());
                thread::spawn(move || {
                    // Either end may close the connection.
                    let _ = std::io::copy(&mut requests, &mut upstream);
                    let _ = upstream.shutdown(std::net::Shutdown::Both);
                });
                let gate = forwarding.clone();
                thread::spawn(move || gate.forward_answers(server, client));
            }
        });
        (gate, gate_port)
    }

    fn forward_answers(&self, mut server: TcpStream, mut client: TcpStream) {
        let mut size = [0; 4];
        while server.read_exact(&mut size).is_ok() {
            let length = u32::from_be_bytes(size) as usize;
            let mut frame = vec![0; length];
            if server.read_exact(&mut frame).is_err() {
                break;
            }
            self.pass(length);
            if client
                .write_all(&size)
                .and_then(|()| client.write_all(&frame))
                .is_err()
            {
                break;
            }
        }
        let _ = client.shutdown(std::net::Shutdown::Both);
    }

    /// Waits while the gate is closed; closes it after a frame that is large enough.
    fn pass(&self, length: usize) {
        let mut state = self.state.lock().unwrap();
        while *state == State::Shut {
            state = self.changed.wait(state).unwrap();
        }
        if let State::ShutAfter(size) = *state
            && length >= size
        {
            *state = State::Shut;
        }
    }
}
