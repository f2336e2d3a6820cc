//! A private Postgres server on loopback, removed after the test.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// Where Debian and its derivatives install servers.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A running server.
pub(crate) struct Cluster {
    folder: TempDir,
    bin: PathBuf,
    pub(crate) port: u16,
}

impl Cluster {
    /// A server with these lines in `pg_hba.conf`; its superuser connects through the socket.
    pub(crate) fn start(hba: &str) -> Cluster {
        let cluster = Cluster::prepare();
        let data = cluster.data();
        cluster.run(
            "initdb",
            &[
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale",
                "C",
                "--no-sync",
            ],
        );
        fs::write(
            data.join("pg_hba.conf"),
            format!("local all,replication postgres trust\n{hba}\n"),
        )
        .unwrap();
        cluster.start_server();
        cluster
    }

    /// A standby without a connection to its primary.
    pub(crate) fn standby_of(primary: &Cluster) -> Cluster {
        let cluster = Cluster::prepare();
        let copy = format!(
            "-h {} -p {} -U postgres -c fast -X fetch --no-sync",
            primary.socket(),
            primary.port
        );
        cluster.run("pg_basebackup", &copy.split(' ').collect::<Vec<_>>());
        fs::write(cluster.data().join("standby.signal"), "").unwrap();
        cluster.start_server();
        cluster
    }

    /// Enables TLS with this certificate and key, both in PEM.
    pub(crate) fn use_certificate(&self, certificate: &str, key: &str, client_authority: &str) {
        let data = self.data();
        fs::write(data.join("server.crt"), certificate).unwrap();
        fs::write(data.join("server.key"), key).unwrap();
        fs::write(data.join("root.crt"), client_authority).unwrap();
        run(Command::new("chmod")
            .arg("600")
            .arg(data.join("server.key")));
        fs::write(
            data.join("tls.conf"),
            "ssl = on\nssl_ca_file = 'root.crt'\n",
        )
        .unwrap();
        self.chown_to_postgres();
        self.run(
            "pg_ctl",
            &[
                "-l",
                self.log().to_str().unwrap(),
                "-m",
                "fast",
                "-w",
                "restart",
            ],
        );
    }

    /// The folder of its socket.
    pub(crate) fn socket(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }

    /// Runs statements as the superuser.
    pub(crate) fn sql(&self, statements: &str) {
        let port = self.port.to_string();
        let mut psql = Command::new(self.bin.join("psql"));
        psql.args([
            "-Xqv",
            "ON_ERROR_STOP=1",
            "-h",
            self.socket(),
            "-p",
            &port,
            "-U",
            "postgres",
            "-c",
            statements,
        ]);
        run(&mut psql);
    }

    fn prepare() -> Cluster {
        let folder = tempfile::Builder::new()
            .prefix("connect-")
            .tempdir()
            .unwrap();
        // If another process takes the port, the start fails, and the server's log says so.
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let cluster = Cluster {
            folder,
            bin: server_programs(),
            port,
        };
        cluster.chown_to_postgres();
        cluster
    }

    fn start_server(&self) {
        let conf = format!(
            "listen_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = '{}'\nfsync = off\n\
             shared_buffers = 8MB\nmax_connections = 20\npassword_encryption = 'scram-sha-256'\n\
             include_if_exists 'tls.conf'\n",
            self.port,
            self.socket()
        );
        fs::write(self.data().join("postgresql.conf"), conf).unwrap();
        self.chown_to_postgres();
        self.run(
            "pg_ctl",
            &["-l", self.log().to_str().unwrap(), "-w", "start"],
        );
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Postgres refuses to run as root: then the server runs as the system's user postgres.
    fn chown_to_postgres(&self) {
        if is_root() {
            run(Command::new("chown")
                .args(["-R", "postgres"])
                .arg(self.folder.path()));
        }
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let program = self.bin.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        let output = finish(
            command
                .arg("-D")
                .arg(self.data())
                .args(arguments)
                .current_dir("/"),
        );
        assert!(
            output.status.success(),
            "{command:?}: {}{}",
            String::from_utf8_lossy(&output.stderr),
            fs::read_to_string(self.log()).unwrap_or_default()
        );
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.data().join("postmaster.pid").exists() {
            self.run("pg_ctl", &["-m", "immediate", "-w", "stop"]);
        }
    }
}

fn is_root() -> bool {
    String::from_utf8_lossy(&finish(Command::new("id").arg("-u")).stdout).trim() == "0"
}

fn run(command: &mut Command) {
    let output = finish(command);
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Runs a command with its output in a file: a server that it starts would keep an inherited pipe open, and reading the pipe
/// would never end.
fn finish(command: &mut Command) -> Output {
    let (out, err) = (
        tempfile::NamedTempFile::new().unwrap(),
        tempfile::NamedTempFile::new().unwrap(),
    );
    let status = command
        .stdout(out.reopen().unwrap())
        .stderr(err.reopen().unwrap())
        .status();
    let status = status.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let read = |file: &Path| fs::read(file).unwrap();
    Output {
        status,
        stdout: read(out.path()),
        stderr: read(err.path()),
    }
}

/// The folder of the server's programs: of `PG_CONFIG`, otherwise of the newest installed version.
fn server_programs() -> PathBuf {
    let of_pg_config = |program: &str| {
        let output = Command::new(program).arg("--bindir").output().ok()?;
        Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
    };
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir(DEBIAN)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((
                entry.file_name().to_str()?.parse().ok()?,
                entry.path().join("bin"),
            ))
        })
        .collect();
    versions.sort();
    std::env::var("PG_CONFIG")
        .ok()
        .and_then(|program| of_pg_config(&program))
        .into_iter()
        .chain(versions.into_iter().rev().map(|(_, bin)| bin))
        .chain(of_pg_config("pg_config"))
        .find(|bin| bin.join("initdb").exists())
        .expect("no Postgres server is installed: name one with PG_CONFIG")
}
