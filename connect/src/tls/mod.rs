//! The configuration of rustls: it trusts the certificates that libpq would trust.

mod certificate;
mod files;
mod verifier;

use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::environment::Environment;
use crate::error::SettingError;
use crate::settings::Settings;
use crate::user_file::UserFile;
use files::NamedFile;
use verifier::{Check, Verifier};

/// libpq's `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SslMode {
    /// No TLS.
    Disable,
    /// TLS if the server refuses connections without it; nothing is checked.
    Allow,
    /// TLS if the server supports it; nothing is checked.
    Prefer,
    /// TLS; the certificate is checked only if there are root certificates.
    Require,
    /// TLS, with a certificate that a trusted root has signed.
    VerifyCa,
    /// TLS, with a trusted certificate that has the host's name.
    VerifyFull,
}

const MODES: [(&str, SslMode); 6] = [
    ("disable", SslMode::Disable),
    ("allow", SslMode::Allow),
    ("prefer", SslMode::Prefer),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];

#[derive(Debug, Clone)]
enum Roots {
    None,
    System,
    File(NamedFile),
}

/// The client's certificate.
#[derive(Debug, Clone)]
struct Identity {
    certificate: NamedFile,
    key: NamedFile,
}

/// The TLS settings of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    pub(crate) mode: SslMode,
    /// Without negotiation, as of Postgres 17.
    pub(crate) is_direct: bool,
    roots: Roots,
    revoked: Option<NamedFile>,
    identity: Option<Identity>,
    versions: &'static [&'static SupportedProtocolVersion],
    names_host: bool,
}

static BOTH: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13, &rustls::version::TLS12];
static ONLY_12: &[&SupportedProtocolVersion] = &[&rustls::version::TLS12];
static ONLY_13: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];

impl Tls {
    /// No TLS, for sockets.
    pub(crate) fn none() -> Tls {
        Tls {
            mode: SslMode::Disable,
            is_direct: false,
            roots: Roots::None,
            revoked: None,
            identity: None,
            versions: BOTH,
            names_host: true,
        }
    }

    /// From the settings; files that they do not name are searched in `~/.postgresql/`.
    ///
    /// # Errors
    /// A setting is invalid or not supported.
    pub(crate) fn new(settings: &Settings, environment: &Environment) -> Result<Tls, SettingError> {
        // A default file is used only if it exists.
        let file = |name, default: UserFile| match settings.get(name) {
            Some(setting) => Some(NamedFile {
                path: PathBuf::from(setting.value),
                setting: setting.to_string(),
            }),
            None => environment
                .user_file(default)
                .filter(|path| path.exists())
                .map(|path| NamedFile {
                    path,
                    setting: format!("{name}, by default"),
                }),
        };
        let roots = match settings.value("sslrootcert") {
            Some("system") => Roots::System,
            _ => file("sslrootcert", UserFile::RootCertificates).map_or(Roots::None, Roots::File),
        };
        let mode = settings.choice("sslmode", &MODES)?.unwrap_or(match roots {
            Roots::System => SslMode::VerifyFull,
            _ => SslMode::Prefer,
        });
        let sends_certificate = settings.choice(
            "sslcertmode",
            &[
                ("disable", Some(false)),
                ("allow", Some(true)),
                ("require", None),
            ],
        )?;
        let identity = match (sends_certificate, settings.get("sslcertmode")) {
            (Some(None), Some(setting)) => {
                return Err(setting.unsupported(
                    "write allow; the server decides with clientcert in pg_hba.conf",
                ));
            }
            (Some(Some(false)), _) => None,
            _ => file("sslcert", UserFile::Certificate).map(|certificate| Identity {
                key: file("sslkey", UserFile::Key).unwrap_or_else(|| NamedFile {
                    path: certificate.path.with_extension("key"),
                    setting: "sslkey, by default beside sslcert".to_owned(),
                }),
                certificate,
            }),
        };
        Ok(Tls {
            mode,
            is_direct: settings
                .choice("sslnegotiation", &[("postgres", false), ("direct", true)])?
                == Some(true),
            roots,
            revoked: file("sslcrl", UserFile::Revocations),
            identity,
            versions: versions(settings)?,
            names_host: settings.choice("sslsni", &[("1", true), ("0", false)])? != Some(false),
        })
    }

    /// Checks the combination of the settings.
    ///
    /// # Errors
    /// `sslmode` needs root certificates and there are none, or is too weak for the roots or the negotiation.
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        let combination = |problem: &str, instead: &str| {
            Err(SettingError::Combination {
                problem: problem.to_owned(),
                instead: instead.to_owned(),
            })
        };
        match (&self.roots, self.mode) {
            (Roots::None, SslMode::VerifyCa | SslMode::VerifyFull) => {
                return combination(
                    "sslmode verify-ca and verify-full need root certificates",
                    "name their file with sslrootcert, or write sslrootcert=system, or put them into \
                     ~/.postgresql/root.crt",
                );
            }
            // Anyone can get a certificate that the system trusts, so its name must be checked.
            (Roots::System, mode) if mode != SslMode::VerifyFull => {
                return combination(
                    "this sslmode is too weak for sslrootcert=system",
                    "write sslmode=verify-full, or leave sslmode out",
                );
            }
            _ => {}
        }
        if self.is_direct && self.mode < SslMode::Require {
            return combination(
                "this sslmode is too weak for sslnegotiation=direct",
                "write sslmode=require, verify-ca or verify-full",
            );
        }
        Ok(())
    }

    /// Reads the files and makes the client's configuration.
    ///
    /// # Errors
    /// A file cannot be read, or has the wrong content.
    pub(crate) fn connector(&self) -> Result<MakeRustlsConnect, SettingError> {
        let cannot = |error: &dyn std::fmt::Display| SettingError::Tls {
            problem: error.to_string(),
        };
        let provider = Arc::new(ring::default_provider());
        let check = match (self.mode, &self.roots) {
            (SslMode::Disable | SslMode::Allow | SslMode::Prefer, _) | (_, Roots::None) => {
                Check::Nothing
            }
            // As in libpq, `require` checks the certificate if there are root certificates.
            (mode, roots) => {
                let anchors = match roots {
                    Roots::File(file) => file.certificates()?,
                    _ => files::system_roots()?,
                };
                let mut store = RootCertStore::empty();
                store.add_parsable_certificates(anchors.iter().cloned());
                let mut builder = WebPkiServerVerifier::builder_with_provider(
                    Arc::new(store),
                    Arc::clone(&provider),
                );
                if let Some(file) = &self.revoked {
                    // As in libpq, a list past its next update is not trusted: the certificate may have been revoked since.
                    builder = builder
                        .with_crls(file.revocation_lists()?)
                        .enforce_revocation_expiration();
                }
                Check::Chain {
                    chain: builder.build().map_err(|error| cannot(&error))?,
                    anchors,
                    by_name: mode == SslMode::VerifyFull,
                }
            }
        };
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(self.versions)
            .map_err(|error| cannot(&error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Verifier { check, provider }));
        let mut config = match &self.identity {
            Some(identity) if self.mode != SslMode::Disable => {
                let (chain, key) = (
                    identity.certificate.certificates()?,
                    identity.key.private_key()?,
                );
                builder.with_client_auth_cert(chain, key).map_err(|error| {
                    SettingError::Combination {
                        problem: format!(
                            "the client's certificate {} and key {} do not match ({error})",
                            identity.certificate.path.display(),
                            identity.key.path.display()
                        ),
                        instead: "name those that belong together with sslcert and sslkey"
                            .to_owned(),
                    }
                })?
            }
            _ => builder.with_no_client_auth(),
        };
        config.enable_sni = self.names_host;
        if self.is_direct {
            config.alpn_protocols = vec![b"postgresql".to_vec()];
        }
        Ok(MakeRustlsConnect::new(config))
    }
}

/// The secure versions between the two bounds.
fn versions(
    settings: &Settings,
) -> Result<&'static [&'static SupportedProtocolVersion], SettingError> {
    let words = [
        ("TLSv1", 10),
        ("TLSv1.1", 11),
        ("TLSv1.2", 12),
        ("TLSv1.3", 13),
    ];
    let least = settings
        .choice("ssl_min_protocol_version", &words)?
        .unwrap_or(12);
    let most = settings
        .choice("ssl_max_protocol_version", &words)?
        .unwrap_or(13);
    match (least.max(12), most) {
        (12, 13) => Ok(BOTH),
        (12, 12) => Ok(ONLY_12),
        (13, 13) => Ok(ONLY_13),
        _ => Err(SettingError::Combination {
            problem:
                "ssl_min_protocol_version and ssl_max_protocol_version leave no secure version"
                    .to_owned(),
            instead: "leave TLSv1.2 or TLSv1.3 between them".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tls(text: &str, environment: &Environment) -> Result<Tls, SettingError> {
        let tls = Tls::new(&Settings::collect(text, environment).unwrap(), environment)?;
        tls.check()?;
        Ok(tls)
    }

    #[test]
    fn sslmode_follows_libpq() {
        let mode = |text: &str| tls(text, &Environment::default()).map(|tls| tls.mode);
        for (word, expected) in MODES {
            let text = format!("sslmode={word} sslrootcert=/ca.pem");
            assert_eq!(mode(&text), Ok(expected));
        }
        assert_eq!(mode(""), Ok(SslMode::Prefer));
        assert_eq!(mode("sslrootcert=system"), Ok(SslMode::VerifyFull));
        for (text, words) in [
            (
                "sslmode=maybe",
                "disable, allow, prefer, require, verify-ca or verify-full",
            ),
            ("sslmode=verify-full", "sslrootcert=system"),
            (
                "sslmode=require sslrootcert=system",
                "too weak for sslrootcert=system",
            ),
            (
                "sslnegotiation=direct",
                "too weak for sslnegotiation=direct",
            ),
            ("sslcertmode=require", "write allow"),
            (
                "ssl_max_protocol_version=TLSv1.1",
                "leave no secure version",
            ),
            ("ssl_min_protocol_version=SSLv3", "write TLSv1, TLSv1.1"),
        ] {
            let error = mode(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn versions_lie_between_minimum_and_maximum() {
        let versions = |text| tls(text, &Environment::default()).unwrap().versions;
        assert_eq!(versions("ssl_min_protocol_version=TLSv1"), BOTH);
        assert_eq!(versions("ssl_min_protocol_version=TLSv1.3"), ONLY_13);
        assert_eq!(versions("ssl_max_protocol_version=TLSv1.2"), ONLY_12);
    }

    #[test]
    fn files_in_the_home_folder_are_used_if_they_exist() {
        let home = tempfile::tempdir().unwrap();
        let environment = Environment::default().with_home(home.path());
        assert!(matches!(tls("", &environment).unwrap().roots, Roots::None));
        assert!(tls("sslmode=verify-ca", &environment).is_err());
        let folder = home.path().join(".postgresql");
        std::fs::create_dir(&folder).unwrap();
        for name in ["root.crt", "root.crl", "postgresql.crt"] {
            std::fs::write(folder.join(name), "").unwrap();
        }
        let tls = tls("sslmode=verify-ca", &environment).unwrap();
        assert!(matches!(&tls.roots, Roots::File(file) if file.path == folder.join("root.crt")));
        assert_eq!(tls.revoked.unwrap().path, folder.join("root.crl"));
        assert_eq!(
            tls.identity.unwrap().key.path,
            folder.join("postgresql.key")
        );
        let without = Settings::collect("sslcertmode=disable", &environment).unwrap();
        assert!(Tls::new(&without, &environment).unwrap().identity.is_none());
    }

    #[test]
    fn an_unusable_file_is_named() {
        let connector = |text: &str| tls(text, &Environment::default()).unwrap().connector();
        let error = connector("sslmode=verify-full sslrootcert=/nowhere/ca.pem")
            .err()
            .unwrap();
        assert!(error.to_string().contains("/nowhere/ca.pem"), "{error}");
        let error = connector("sslmode=require sslcert=/nowhere/client.crt")
            .err()
            .unwrap();
        assert!(error.to_string().contains("/nowhere/client.crt"), "{error}");
        assert!(connector("sslmode=require").is_ok());
        assert!(connector("sslmode=disable sslcert=/nowhere/client.crt").is_ok());
    }
}
