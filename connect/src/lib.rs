//! Which Postgres database is meant, and the way to it, as libpq understands both.
//!
//! [`Target::resolve`] takes a connection string (a `postgresql://` URL or `key=value` pairs) and an
//! [`Environment`], and fills what the string leaves out from the service file, the `PG*` variables, `~/.pgpass`
//! and libpq's defaults. [`Target::connector`] sets up TLS as `sslmode` and its companions say;
//! [`Target::connect`] and [`Target::connect_blocking`] try the hosts as libpq tries them.
//!
//! A parameter of libpq is followed, or it cannot matter here, or it is refused: none that protects the connection
//! is passed over in silence. No password stands in a `Debug`, a `Display` or an error.
//!
//! | file | what |
//! | --- | --- |
//! | `parameter` | every parameter of libpq, its variable, and what becomes of it |
//! | `url`, `key_value`, `service`, `passfile` | the four notations, each pure |
//! | `settings` | the parameters of one connection, each with where it came from |
//! | `endpoint` | the hosts among them |
//! | `target` | the result |
//! | `tls` | rustls, trusting what libpq would trust |
//! | `plan` | which host to try next, and how; pure |
//! | `connect` | the plan carried out |

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
