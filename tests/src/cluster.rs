//! A Postgres cluster of a test's own, with the extension: it may be crashed, filled up, copied and lost.

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

mod processes;

pub use processes::Frozen;
use processes::is_alive;

/// Longer than a server takes to start or recover on a busy machine.
const SOON: Duration = Duration::from_secs(120);

/// What all clusters have in common. A test kills processes, not machines: what was written is there without a sync.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
shared_buffers = 64MB
max_wal_size = 1GB
timezone = 'UTC'
log_timezone = 'UTC'
";

/// Has the server archive its WAL, for [`Cluster::boot_at`].
pub const ARCHIVES: &str = "archive_mode = on\narchive_command = 'cp %p ../archive/%f'";

/// A cluster on loopback, stopped and removed with this value.
pub struct Cluster {
    folder: TempDir,
    bin: PathBuf,
    port: u16,
    password: String,
}

impl Cluster {
    /// Makes and starts a cluster with these lines in its configuration.
    ///
    /// # Panics
    /// The programs of the stack's Postgres are not on this machine, or fail.
    pub fn start(settings: &str) -> Cluster {
        Cluster::start_with(settings, &[])
    }

    /// The same with its WAL in files of a megabyte in this folder, which is empty and the server's.
    ///
    /// # Panics
    /// As [`Cluster::start`].
    pub fn start_with_wal_in(folder: &Path, settings: &str) -> Cluster {
        let folder = folder.display().to_string();
        Cluster::start_with(settings, &["--wal-segsize=1", "--waldir", &folder])
    }

    fn start_with(settings: &str, options: &[&str]) -> Cluster {
        let password = value(
            &mut connect(&stack().database_url),
            "select gen_random_uuid()::text",
            &[],
        );
        let cluster = Cluster::prepare(password);
        let password_file = cluster.folder().join("password");
        fs::write(&password_file, &cluster.password).unwrap();
        own(&password_file);
        cluster.run(
            cluster
                .program("initdb")
                .args([
                    "-U",
                    "postgres",
                    "-A",
                    "scram-sha-256",
                    "-E",
                    "UTF8",
                    "--locale",
                    "C.UTF-8",
                ])
                .arg("--no-sync")
                .args(options)
                .arg("--pwfile")
                .arg(&password_file)
                .arg("-D")
                .arg(cluster.data()),
        );
        cluster.configure(settings);
        cluster.boot();
        cluster
    }

    /// A standby of a running cluster, started.
    ///
    /// # Panics
    /// It cannot be made.
    pub fn standby_of(primary: &Cluster) -> Cluster {
        let standby = Cluster::copy_of(primary, &["--write-recovery-conf"]);
        standby.configure("");
        standby.boot();
        standby
    }

    /// A base backup of a running cluster, not started yet: see [`Cluster::boot_at`].
    ///
    /// # Panics
    /// It cannot be made.
    pub fn backup_of(primary: &Cluster) -> Cluster {
        Cluster::copy_of(primary, &[])
    }

    /// Starts a backup as the server was at a point in time, by the WAL that another cluster has archived.
    ///
    /// # Panics
    /// It does not come so far.
    pub fn boot_at(&self, time: &str, archive_of: &Cluster) {
        self.configure(&format!(
            "restore_command = 'cp {}/%f %p'\nrecovery_target_time = '{time}'\nrecovery_target_action = 'promote'",
            archive_of.archive().display()
        ));
        let signal = self.data().join("recovery.signal");
        fs::write(&signal, "").unwrap();
        own(&signal);
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
        // The stack's own programs: beside them is the extension.
        let bin: String = value(
            &mut connect(&stack().database_url),
            "select setting from pg_config where name = 'BINDIR'",
            &[],
        );
        let folder = tempfile::Builder::new()
            .prefix("musicstream-cluster-")
            .tempdir()
            .unwrap();
        own(folder.path());
        let archive = folder.path().join("archive");
        fs::create_dir(&archive).unwrap();
        own(&archive);
        Cluster {
            folder,
            bin: PathBuf::from(bin),
            port: free_port(),
            password,
        }
    }

    /// Replaces the test's lines of the configuration; the server reads them when it starts.
    ///
    /// # Panics
    /// They cannot be written.
    pub fn configure(&self, settings: &str) {
        let conf = self.data().join("postgresql.conf");
        let text = format!("{SETTINGS}port = {}\n{settings}\n", self.port);
        fs::write(&conf, text).unwrap();
        own(&conf);
    }

    /// Starts the server and waits until it takes connections.
    ///
    /// # Panics
    /// It does not start; its log is in the message.
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
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// Starts the server as a standby that has lost its primary: it answers, and writes nothing until it is promoted.
    ///
    /// # Panics
    /// It does not start; its log is in the message.
    pub fn boot_as_standby(&self) {
        let signal = self.data().join("standby.signal");
        fs::write(&signal, "").unwrap();
        own(&signal);
        self.boot();
    }

    /// Brings the server back, whether it runs, recovers or has given up.
    ///
    /// # Panics
    /// It does not come back.
    pub fn revive(&self) {
        until(SOON, "the server to come back", || {
            if Client::connect(&self.url(), NoTls).is_ok() {
                return Some(());
            }
            let mut control = self.program("pg_ctl");
            control.arg("-D").arg(self.data()).stdout(Stdio::null());
            if control.arg("status").status().is_ok_and(|it| !it.success()) {
                // The old server may be on its way out still: then the next look tries again.
                let _ = self.start_command().status();
            }
            None
        });
        self.await_writable();
    }

    /// Stops the server as a loss of power would: no checkpoint, no farewell.
    ///
    /// # Panics
    /// It runs on.
    pub fn crash(&self) {
        self.stop("immediate");
    }

    /// Stops the server in good order.
    ///
    /// # Panics
    /// It runs on.
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

    /// Makes a standby a primary.
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

    /// `kill -9` of one of the server's processes. Of a session's: the server ends all others, and recovers.
    ///
    /// # Panics
    /// It is not there.
    pub fn kill(&self, process: i32) {
        let process = Pid::from_raw(process).expect("a process number");
        kill_process(process, Signal::KILL)
            .unwrap_or_else(|error| panic!("cannot kill {process:?}: {error}"));
    }

    /// `kill -9` of the server and all of its processes, and waits until they are gone.
    ///
    /// # Panics
    /// It does not run.
    pub fn kill_all(&self) {
        let processes = self.freeze();
        processes.signal(Signal::KILL);
        until(SOON, "the server's processes to be gone", || {
            let mut all = processes.processes().iter();
            all.all(|process| !is_alive(*process)).then_some(())
        });
        // Where nobody collects orphans the next server would take the dead one for a living one.
        let file = self.data().join("postmaster.pid");
        fs::remove_file(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }

    /// Has the server and all of its processes stand still: connections stay, new ones are taken by the system, and
    /// nothing answers.
    ///
    /// # Panics
    /// It does not run.
    pub fn freeze(&self) -> Frozen {
        let file = self.data().join("postmaster.pid");
        let text =
            fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Frozen::new(text.lines().next().unwrap_or_default().parse().unwrap())
    }

    /// Puts a file beside the server's data, which nobody else may read: `ssl_key_file` and the like find it there.
    ///
    /// # Panics
    /// It cannot be written.
    pub fn put(&self, name: &str, content: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let file = self.data().join(name);
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        own(&file);
    }

    /// Waits until the server takes connections and writes, whatever has happened to it.
    ///
    /// # Panics
    /// It does not.
    pub fn await_writable(&self) -> Client {
        until(SOON, "the server to recover", || {
            let mut client = Client::connect(&self.url(), NoTls).ok()?;
            let is_standby: bool = client
                .query_one("select pg_is_in_recovery()", &[])
                .ok()?
                .get(0);
            (!is_standby).then_some(client)
        })
    }

    /// Its database `postgres`, as a superuser.
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

    /// One of Postgres's programs, run as the owner of the cluster: Postgres refuses to run as root.
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

    /// Runs a program to its end, and returns what it wrote to standard output.
    ///
    /// # Panics
    /// It fails; what it wrote and the server's log are in the message.
    pub fn run(&self, command: &mut Command) -> Vec<u8> {
        // Files, not pipes: a server that stays would keep a pipe open.
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

    /// What the server has logged since its log was so long, in bytes.
    pub fn log_since(&self, length: u64) -> String {
        use std::io::{Read as _, Seek as _, SeekFrom};
        let mut bytes = Vec::new();
        // One that cannot be read is as good as empty.
        let _ = fs::File::open(self.folder().join("log")).and_then(|mut file| {
            file.seek(SeekFrom::Start(length))?;
            file.read_to_end(&mut bytes)
        });
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// How long its log is, in bytes.
    pub fn log_length(&self) -> u64 {
        fs::metadata(self.folder().join("log")).map_or(0, |file| file.len())
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        fs::read(self.folder().join("log"))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Runs SQL by psql in one of its databases; with `stops` at the first error.
    ///
    /// # Panics
    /// An error has stopped it.
    pub fn psql(&self, url: &str, sql: &[u8], stops: bool) {
        let file = self.folder().join("psql.sql");
        fs::write(&file, sql).unwrap();
        own(&file);
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
            // A test that has failed already must not die of this, too.
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

/// Whether this process is root's.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Gives a file to the system's user postgres, who owns the clusters where the tests run as root.
pub(crate) fn own(path: &Path) {
    if is_root() {
        let output = Command::new("chown").arg("postgres").arg(path).output();
        assert!(
            output.as_ref().is_ok_and(|output| output.status.success()),
            "chown postgres {}: {output:?}",
            path.display()
        );
    }
}
