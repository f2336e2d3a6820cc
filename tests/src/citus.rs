//! A private Citus cluster for one test: a coordinator and two workers on loopback, with the extension.

use crate::cluster::Cluster;
use crate::data::skip;
use crate::database::{Database, connect, project_sql, value};
use crate::stack::stack;

/// Recovery of prepared transactions is disabled: tests run it explicitly.
const SETTINGS: &str = "
shared_preload_libraries = 'citus'
wal_level = logical
max_prepared_transactions = 50
max_connections = 200
citus.recover_2pc_interval = -1
citus.shard_count = 8
";

/// Nodes of a cluster log in to each other as the user of the session, so all local connections are trusted.
const ACCESS: &str = "host all all 127.0.0.1/32 trust\n";

/// The URLs of the superusers, and `host:port` of the nodes.
#[derive(Debug, Clone)]
struct Nodes {
    coordinator: (String, String),
    workers: Vec<(String, String)>,
}

/// The cluster, which is stopped and removed when this is dropped.
pub struct Citus {
    coordinator: Cluster,
    workers: Vec<Cluster>,
}

impl Citus {
    /// Starts the servers. `None` if the stack's server has no extension citus: the caller must return, and a line reports
    /// the test as skipped.
    ///
    /// # Panics
    /// A server does not start.
    pub fn start(test: &str) -> Option<Citus> {
        Citus::start_with(test, "")
    }

    /// As [`Citus::start`], with additional lines in the configuration of each server.
    ///
    /// # Panics
    /// As [`Citus::start`].
    pub fn start_with(test: &str, settings: &str) -> Option<Citus> {
        let is_available: bool = value(
            &mut connect(&stack().database_url),
            "select exists (select from pg_available_extensions where name = 'citus')",
            &[],
        );
        if !is_available {
            skip(test, "the server has no extension citus");
            return None;
        }
        Some(Citus {
            coordinator: start_node(settings),
            workers: vec![start_node(settings), start_node(settings)],
        })
    }

    /// The server to which clients connect.
    pub fn coordinator(&self) -> &Cluster {
        &self.coordinator
    }

    /// The servers that store the events.
    pub fn workers(&self) -> &[Cluster] {
        &self.workers
    }

    /// Starts another server and adds it as a worker.
    ///
    /// # Panics
    /// It does not start.
    pub fn add_worker(&mut self, database: &Database) {
        let worker = start_node("");
        database.create_on(&worker.url(), "create extension citus");
        let mut client = database.client();
        client
            .batch_execute(&format!("select {}", add_node(&worker.address())))
            .unwrap();
        self.workers.push(worker);
    }

    /// Creates a database with distributed events, with the project's SQL files.
    ///
    /// # Panics
    /// A server refuses.
    pub fn database(&self) -> Database {
        self.nodes().database()
    }

    /// While `work` runs, [`Database::create`] on this thread creates databases with distributed events.
    pub fn with_distributed_databases<T>(&self, work: impl FnOnce() -> T) -> T {
        let nodes = self.nodes();
        Database::created_by(move || nodes.database(), work)
    }

    /// Resolves transactions that a crash has left between the phases of a commit. All servers must be running.
    ///
    /// # Panics
    /// A prepared transaction remains.
    pub fn recover(&self, database: &Database) {
        let mut client = database.client();
        client
            .execute("select recover_prepared_transactions()", &[])
            .unwrap();
        for worker in &self.workers {
            assert_eq!(
                prepared(worker),
                0,
                "prepared transactions after a recovery"
            );
        }
    }

    fn nodes(&self) -> Nodes {
        let place = |cluster: &Cluster| (cluster.url(), cluster.address());
        Nodes {
            coordinator: place(&self.coordinator),
            workers: self.workers.iter().map(place).collect(),
        }
    }
}

/// Number of prepared transactions on this server.
///
/// # Panics
/// It does not answer.
pub fn prepared(server: &Cluster) -> i64 {
    value(
        &mut server.client(),
        "select count(*) from pg_prepared_xacts",
        &[],
    )
}

impl Nodes {
    fn database(&self) -> Database {
        let (coordinator, address) = &self.coordinator;
        let workers: Vec<String> = self.workers.iter().map(|(url, _)| url.clone()).collect();
        let nodes: Vec<String> = self
            .workers
            .iter()
            .map(|(_, address)| add_node(address))
            .collect();
        let join = format!(
            "set client_min_messages = warning; create extension citus; select citus_set_coordinator_host({}); select {}",
            place(address),
            nodes.join(", ")
        );
        let scripts = [
            join,
            project_sql("extension.sql"),
            project_sql("roles.sql"),
            project_sql("citus.sql"),
        ];
        Database::set_up(coordinator, "", &workers, &scripts)
    }
}

fn start_node(settings: &str) -> Cluster {
    let node = Cluster::start(&format!("{SETTINGS}{settings}"));
    node.put("pg_hba.conf", ACCESS);
    node.client()
        .batch_execute("select pg_reload_conf()")
        .unwrap();
    node
}

fn add_node(address: &str) -> String {
    format!("citus_add_node({})", place(address))
}

/// `host:port` as two SQL arguments.
fn place(address: &str) -> String {
    let (host, port) = address.rsplit_once(':').unwrap();
    format!("'{host}', {port}")
}
