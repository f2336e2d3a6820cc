//! Connects with and without a runtime, and returns the outcome.

use musicstream_connect::{Environment, Target};

/// The server's port, whether the connection is encrypted, the role.
const SESSION_QUERY: &str = "select current_setting('port'), ssl::text, current_user::text
    from pg_stat_ssl where pid = pg_backend_pid()";

pub(crate) fn target(text: &str, environment: &Environment) -> Target {
    Target::resolve(Some(text), environment, "musicstream-test")
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// `PORT true ROLE` of the session, or the error; it must be the same with and without a runtime.
pub(crate) fn of(text: &str) -> Result<String, String> {
    of_target(&target(text, &Environment::default()))
}

pub(crate) fn of_target(target: &Target) -> Result<String, String> {
    let tls = target.connector().map_err(|error| error.to_string())?;
    let blocking = target
        .connect_blocking(&tls)
        .map_err(|error| error.to_string())
        .map(|mut client| {
            let row = client.query_one(SESSION_QUERY, &[]).unwrap();
            format!(
                "{} {} {}",
                row.get::<_, &str>(0),
                row.get::<_, &str>(1),
                row.get::<_, &str>(2)
            )
        });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let outcome = runtime.block_on(async {
        let (client, connection) = target
            .connect(&tls)
            .await
            .map_err(|error| error.to_string())?;
        let task = tokio::spawn(connection);
        let row = client.query_one(SESSION_QUERY, &[]).await.unwrap();
        drop(client);
        task.await.unwrap().unwrap();
        Ok(format!(
            "{} {} {}",
            row.get::<_, &str>(0),
            row.get::<_, &str>(1),
            row.get::<_, &str>(2)
        ))
    });
    assert_eq!(outcome, blocking);
    outcome
}
