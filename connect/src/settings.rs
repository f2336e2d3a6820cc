//! The parameters of one connection, each with its origin.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::environment::Environment;
use crate::error::SettingError;
use crate::parameter::{self, PARAMETERS, Support};
use crate::service::{self, Unusable};
use crate::user_file::UserFile;
use crate::{key_value, url};

/// Where a parameter is set.
#[derive(Clone, PartialEq, Eq)]
enum Origin {
    Text,
    Service(PathBuf),
    Variable(&'static str),
}

/// A parameter that is set to a value.
#[derive(Clone, Copy)]
pub(crate) struct Setting<'a> {
    name: &'static str,
    pub(crate) value: &'a str,
    origin: &'a Origin,
}

impl fmt::Display for Setting<'_> {
    /// Shows name and origin, never the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.origin {
            Origin::Text => write!(f, "{} in the connection string", self.name),
            Origin::Service(file) => write!(f, "{} in {}", self.name, file.display()),
            Origin::Variable(variable) => f.write_str(variable),
        }
    }
}

impl Setting<'_> {
    /// The error for an invalid value.
    pub(crate) fn not_understood(&self, instead: impl Into<String>) -> SettingError {
        SettingError::Value {
            setting: self.to_string(),
            instead: instead.into(),
        }
    }

    pub(crate) fn unsupported(&self, instead: impl Into<String>) -> SettingError {
        SettingError::Unsupported {
            setting: self.to_string(),
            instead: instead.into(),
        }
    }
}

/// All parameters. The connection string overrides the service, and the service overrides the variables.
pub(crate) struct Settings {
    by_name: BTreeMap<&'static str, (String, Origin)>,
}

impl Settings {
    /// Reads a connection string, which may be empty, and the environment.
    ///
    /// # Errors
    /// The string is malformed, or a parameter is unknown or not supported.
    pub(crate) fn collect(text: &str, environment: &Environment) -> Result<Settings, SettingError> {
        let mut settings = Settings {
            by_name: BTreeMap::new(),
        };
        settings.add_text(text.trim())?;
        settings.add_service(environment)?;
        settings.add_variables(environment)?;
        for parameter in PARAMETERS {
            if let (Support::Refused(instead), Some(setting)) =
                (parameter.support, settings.get(parameter.name))
            {
                return Err(setting.unsupported(instead));
            }
        }
        Ok(settings)
    }

    /// A parameter that is set. As in libpq an empty value stands for the default.
    pub(crate) fn get(&self, name: &'static str) -> Option<Setting<'_>> {
        debug_assert!(parameter::find(name).is_some(), "{name}");
        let (value, origin) = self.by_name.get(name)?;
        (!value.is_empty()).then_some(Setting {
            name,
            value,
            origin,
        })
    }

    /// The value of a parameter that is set.
    pub(crate) fn value(&self, name: &'static str) -> Option<&str> {
        self.get(name).map(|setting| setting.value)
    }

    /// The value as a number.
    ///
    /// # Errors
    /// It is no number; `instead` says what to write.
    pub(crate) fn number<T: FromStr>(
        &self,
        name: &'static str,
        instead: &str,
    ) -> Result<Option<T>, SettingError> {
        self.get(name)
            .map(|setting| {
                let number = setting.value.trim().parse();
                number.map_err(|_| setting.not_understood(instead))
            })
            .transpose()
    }

    /// The value as one of these words.
    ///
    /// # Errors
    /// It is none of them.
    pub(crate) fn choice<T: Copy>(
        &self,
        name: &'static str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, SettingError> {
        let Some(setting) = self.get(name) else {
            return Ok(None);
        };
        match words.iter().find(|(word, _)| *word == setting.value) {
            Some((_, choice)) => Ok(Some(*choice)),
            None => {
                let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                let (last, others) = all.split_last().unwrap_or((&"", &[]));
                Err(setting.not_understood(format!("{} or {last}", others.join(", "))))
            }
        }
    }

    fn add_text(&mut self, text: &str) -> Result<(), SettingError> {
        let (pairs, may_be_named) = match url::after_scheme(text) {
            // With an unescaped / in the password the query contains a part of it, and an @.
            Some(rest) => {
                let query = rest.split_once('?').map_or("", |(_, query)| query);
                (url::parse(rest)?, !query.contains('@'))
            }
            None => {
                if is_other_url(text) {
                    return Err(SettingError::Syntax {
                        problem: "it is a URL, but not of Postgres; write postgresql://user@host:5432/database".into(),
                    });
                }
                let pairs = key_value::parse(text)?;
                // A password with a blank that is not quoted looks like further parameters.
                let has_password = pairs.iter().any(|(key, _)| key == "password");
                (pairs, !has_password)
            }
        };
        for (place, (key, value)) in pairs.into_iter().enumerate() {
            let Some(parameter) = parameter::find(&key) else {
                return Err(SettingError::Unknown {
                    parameter: if may_be_named {
                        format!("{key:?} in the connection string")
                    } else {
                        format!("parameter {} of the connection string", place + 1)
                    },
                    meant: parameter::suggestion(&key),
                });
            };
            self.by_name.insert(parameter.name, (value, Origin::Text));
        }
        Ok(())
    }

    fn add_service(&mut self, environment: &Environment) -> Result<(), SettingError> {
        let Some(service) = self.value("service").or(environment.variable("PGSERVICE")?) else {
            return Ok(());
        };
        let of_user = match self
            .value("servicefile")
            .or(environment.variable("PGSERVICEFILE")?)
        {
            Some(file) => Some(PathBuf::from(file)),
            None => environment.user_file(UserFile::Services),
        };
        let of_all = match environment.variable("PGSYSCONFDIR")? {
            Some(folder) => Some(Path::new(folder).join("pg_service.conf")),
            None => environment.shared_services(),
        };
        let mut looked_in = Vec::new();
        for file in of_user.into_iter().chain(of_all) {
            let error = |problem: String| SettingError::File {
                setting: format!("for the service {service}"),
                path: file.clone(),
                problem,
            };
            let content = match std::fs::read_to_string(&file) {
                Ok(content) => content,
                Err(missing) if missing.kind() == std::io::ErrorKind::NotFound => {
                    looked_in.push(file.display().to_string());
                    continue;
                }
                Err(unreadable) => return Err(error(unreadable.to_string())),
            };
            match service::find(&content, service) {
                Ok(pairs) => return self.add_pairs_of_service(pairs, &file),
                Err(Unusable::NotThere) => looked_in.push(file.display().to_string()),
                Err(Unusable::Line(line, what)) => {
                    return Err(error(format!("line {line} {what}")));
                }
            }
        }
        Err(SettingError::Combination {
            problem: format!("there is no service {service}"),
            instead: match looked_in.as_slice() {
                [] => format!("name the file that has [{service}] in PGSERVICEFILE"),
                files => format!("add [{service}] to one of {}", files.join(", ")),
            },
        })
    }

    fn add_pairs_of_service(
        &mut self,
        pairs: Vec<(String, String)>,
        file: &Path,
    ) -> Result<(), SettingError> {
        for (key, value) in pairs {
            let Some(parameter) = parameter::find(&key) else {
                return Err(SettingError::Unknown {
                    parameter: format!("{key:?} in {}", file.display()),
                    meant: parameter::suggestion(&key),
                });
            };
            let origin = Origin::Service(file.to_owned());
            self.by_name
                .entry(parameter.name)
                .or_insert((value, origin));
        }
        Ok(())
    }

    fn add_variables(&mut self, environment: &Environment) -> Result<(), SettingError> {
        for parameter in PARAMETERS {
            let Some(variable) = parameter.variable else {
                continue;
            };
            if parameter.support == Support::Ignored || self.by_name.contains_key(parameter.name) {
                continue;
            }
            if let Some(value) = environment.variable(variable)? {
                let value = (value.to_owned(), Origin::Variable(variable));
                self.by_name.insert(parameter.name, value);
            }
        }
        // The predecessor of PGSSLMODE.
        if !self.by_name.contains_key("sslmode")
            && environment.variable("PGREQUIRESSL")? == Some("1")
        {
            let value = ("require".to_owned(), Origin::Variable("PGREQUIRESSL"));
            self.by_name.insert("sslmode", value);
        }
        Ok(())
    }
}

/// Whether the text is a URL; a value in key=value notation may contain one.
fn is_other_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.is_empty()
            && scheme
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || "+.-".contains(letter))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collect(text: &str, variables: &[(&str, &str)]) -> Result<Settings, SettingError> {
        Settings::collect(text, &Environment::of_variables(variables.iter().copied()))
    }

    #[test]
    fn the_string_overrides_the_service_which_overrides_variables() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("services");
        std::fs::write(&file, "[music]\nhost=of-service\nport=2\nuser=of-service\n").unwrap();
        let file = file.to_str().unwrap();
        let settings = collect(
            "host=of-string user='' sslmode=disable sslmode=require",
            &[
                ("PGSERVICE", "music"),
                ("PGSERVICEFILE", file),
                ("PGHOST", "of-variable"),
                ("PGPORT", "3"),
                ("PGUSER", "of-variable"),
                ("PGDATABASE", "of-variable"),
            ],
        )
        .unwrap();
        assert_eq!(settings.value("host"), Some("of-string"));
        assert_eq!(settings.value("port"), Some("2"));
        assert_eq!(settings.value("dbname"), Some("of-variable"));
        assert_eq!(
            settings.value("sslmode"),
            Some("require"),
            "the last counts"
        );
        assert_eq!(settings.value("user"), None, "empty means the default");
        assert_eq!(
            settings.get("port").unwrap().to_string(),
            format!("port in {file}")
        );
        assert_eq!(settings.get("dbname").unwrap().to_string(), "PGDATABASE");
    }

    #[test]
    fn a_missing_service_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().to_str().unwrap();
        let environment = Environment::of_variables([("PGSYSCONFDIR", folder)]).with_home(folder);
        let error = Settings::collect("service=music", &environment)
            .err()
            .unwrap()
            .to_string();
        assert!(
            error.contains("no service music") && error.contains(folder),
            "{error}"
        );
    }

    #[test]
    fn unknown_parameters_are_named_unless_they_may_be_secret() {
        let error = |text: &str| collect(text, &[]).err().unwrap().to_string();
        assert_eq!(
            error("postgresql://h/d?ssl_mode=require"),
            "\"ssl_mode\" in the connection string is not a parameter of libpq: did you mean sslmode?"
        );
        assert_eq!(
            error("host=h pool=1"),
            "\"pool\" in the connection string is not a parameter of libpq: leave it out"
        );
        assert_eq!(
            error("password=se cret=1"),
            "parameter 2 of the connection string is not a parameter of libpq: leave it out"
        );
        let error = error("postgresql://u:1/se?cret=x@h/d");
        assert!(!error.contains("cret"), "{error}");
    }

    #[test]
    fn other_urls_are_refused_without_being_quoted() {
        let error = collect("mysql://a:s3cret@h/d?x=y", &[])
            .err()
            .unwrap()
            .to_string();
        assert!(
            error.contains("not of Postgres") && !error.contains("s3cret"),
            "{error}"
        );
        assert!(collect("password=http://x", &[]).is_ok());
    }

    #[test]
    fn parameters_that_protect_the_connection_are_not_ignored() {
        for (text, variables) in [
            ("require_auth=scram-sha-256", &[][..]),
            ("", &[("PGREQUIREPEER", "postgres")]),
        ] {
            let error = collect(text, variables).err().unwrap();
            assert!(matches!(error, SettingError::Unsupported { .. }), "{error}");
        }
        assert!(collect("requirepeer='' gsslib=gssapi", &[("PGKRBSRVNAME", "x")]).is_ok());
        let settings = collect("", &[("PGREQUIRESSL", "1")]).unwrap();
        assert_eq!(settings.value("sslmode"), Some("require"));
    }
}
