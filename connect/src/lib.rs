//! Connects to a Postgres database, with the parameters and rules of libpq.
//!
//! [`Target::resolve`] takes a connection string (a `postgresql://` URL or `key=value` pairs) and an [`Environment`].
//! Parameters that the string leaves out come from the service file, the `PG*` variables, `~/.pgpass` and libpq's defaults.
//! [`Target::connector`] configures TLS by `sslmode` and the other TLS parameters; [`Target::connect`] and
//! [`Target::connect_blocking`] try the hosts in libpq's order.
//!
//! Each parameter of libpq is applied, has no effect here, or is refused: none that protects the connection is ignored
//! silently. No `Debug`, `Display` or error shows a password.
//!
//! | file | what |
//! | --- | --- |
//! | `parameter` | every parameter of libpq, its variable, and how it is handled |
//! | `url`, `key_value`, `service`, `passfile` | parsers of the four notations; pure |
//! | `user_file`, `environment` | where libpq's files are; the variables and the user |
//! | `settings` | the parameters of one connection, each with its origin |
//! | `endpoint` | the hosts |
//! | `target` | the database that results |
//! | `tls` | the configuration of rustls, with the trust of libpq |
//! | `plan` | which host to try next, and how; pure |
//! | `connect` | carries out the plan |

mod connect;
mod endpoint;
mod environment;
mod error;
mod key_value;
mod parameter;
mod passfile;
mod plan;
mod service;
mod session_kind;
mod settings;
mod target;
mod tls;
mod url;
mod user_file;

pub use connect::Connection;
pub use environment::Environment;
pub use error::{Cause, ConnectError, Failure, SettingError, Warning};
pub use session_kind::SessionKind;
pub use target::Target;
pub use tokio_postgres_rustls::MakeRustlsConnect;
pub use user_file::PASSWORD_FILE;
