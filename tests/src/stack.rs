//! Finds the servers and the programs.

use std::env;
use std::path::PathBuf;
use std::sync::OnceLock;

/// The servers and programs of `make test`.
#[derive(Debug)]
pub struct Stack {
    /// URL of a database of the cluster, for a superuser.
    pub database_url: String,
    /// `host:port` of the Kafka broker.
    pub brokers: String,
    /// The directory of Kafka's Java libraries, for private brokers.
    pub kafka_lib: PathBuf,
    /// The directory of the programs under test.
    pub bin_dir: PathBuf,
    /// The data folder of a new cluster, for copies; `None`: private clusters are made by initdb.
    pub new_cluster: Option<PathBuf>,
}

/// The stack of this run, from `DATABASE_URL`, `KAFKA_BROKERS`, `MUSICSTREAM_KAFKA_LIB`, `MUSICSTREAM_BIN_DIR` (default: the build
/// directory of the test program) and `MUSICSTREAM_NEW_CLUSTER` (which may be unset).
///
/// # Panics
/// A variable is not set.
pub fn stack() -> &'static Stack {
    static STACK: OnceLock<Result<Stack, String>> = OnceLock::new();
    match STACK.get_or_init(find) {
        Ok(stack) => stack,
        Err(message) => panic!("{message}"),
    }
}

fn find() -> Result<Stack, String> {
    let variable = |name: &str| {
        env::var(name).map_err(|_| {
            format!(
                "{name} is not set: run `make test`, which starts Postgres and Kafka and sets it"
            )
        })
    };
    let bin_dir = match env::var_os("MUSICSTREAM_BIN_DIR") {
        Some(dir) => PathBuf::from(dir),
        // target/release/deps/end_to_end-…
        None => {
            let exe = env::current_exe().map_err(|error| error.to_string())?;
            exe.ancestors()
                .nth(2)
                .map(PathBuf::from)
                .unwrap_or_default()
        }
    };
    Ok(Stack {
        database_url: variable("DATABASE_URL")?,
        brokers: variable("KAFKA_BROKERS")?,
        kafka_lib: PathBuf::from(variable("MUSICSTREAM_KAFKA_LIB")?),
        bin_dir,
        new_cluster: env::var_os("MUSICSTREAM_NEW_CLUSTER").map(PathBuf::from),
    })
}
