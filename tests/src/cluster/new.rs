//! The data folder of a new server.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Cluster, chown_to_postgres};
use crate::database::{connect, value};
use crate::stack::stack;

impl Cluster {
    /// A cluster as initdb makes it, which takes half a second of processor time.
    pub(super) fn initialised(options: &[&str]) -> Cluster {
        let password = value(
            &mut connect(&stack().database_url),
            "select gen_random_uuid()::text",
            &[],
        );
        let cluster = Cluster::prepare(password);
        let password_file = cluster.folder().join("password");
        fs::write(&password_file, &cluster.password).unwrap();
        chown_to_postgres(&password_file);
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
        cluster
    }

    /// A copy of the data folder that initdb made for the tests' server, and so with its password.
    pub(super) fn copied(new: &Path) -> Cluster {
        let server: postgres::Config = stack().database_url.parse().unwrap();
        let password = server.get_password().expect("a password in DATABASE_URL");
        let cluster = Cluster::prepare(String::from_utf8(password.to_vec()).unwrap());
        // With the owner of the files.
        cluster.run(Command::new("cp").arg("-a").arg(new).arg(cluster.data()));
        cluster
    }
}
