//! `sslmode` and `sslrootcert` with rustls: what libpq would trust, and nothing more.

use rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use std::{env, path::PathBuf, sync::Arc};

/// How much security is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SslMode {
    /// No TLS.
    Disable,
    /// TLS if the server has it; the certificate is not checked.
    Prefer,
    /// TLS; the certificate is not checked, unless there is a root certificate.
    Require,
    /// TLS, and a certificate that a trusted root has signed.
    VerifyCa,
    /// TLS, a trusted certificate, and the host's name in it.
    VerifyFull,
}

/// What to trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// How much is asked for.
    pub mode: SslMode,
    root: Root,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Root {
    None,
    System,
    File(PathBuf),
}

/// Where distributions keep the roots that they trust.
const SYSTEM_ROOTS: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

impl Trust {
    /// From the two options; `prefer` and `~/.postgresql/root.crt` (if there) where they are not given.
    ///
    /// # Errors
    /// In words, if there is no such mode.
    pub fn new(mode: Option<&str>, root: Option<&str>) -> Result<Self, String> {
        let root = match root {
            Some("system") => Root::System,
            Some(path) => Root::File(path.into()),
            None => env::var_os("HOME")
                .map(|home| PathBuf::from(home).join(".postgresql/root.crt"))
                .filter(|path| path.exists())
                .map_or(Root::None, Root::File),
        };
        let mode = match mode.unwrap_or(if root == Root::System {
            "verify-full"
        } else {
            "prefer"
        }) {
            "disable" => SslMode::Disable,
            "allow" | "prefer" => SslMode::Prefer,
            "require" if root != Root::None => SslMode::VerifyCa,
            "require" => SslMode::Require,
            "verify-ca" => SslMode::VerifyCa,
            "verify-full" => SslMode::VerifyFull,
            other => {
                return Err(format!(
                    "sslmode {other:?} is none of disable, allow, prefer, require, verify-ca, verify-full"
                ));
            }
        };
        Ok(Self { mode, root })
    }

    /// The client's side of the handshake.
    ///
    /// # Errors
    /// In words, if the root certificates cannot be read.
    pub fn client_config(&self) -> Result<ClientConfig, String> {
        let provider = Arc::new(ring::default_provider());
        let verifier = match self.mode {
            SslMode::Disable | SslMode::Prefer | SslMode::Require => None,
            SslMode::VerifyCa | SslMode::VerifyFull => Some(
                WebPkiServerVerifier::builder_with_provider(
                    Arc::new(self.roots()?),
                    Arc::clone(&provider),
                )
                .build()
                .map_err(|error| error.to_string())?,
            ),
        };
        let verifier: Arc<dyn ServerCertVerifier> = match (self.mode, verifier) {
            (SslMode::VerifyFull, Some(verifier)) => verifier,
            (_, chain) => Arc::new(Lenient {
                chain,
                provider: Arc::clone(&provider),
            }),
        };
        Ok(ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth())
    }

    fn roots(&self) -> Result<RootCertStore, String> {
        let path = match &self.root {
            Root::File(path) => path.clone(),
            Root::System => SYSTEM_ROOTS
                .iter()
                .map(PathBuf::from)
                .find(|path| path.exists())
                .ok_or(
                    "the system's root certificates were not found; name a file with sslrootcert",
                )?,
            Root::None => {
                return Err(
                    "sslmode=verify-ca and verify-full need sslrootcert=FILE or \
                            sslrootcert=system"
                        .into(),
                );
            }
        };
        let certificates = CertificateDer::pem_file_iter(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates.filter_map(Result::ok));
        if roots.is_empty() {
            return Err(format!("no certificate in {}", path.display()));
        }
        Ok(roots)
    }
}

/// Checks the chain if asked to, never the host's name; the handshake's signature always.
#[derive(Debug)]
struct Lenient {
    chain: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        use rustls::CertificateError::{NotValidForName, NotValidForNameContext};
        let Some(chain) = &self.chain else {
            return Ok(ServerCertVerified::assertion());
        };
        match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // The name is checked last: all else was in order.
            Err(Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. })) => {
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_those_of_libpq() {
        let mode = |mode, root| Trust::new(mode, root).map(|trust| trust.mode);
        assert_eq!(mode(Some("disable"), None), Ok(SslMode::Disable));
        assert_eq!(
            mode(Some("verify-full"), Some("/ca.pem")),
            Ok(SslMode::VerifyFull)
        );
        assert_eq!(
            mode(Some("require"), Some("/ca.pem")),
            Ok(SslMode::VerifyCa),
            "as libpq does"
        );
        assert_eq!(mode(None, Some("system")), Ok(SslMode::VerifyFull));
        assert!(mode(Some("maybe"), None).is_err());
    }

    #[test]
    fn a_root_that_cannot_be_read_is_said_so() {
        let trust = Trust::new(Some("verify-full"), Some("/nowhere/ca.pem")).unwrap();
        assert!(
            trust
                .client_config()
                .unwrap_err()
                .contains("/nowhere/ca.pem")
        );
        assert!(
            Trust::new(Some("require"), None)
                .unwrap()
                .client_config()
                .is_ok()
        );
    }
}
