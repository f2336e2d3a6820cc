//! A private Postgres cluster for one test, with the extension. The test may crash, fill, copy and delete it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use postgres::{Client, NoTls};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::database::{connect, value};
use crate::port::free_port;
use crate::stack::stack;
use crate::wait::until;

mod log;
mod new;
mod processes;

pub use processes::Suspended;
use processes::is_alive;

/// Time limit for a start or recovery on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Settings of all clusters. fsync is off: tests kill processes, not the machine, so written data survives without it.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
shared_buffers = 64MB
max_wal_size = 1GB
timezone = 'UTC'
log_timezone = 'UTC'
";

/// Settings of the C library, as of the tests' server: see scripts/postgres.sh.
const KEEP_MEMORY: [(&str, &str); 2] = [
    ("MALLOC_TOP_PAD_", "16777216"),
    ("MALLOC_TRIM_THRESHOLD_", "134217728"),
];

/// Settings that archive the WAL, for [`Cluster::boot_at`].
pub const ARCHIVES: &str = "archive_mode = on\narchive_command = 'cp %p ../archive/%f'";

/// A cluster on loopback, which is stopped and removed when this is dropped.
pub struct Cluster {
    folder: TempDir,
    bin: PathBuf,
    port: u16,
    password: String,
}

impl Cluster {
    /// Creates and starts a cluster with these lines in its configuration.
    ///
    /// # Panics
    /// The programs of the stack's Postgres are missing or fail.
    pub fn start(settings: &str) -> Cluster {
        Cluster::start_with(settings, &[])
    }

    /// As [`Cluster::start`], with WAL segments of 1 MB in this folder, which must be empty and owned by the server's user.
    ///
    /// # Panics
    /// As [`Cluster::start`].
    pub fn start_with_wal_in(folder: &Path, settings: &str) -> Cluster {
        let folder = folder.display().to_string();
        Cluster::start_with(settings, &["--wal-segsize=1", "--waldir", &folder])
    }

    fn start_with(settings: &str, options: &[&str]) -> Cluster {
        let cluster = match &stack().new_cluster {
            Some(new) if options.is_empty() => Cluster::copied(new),
            _ => Cluster::initialised(options),
        };
        cluster.configure(settings);
        cluster.boot();
        cluster
    }

    /// Creates and starts a standby of a running cluster.
    ///
    /// # Panics
    /// The backup fails.
    pub fn standby_of(primary: &Cluster) -> Cluster {
        let standby = Cluster::copy_of(primary, &["--write-recovery-conf"]);
        standby.configure("");
        standby.boot();
        standby
    }

    /// Makes a base backup of a running cluster, without starting it: see [`Cluster::boot_at`].
    ///
    /// # Panics
    /// The backup fails.
    pub fn backup_of(primary: &Cluster) -> Cluster {
        Cluster::copy_of(primary, &[])
    }

    /// Starts a backup and recovers it to a point in time, with the WAL archive of another cluster.
    ///
    /// # Panics
    /// Recovery does not reach that time.
    pub fn boot_at(&self, time: &str, archive_of: &Cluster) {
        self.configure(&format!(
            "restore_command = 'cp {}/%f %p'\nrecovery_target_time = '{time}'\nrecovery_target_action = 'promote'",
            archive_of.archive().display()
        ));
        let signal = self.data().join("recovery.signal");
        fs::write(&signal, "").unwrap();
        chown_to_postgres(&signal);
        self.boot();
    }

    fn copy_of(primary: &Cluster, options: &[&str]) -> Cluster {
        let copy = Cluster::prepare(primary.password.clone());
        copy.run(
            copy.program("pg_basebackup")
                .args([
                    "--checkpoint",
                    "fast",
                    "--wal-method",
                    "stream",
                    "--no-sync",
                ])
                .args(options)
                .arg("--dbname")
                .arg(primary.url())
                .arg("--pgdata")
                .arg(copy.data()),
        );
        copy
    }

    fn prepare(password: String) -> Cluster {
        // The stack's programs, because the extension is installed next to them.
        let bin: String = value(
            &mut connect(&stack().database_url),
            "select setting from pg_config where name = 'BINDIR'",
            &[],
        );
        let folder = tempfile::Builder::new()
            .prefix("musicstream-cluster-")
            .tempdir()
            .unwrap();
        chown_to_postgres(folder.path());
        let archive = folder.path().join("archive");
        fs::create_dir(&archive).unwrap();
        chown_to_postgres(&archive);
        Cluster {
            folder,
            bin: PathBuf::from(bin),
            port: free_port(),
            password,
        }
    }

    /// Replaces the test's lines of the configuration, which the server reads at its next start.
    ///
    /// # Panics
    /// The file cannot be written.
    pub fn configure(&self, settings: &str) {
        let conf = self.data().join("postgresql.conf");
        let text = format!("{SETTINGS}port = {}\n{settings}\n", self.port);
        fs::write(&conf, text).unwrap();
        chown_to_postgres(&conf);
    }

    /// Starts the server and waits until it accepts connections.
    ///
    /// # Panics
    /// It does not start; the message has its log.
    pub fn boot(&self) {
        self.run(&mut self.start_command());
    }

    fn start_command(&self) -> Command {
        let mut command = self.program("pg_ctl");
        command
            .arg("-D")
            .arg(self.data())
            .arg("-l")
            .arg(self.folder().join("log"))
            .args(["-t", "120", "-w", "start"])
            .envs(KEEP_MEMORY)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// Starts the server as a standby without a primary: it is read-only until it is promoted.
    ///
    /// # Panics
    /// It does not start; the message has its log.
    pub fn boot_as_standby(&self) {
        let signal = self.data().join("standby.signal");
        fs::write(&signal, "").unwrap();
        chown_to_postgres(&signal);
        self.boot();
    }

    /// Waits until the server accepts connections, and starts it if it is not running.
    ///
    /// # Panics
    /// It does not accept connections in time.
    pub fn restart_if_down(&self) {
        until(TIMEOUT, "the server to come back", || {
            if Client::connect(&self.url(), NoTls).is_ok() {
                return Some(());
            }
            let mut control = self.program("pg_ctl");
            control.arg("-D").arg(self.data()).stdout(Stdio::null());
            if control.arg("status").status().is_ok_and(|it| !it.success()) {
                // Fails while the old server is still stopping; the next poll retries.
                let _ = self.start_command().status();
            }
            None
        });
        self.await_writable();
    }

    /// Stops the server without a checkpoint, as after a power loss.
    ///
    /// # Panics
    /// It does not stop.
    pub fn crash(&self) {
        self.stop("immediate");
    }

    /// Stops the server with a fast shutdown.
    ///
    /// # Panics
    /// It does not stop.
    pub fn shut_down(&self) {
        self.stop("fast");
    }

    fn stop(&self, mode: &str) {
        self.run(
            self.program("pg_ctl")
                .arg("-D")
                .arg(self.data())
                .args(["-m", mode, "-t", "120", "-w", "stop"]),
        );
    }

    /// Promotes a standby.
    ///
    /// # Panics
    /// It remains a standby.
    pub fn promote(&self) {
        self.run(
            self.program("pg_ctl")
                .arg("-D")
                .arg(self.data())
                .args(["-t", "120", "-w", "promote"]),
        );
    }

    /// `kill -9` of one of the server's processes. If it is a backend, the server ends all others, and recovers.
    ///
    /// # Panics
    /// The process does not exist.
    pub fn kill(&self, process: i32) {
        let process = Pid::from_raw(process).expect("a process id");
        kill_process(process, Signal::KILL)
            .unwrap_or_else(|error| panic!("cannot kill {process:?}: {error}"));
    }

    /// `kill -9` of the server and all of its processes; waits until they have ended.
    ///
    /// # Panics
    /// The server is not running.
    pub fn kill_all(&self) {
        let processes = self.suspend();
        processes.signal(Signal::KILL);
        until(TIMEOUT, "the server's processes to be gone", || {
            let mut all = processes.processes().iter();
            all.all(|process| !is_alive(*process)).then_some(())
        });
        // If nothing reaps orphans, the process stays as a zombie, and the next server would consider it running.
        let file = self.data().join("postmaster.pid");
        fs::remove_file(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }

    /// Suspends the server and all of its processes: connections stay open, the kernel accepts new ones, and nothing
    /// answers.
    ///
    /// # Panics
    /// The server is not running.
    pub fn suspend(&self) -> Suspended {
        let file = self.data().join("postmaster.pid");
        let text =
            fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Suspended::new(text.lines().next().unwrap_or_default().parse().unwrap())
    }

    /// Writes a private file into the server's data folder, for settings such as `ssl_key_file`.
    ///
    /// # Panics
    /// The file cannot be written.
    pub fn put(&self, name: &str, content: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let file = self.data().join(name);
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        chown_to_postgres(&file);
    }

    /// Waits until the server accepts connections and writes.
    ///
    /// # Panics
    /// It does not in time.
    pub fn await_writable(&self) -> Client {
        until(TIMEOUT, "the server to recover", || {
            let mut client = Client::connect(&self.url(), NoTls).ok()?;
            let is_standby: bool = client
                .query_one("select pg_is_in_recovery()", &[])
                .ok()?
                .get(0);
            (!is_standby).then_some(client)
        })
    }

    /// The URL of the database `postgres`, as a superuser.
    pub fn url(&self) -> String {
        format!(
            "postgresql://postgres:{}@127.0.0.1:{}/postgres",
            self.password, self.port
        )
    }

    /// `host:port` of the server.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// A connection as superuser.
    pub fn client(&self) -> Client {
        connect(&self.url())
    }

    /// A command that runs one of Postgres's programs as the owner of the cluster, because Postgres refuses to run as root.
    pub fn program(&self, name: &str) -> Command {
        let program = self.bin.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir("/");
        command
    }

    /// Runs a program to its end, and returns its standard output.
    ///
    /// # Panics
    /// It fails; the message has its output and the server's log.
    pub fn run(&self, command: &mut Command) -> Vec<u8> {
        // Files, because a server that the program starts would keep a pipe open.
        let output = tempfile::tempfile().unwrap();
        let errors = tempfile::NamedTempFile::new().unwrap();
        let status = command
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(errors.reopen().unwrap())
            .status()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        assert!(
            status.success(),
            "{command:?}: {status}: {}\n{}",
            fs::read_to_string(errors.path()).unwrap(),
            self.log()
        );
        use std::io::{Read as _, Seek as _};
        let (mut output, mut bytes) = (output, Vec::new());
        output.rewind().unwrap();
        output.read_to_end(&mut bytes).unwrap();
        bytes
    }

    /// Runs SQL with psql; with `stops` it stops at the first error.
    ///
    /// # Panics
    /// psql fails.
    pub fn psql(&self, url: &str, sql: &[u8], stops: bool) {
        let file = self.folder().join("psql.sql");
        fs::write(&file, sql).unwrap();
        chown_to_postgres(&file);
        let stops = format!("ON_ERROR_STOP={}", i32::from(stops));
        self.run(
            self.program("psql")
                .args(["-X", "-q", "-v", &stops, "-f"])
                .arg(file)
                .arg(url),
        );
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    fn archive(&self) -> PathBuf {
        self.folder().join("archive")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let last = &lines[lines.len().saturating_sub(40)..];
            eprintln!(
                "the server at port {} logged:\n{}",
                self.port,
                last.join("\n")
            );
        }
        if self.data().join("postmaster.pid").exists() {
            // A panic here, while a failed test unwinds, would abort the process.
            let _ = self
                .program("pg_ctl")
                .arg("-D")
                .arg(self.data())
                .args(["-m", "immediate", "-w", "stop"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
        }
    }
}

/// Whether this process runs as root.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// As root, changes the owner of a file to the system user postgres, which owns the clusters then.
pub(crate) fn chown_to_postgres(path: &Path) {
    if is_root() {
        let output = Command::new("chown").arg("postgres").arg(path).output();
        assert!(
            output.as_ref().is_ok_and(|output| output.status.success()),
            "chown postgres {}: {output:?}",
            path.display()
        );
    }
}
