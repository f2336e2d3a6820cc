//! A fresh database for each test.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use postgres::types::ToSql;
use postgres::{Client, NoTls};

use crate::stack::stack;

/// Prefix of the names of all test databases; the process id follows.
const PREFIX: &str = "musicstream_test_";

static NUMBER: AtomicU32 = AtomicU32::new(0);

type Maker = Rc<dyn Fn() -> Database>;

thread_local! {
    static MAKER: RefCell<Option<Maker>> = const { RefCell::new(None) };
}

/// The logins of each database, and their roles.
const LOGINS: [(&str, &str); 3] = [
    ("ingest", "in role musicstream_ingest"),
    ("read", "in role musicstream_read"),
    ("nobody", ""),
];

/// A database with the extension and its roles, which is dropped when this is dropped, unless `MUSICSTREAM_KEEP` is set in
/// the environment.
pub struct Database {
    /// URL of the cluster, as a superuser.
    server: String,
    /// Other clusters with a database of the same name: workers of Citus.
    workers: Mutex<Vec<String>>,
    name: String,
    password: String,
}

impl Database {
    /// Creates a database in the stack's cluster with the project's SQL files, or in a Citus cluster: see
    /// [`crate::citus::Citus::with_distributed_databases`].
    ///
    /// # Panics
    /// The server refuses.
    pub fn create() -> Database {
        match MAKER.with_borrow(Clone::clone) {
            Some(make) => make(),
            None => Database::from_template(),
        }
    }

    /// Creates a database as a copy of one with the extension, in a fifth of the time that creating the extension takes.
    fn from_template() -> Database {
        static TEMPLATE: OnceLock<String> = OnceLock::new();
        let url = &stack().database_url;
        make_in(url, |server| {
            let template = TEMPLATE.get_or_init(|| {
                drop_orphans(server);
                let name = format!("{PREFIX}{}_template", std::process::id());
                execute(server, &format!("create database {name}"));
                let mut client = connect(&format!("{}/{name}", split(url).0));
                for script in ["extension.sql", "roles.sql"] {
                    execute(&mut client, &project_sql(script));
                }
                name
            });
            // By default Postgres 15 and later write the files' content to the WAL, which takes longer; before, there was no
            // choice.
            let strategy = match value(
                server,
                "select current_setting('server_version_num')::int >= 150000",
                &[],
            ) {
                true => "strategy file_copy",
                false => "",
            };
            let database = Database::make(server, url, &format!("template {template} {strategy}"));
            // The only privilege in the roles' script that is one of the database: those of its objects are copied.
            execute(
                server,
                &format!(
                    "grant temporary on database {} to musicstream_owner",
                    database.name
                ),
            );
            database.create_logins(server);
            database
        })
    }

    /// While `work` runs, [`Database::create`] on this thread calls `make`.
    pub(crate) fn created_by<T>(
        make: impl Fn() -> Database + 'static,
        work: impl FnOnce() -> T,
    ) -> T {
        /// Restores the default even if `work` panics.
        struct Reset;
        impl Drop for Reset {
            fn drop(&mut self) {
                MAKER.set(None);
            }
        }
        MAKER.set(Some(Rc::new(make)));
        let _reset = Reset;
        work()
    }

    /// Creates a database in the cluster with this superuser URL. `options` follow `create database`.
    ///
    /// # Panics
    /// As [`Database::create`].
    pub fn create_in(server: &str, options: &str) -> Database {
        let scripts = [project_sql("extension.sql"), project_sql("roles.sql")];
        Database::set_up(server, options, &[], &scripts)
    }

    /// Creates a database with an old version of the extension, and that version's roles.
    ///
    /// # Panics
    /// The server refuses.
    pub fn of_version(version: &str, roles: &str) -> Database {
        let extension = format!("create extension pg_musicstream version '{version}'");
        let scripts = [extension, roles.to_owned()];
        Database::set_up(&stack().database_url, "", &[], &scripts)
    }

    /// Creates a database with these scripts, which also create the roles; before that, a database of the same name with the
    /// extension citus on each worker.
    pub(crate) fn set_up(
        url: &str,
        options: &str,
        workers: &[String],
        scripts: &[String],
    ) -> Database {
        make_in(url, |server| {
            let database = Database::make(server, url, options);
            for worker in workers {
                database.create_on(worker, "create extension citus");
            }
            let mut client = database.client();
            for script in scripts {
                execute(&mut client, script);
            }
            database.create_logins(&mut client);
            database
        })
    }

    /// Creates the database without its logins. `url` is that of the server.
    fn make(server: &mut Client, url: &str, options: &str) -> Database {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{}_{number}", std::process::id());
        execute(server, &format!("create database {name} {options}"));
        Database {
            server: url.to_owned(),
            workers: Mutex::default(),
            name,
            password: login_password(server).plain.clone(),
        }
    }

    fn create_logins(&self, client: &mut Client) {
        let password = &login_password(client).stored;
        for (login, roles) in LOGINS {
            let name = &self.name;
            execute(
                client,
                &format!("create role {name}_{login} login password '{password}' {roles}"),
            );
        }
    }

    /// A database of the same name that was restored on another cluster.
    pub fn on(&self, server: &str) -> Database {
        Database {
            server: server.to_owned(),
            workers: Mutex::default(),
            name: self.name.clone(),
            password: self.password.clone(),
        }
    }

    /// Creates a database of the same name on another cluster with this script. It is dropped with this one.
    pub(crate) fn create_on(&self, server: &str, script: &str) {
        execute(
            &mut connect(server),
            &format!("create database {}", self.name),
        );
        self.workers.lock().unwrap().push(server.to_owned());
        execute(&mut self.client_on(server), script);
    }

    /// A connection as superuser to the database of this name on another cluster.
    pub fn client_on(&self, server: &str) -> Client {
        connect(&format!("{}/{}", split(server).0, self.name))
    }

    /// Changes a setting for all later sessions.
    ///
    /// # Panics
    /// There is no such setting, or the value is invalid.
    pub fn set(&self, setting: &str, value: &str) {
        let sql = format!("alter database {} set {setting} = '{value}'", self.name);
        with_server(&self.server, |server| execute(server, &sql)).unwrap();
    }

    /// As [`Database::create`], for tests that are not about the partitions of coming days: rollups create none, and statements
    /// have fewer partitions to open.
    ///
    /// # Panics
    /// As [`Database::create`].
    pub fn without_coming_days() -> Database {
        let database = Database::create();
        database.set("musicstream.premake", "0");
        database
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The URL for a superuser.
    pub fn url(&self) -> String {
        let (server, _) = split(&self.server);
        format!("{server}/{}", self.name)
    }

    /// The URL for a superuser whose search_path has the internal schema of the extension. Other users have the server's default.
    pub fn inside_url(&self) -> String {
        format!(
            "{}?options=-csearch_path%3Dpublic%2Cmusicstream_internal",
            self.url()
        )
    }

    /// The URL for a login that only has the role `musicstream_ingest`.
    pub fn ingest_url(&self) -> String {
        self.url_of("ingest")
    }

    /// The URL for a login that only has the role `musicstream_read`.
    pub fn read_url(&self) -> String {
        self.url_of("read")
    }

    /// The URL for a login without roles, which only has the privileges of PUBLIC.
    pub fn unprivileged_url(&self) -> String {
        self.url_of("nobody")
    }

    fn url_of(&self, role: &str) -> String {
        let (server, _) = split(&self.server);
        let (_, address) = server.split_once("://").unwrap();
        let address = address.rsplit_once('@').map_or(address, |(_, host)| host);
        format!(
            "postgresql://{0}_{role}:{1}@{address}/{0}",
            self.name, self.password
        )
    }

    /// A connection as superuser, by [`Database::inside_url`].
    pub fn client(&self) -> Client {
        connect(&self.inside_url())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if std::env::var_os("MUSICSTREAM_KEEP").is_some() {
            eprintln!("kept database {}", self.name);
            return;
        }
        // A panic here, while a failed test unwinds, would abort the process.
        let mut servers = vec![self.server.clone()];
        servers.append(
            &mut self
                .workers
                .lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner()),
        );
        for server in &servers {
            // A server that has ended takes no connections.
            let _ = with_server(server, |server| drop_database(server, &self.name));
        }
    }
}

/// Reads a script of the folder `sql`.
///
/// # Panics
/// The file does not exist.
pub fn project_sql(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../sql")
        .join(file);
    std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

/// Connects.
///
/// # Panics
/// The server refuses.
pub fn connect(url: &str) -> Client {
    Client::connect(url, NoTls)
        .unwrap_or_else(|error| panic!("cannot connect to Postgres: {error:?}"))
}

/// The password of the logins of all databases.
struct Password {
    plain: String,
    /// As servers store it. Made once: each hash takes a server five milliseconds of processor time.
    stored: String,
}

fn login_password(server: &mut Client) -> &'static Password {
    static PASSWORD: OnceLock<Password> = OnceLock::new();
    PASSWORD.get_or_init(|| {
        let plain: String = value(server, "select gen_random_uuid()::text", &[]);
        let role = format!("{PREFIX}{}_password", std::process::id());
        execute(
            server,
            &format!(
                "begin; set local password_encryption = 'scram-sha-256'; create role {role} password '{plain}'"
            ),
        );
        let stored = format!("select rolpassword from pg_authid where rolname = '{role}'");
        let stored = value(server, &stored, &[]);
        execute(server, "rollback");
        Password { plain, stored }
    })
}

/// Runs `work` in a session of the server with this URL. Sessions of the tests' server are kept and used again, because each new
/// one takes milliseconds of processor time.
fn with_server<T>(url: &str, work: impl FnOnce(&mut Client) -> T) -> Result<T, postgres::Error> {
    static IDLE: Mutex<Vec<Client>> = Mutex::new(Vec::new());
    let idle = || IDLE.lock().unwrap_or_else(PoisonError::into_inner);
    let is_kept = url == stack().database_url;
    let kept = if is_kept { idle().pop() } else { None };
    let mut client = match kept {
        Some(client) => client,
        None => Client::connect(url, NoTls)?,
    };
    let result = work(&mut client);
    if is_kept {
        idle().push(client);
    }
    Ok(result)
}

/// As [`with_server`], for `work` that creates databases: one at a time in a server, because the tests' programs share its roles.
fn make_in<T>(url: &str, work: impl FnOnce(&mut Client) -> T) -> T {
    let made = with_server(url, |server| {
        execute(server, "select pg_advisory_lock(1)");
        let made = work(server);
        execute(server, "select pg_advisory_unlock(1)");
        made
    });
    made.unwrap_or_else(|error| panic!("cannot connect to Postgres: {error:?}"))
}

fn execute(client: &mut Client, script: &str) {
    client
        .batch_execute(script)
        .unwrap_or_else(|error| panic!("{script}: {error:?}"));
}

/// The only value of the only row.
///
/// # Panics
/// The statement fails, or returns another number of rows.
pub fn value<T: for<'a> postgres::types::FromSql<'a>>(
    client: &mut Client,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> T {
    client
        .query_one(sql, parameters)
        .unwrap_or_else(|error| panic!("{sql}: {error:?}"))
        .get(0)
}

/// The server process of a session.
///
/// # Panics
/// As [`value`].
pub fn process_of(client: &mut Client) -> i32 {
    value(client, "select pg_backend_pid()", &[])
}

/// Whether a server process waits for a lock that another one holds or requested first.
///
/// # Panics
/// As [`value`].
pub fn waits_for(client: &mut Client, waiting: i32, holder: i32) -> bool {
    value(
        client,
        "select $1 = any (pg_blocking_pids($2))",
        &[&holder, &waiting],
    )
}

fn split(url: &str) -> (&str, &str) {
    let host = url.find("://").map_or(0, |at| at + 3);
    match url[host..].find('/') {
        Some(slash) => (&url[..host + slash], &url[host + slash + 1..]),
        None => (url, ""),
    }
}

/// Drops databases and roles of earlier runs that were interrupted.
fn drop_orphans(server: &mut Client) {
    let names = server
        .query(
            "select datname from pg_database where starts_with(datname, $1)",
            &[&PREFIX],
        )
        .unwrap();
    for name in names.iter().map(|row| row.get::<_, String>(0)) {
        let process = name[PREFIX.len()..].split('_').next().unwrap_or_default();
        if !Path::new("/proc").join(process).exists() {
            drop_database(server, &name);
        }
    }
}

fn drop_database(server: &mut Client, name: &str) {
    let database = format!("drop database if exists {name} with (force)");
    let logins = LOGINS.map(|(login, _)| format!("drop role if exists {name}_{login}"));
    for statement in [database].into_iter().chain(logins) {
        if let Err(error) = server.batch_execute(&statement) {
            eprintln!("{statement}: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn the_database_is_what_follows_the_server() {
        assert_eq!(
            split("postgresql://a:b@h:1/d"),
            ("postgresql://a:b@h:1", "d")
        );
        assert_eq!(split("postgresql://h"), ("postgresql://h", ""));
    }
}
