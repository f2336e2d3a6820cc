//! The Postgres server: a fresh database for each run, and the bytes that it writes.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use postgres::config::Host;
use postgres::{Client, Config, NoTls};

#[derive(Debug, Clone)]
pub(crate) struct Server {
    url: String,
    config: Config,
}

impl Server {
    /// `url` has a database of the server and a superuser.
    pub(crate) fn new(url: &str) -> Result<Server> {
        Ok(Server {
            url: url.to_owned(),
            config: url.parse().context("the database URL is invalid")?,
        })
    }

    fn connect(&self, database: &str) -> Result<Client> {
        let mut config = self.config.clone();
        config
            .dbname(database)
            .connect(NoTls)
            .with_context(|| format!("cannot connect to database {database}"))
    }

    /// Creates an empty database, which is dropped with the returned value. Its name contains the process id, so that two
    /// benchmarks can run at the same time.
    pub(crate) fn fresh(&self, purpose: &str) -> Result<Database> {
        let name = format!("musicstream_bench_{purpose}_{}", std::process::id());
        let mut client = self.connect("postgres")?;
        client.batch_execute(&format!("drop database if exists {name} with (force)"))?;
        client.batch_execute(&format!("create database {name}"))?;
        Ok(Database {
            server: self.clone(),
            name,
        })
    }

    /// The same, with the extension.
    pub(crate) fn fresh_with_extension(&self, purpose: &str) -> Result<Database> {
        let database = self.fresh(purpose)?;
        database
            .client()?
            .batch_execute("set client_min_messages = warning; create extension pg_musicstream")?;
        Ok(database)
    }

    /// Drops the databases of benchmarks that were killed.
    pub(crate) fn drop_leftovers(&self) -> Result<()> {
        let mut client = self.connect("postgres")?;
        let sql =
            "select datname::text from pg_database where datname like 'musicstream\\_bench\\_%'";
        for row in client.query(sql, &[])? {
            let name: String = row.get(0);
            let process = name.rsplit('_').next().unwrap_or_default();
            if is_over(process) {
                client.batch_execute(&format!("drop database if exists {name} with (force)"))?;
            }
        }
        Ok(())
    }

    /// The psql in the server's folder, if that exists on this machine; otherwise the one on the PATH.
    pub(crate) fn psql(&self) -> Result<PathBuf> {
        let sql = "select setting from pg_config where name = 'BINDIR'";
        let folder: String = self.connect("postgres")?.query_one(sql, &[])?.get(0);
        let own = PathBuf::from(folder).join("psql");
        Ok(if own.exists() {
            own
        } else {
            PathBuf::from("psql")
        })
    }

    /// The process id of the postmaster.
    pub(crate) fn postmaster(&self) -> Result<i32> {
        parent_of_session(&mut self.connect("postgres")?)
    }

    /// The version, and the settings that affect the speed most.
    pub(crate) fn describe(&self) -> Result<String> {
        let row = self
            .connect("postgres")?
            .query_one(include_str!("sql/describe.sql"), &[])?;
        Ok(row.get(0))
    }
}

/// Whether no process has this id, which is part of the names of databases and topics.
pub(crate) fn is_over(process: &str) -> bool {
    process.parse::<u32>().is_ok() && !Path::new("/proc").join(process).exists()
}

/// A database of the benchmark.
#[derive(Debug)]
pub(crate) struct Database {
    server: Server,
    name: String,
}

impl Database {
    pub(crate) fn client(&self) -> Result<Client> {
        self.server.connect(&self.name)
    }

    pub(crate) fn url(&self) -> Result<String> {
        let (address, _) = self
            .server
            .url
            .rsplit_once('/')
            .context("the database URL has no database")?;
        Ok(format!("{address}/{}", self.name))
    }

    /// libpq's environment variables for this database.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let config = &self.server.config;
        let host = match config.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            Some(Host::Unix(folder)) => folder.display().to_string(),
            None => "127.0.0.1".to_owned(),
        };
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let password = config.get_password().unwrap_or_default();
        vec![
            ("PGHOST", host),
            ("PGPORT", port.to_string()),
            ("PGUSER", config.get_user().unwrap_or("postgres").to_owned()),
            ("PGPASSWORD", String::from_utf8_lossy(password).into_owned()),
            ("PGDATABASE", self.name.clone()),
        ]
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let dropped = self.server.connect("postgres").and_then(|mut client| {
            Ok(client.batch_execute(&format!("drop database {} with (force)", self.name))?)
        });
        if let Err(error) = dropped {
            eprintln!("database {} is left behind: {error:#}", self.name);
        }
    }
}

/// The parent process of this session's backend: the postmaster.
pub(crate) fn parent_of_session(client: &mut Client) -> Result<i32> {
    let backend: i32 = client.query_one("select pg_backend_pid()", &[])?.get(0);
    let stat = std::fs::read_to_string(format!("/proc/{backend}/stat"))
        .context("Postgres does not run on this machine")?;
    crate::usage::parse_stat(&stat)
        .map(|stat| stat.parent)
        .context("/proc/PID/stat of the server cannot be parsed")
}

/// Bytes of WAL that the server has written since initdb.
pub(crate) fn wal_bytes(client: &mut Client) -> Result<f64> {
    let sql = "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8";
    Ok(client.query_one(sql, &[])?.get(0))
}

/// Bytes of the database's files.
pub(crate) fn disk_bytes(client: &mut Client) -> Result<f64> {
    let sql = "select pg_database_size(current_database())::float8";
    Ok(client.query_one(sql, &[])?.get(0))
}
