//! Connects, and checks that the extension is installed.

use tokio_postgres::Client;

use super::{DatabaseError, Target};

/// Connects. The connection runs as a task of the current runtime.
pub(crate) async fn connect(target: &Target) -> Result<Client, DatabaseError> {
    let (client, connection) = target
        .connect(&target.connector()?)
        .await
        .map_err(|error| DatabaseError::of_connecting(target, &error))?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "database connection ended");
        }
    });
    Ok(client)
}

/// Checks that the extension is installed, visible, and new enough.
pub(super) async fn check_extension(client: &Client) -> Result<(), DatabaseError> {
    let row = client
        .query_opt(include_str!("../sql/extension.sql"), &[])
        .await
        .map_err(|error| DatabaseError::of("cannot check for the extension", &error))?;
    match row {
        None => Err(DatabaseError::config(
            "the database lacks the extension pg_musicstream; hint: create extension pg_musicstream",
        )),
        Some(row) if !row.get::<_, bool>(1) => Err(DatabaseError::config(
            "the extension pg_musicstream is not in the search_path; hint: add its schema, \
             for example with alter role … set search_path",
        )),
        Some(row) if !is_new_enough(row.get(0)) => Err(DatabaseError::config(format!(
            "the extension pg_musicstream is of version {}, and this ingestor needs {}.{} or later; hint: \
             alter extension pg_musicstream update",
            row.get::<_, &str>(0),
            OLDEST.0,
            OLDEST.1
        ))),
        Some(_) => Ok(()),
    }
}

/// Major and minor version of the oldest extension that has all functions that the ingestor calls.
const OLDEST: (u32, u32) = (1, 0);

fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.split('.').map(|number| number.parse().ok());
    // Any other version is a private build, whose maker is responsible for it.
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(major), Some(minor)) => (major, minor) >= OLDEST,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (version, expected) in [
            ("0.1.9", false),
            ("0.10.0", false),
            ("1.0.0", true),
            ("1.0.10", true),
            ("10.0.0", true),
            ("mine", true),
        ] {
            assert_eq!(is_new_enough(version), expected, "{version}");
        }
    }
}
