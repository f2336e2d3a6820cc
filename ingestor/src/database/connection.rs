//! A connection, and whether the extension is at its other end.

use tokio_postgres::Client;

use super::{DatabaseError, Target};

/// Connects, and lets the connection run on this thread's runtime.
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

/// Sees that the extension is there and visible.
pub(super) async fn check_extension(client: &Client) -> Result<(), DatabaseError> {
    let row = client
        .query_opt(include_str!("../sql/extension.sql"), &[])
        .await
        .map_err(|error| DatabaseError::of("cannot look for the extension", &error))?;
    match row {
        None => Err(DatabaseError::config(
            "the database lacks the extension pg_musicstream; hint: create extension pg_musicstream",
        )),
        Some(row) if !row.get::<_, bool>(1) => Err(DatabaseError::config(
            "the extension pg_musicstream is not in the search_path; hint: add its schema, \
             for example with alter role … set search_path",
        )),
        Some(_) => Ok(()),
    }
}
