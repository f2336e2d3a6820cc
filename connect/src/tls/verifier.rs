//! Checks the server's certificate as far as `sslmode` says.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{
    CryptoProvider, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use super::names;

/// What is checked. That the server has the certificate's key, always.
#[derive(Debug)]
pub(super) enum Check {
    Nothing,
    Chain {
        chain: Arc<WebPkiServerVerifier>,
        /// The roots of the chain.
        anchors: Vec<CertificateDer<'static>>,
        by_name: bool,
    },
}

#[derive(Debug)]
pub(super) struct Verifier {
    pub(super) check: Check,
    pub(super) provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let (chain, anchors, by_name) = match &self.check {
            Check::Nothing => return Ok(ServerCertVerified::assertion()),
            Check::Chain {
                chain,
                anchors,
                by_name,
            } => (chain, anchors, *by_name),
        };
        if names::is_of_version_1(end_entity) {
            return Err(Error::General(
                "the server's certificate is of X.509 version 1, which cannot be checked: \
                 make one with a subjectAltName"
                    .to_owned(),
            ));
        }
        // A certificate that signs itself, and is trusted as it is: OpenSSL takes it as its own root.
        let outcome = if anchors.contains(end_entity) {
            if !names::is_valid_at(end_entity, now) {
                return Err(Error::InvalidCertificate(CertificateError::Expired));
            }
            ParsedCertificate::try_from(end_entity)
                .and_then(|parsed| verify_server_name(&parsed, server_name))
        } else {
            let checked = chain.verify_server_cert(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                now,
            );
            checked.map(|_| ())
        };
        match outcome {
            Ok(()) => Ok(ServerCertVerified::assertion()),
            // The name is checked last: all else was in order.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !by_name || names::common_name_matches(end_entity, server_name) => {
                Ok(ServerCertVerified::assertion())
            }
            Err(error) => Err(error),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        match (&self.check, names::public_key(certificate)) {
            // Certificates of version 1, such as `openssl x509 -req` makes, are none to webpki; their keys are keys.
            (Check::Nothing, Some(key)) => {
                verify_tls13_signature_with_raw_key(message, &key, signature, algorithms)
            }
            _ => verify_tls13_signature(message, certificate, signature, algorithms),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
