//! Files of TLS, in PEM.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};

use crate::error::SettingError;

/// A file and the setting that names it.
#[derive(Debug, Clone)]
pub(super) struct NamedFile {
    pub(super) path: PathBuf,
    pub(super) setting: String,
}

impl NamedFile {
    fn unusable(&self, problem: impl Display) -> SettingError {
        SettingError::File {
            setting: self.setting.clone(),
            path: self.path.clone(),
            problem: problem.to_string(),
        }
    }

    fn all<T: PemObject>(&self, what: &str) -> Result<Vec<T>, SettingError> {
        let found: Vec<T> = T::pem_file_iter(&self.path)
            .and_then(Iterator::collect)
            .map_err(|error| self.unusable(error))?;
        if found.is_empty() {
            return Err(self.unusable(format!("it has no {what} in PEM")));
        }
        Ok(found)
    }

    /// At least one.
    pub(super) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, SettingError> {
        self.all("certificate")
    }

    /// At least one.
    pub(super) fn revocation_lists(
        &self,
    ) -> Result<Vec<CertificateRevocationListDer<'static>>, SettingError> {
        self.all("revocation list")
    }

    /// The first key of the file. As in libpq it is used only if others cannot read it.
    pub(super) fn private_key(&self) -> Result<PrivateKeyDer<'static>, SettingError> {
        if is_exposed(&self.path).map_err(|error| self.unusable(error))? {
            let chmod = format!(
                "others may read it; hint: chmod 600 {}",
                self.path.display()
            );
            return Err(self.unusable(chmod));
        }
        PrivateKeyDer::from_pem_file(&self.path).map_err(|error| match error {
            rustls::pki_types::pem::Error::NoItemsFound => self
                .unusable("it has no key in PEM, or one with a passphrase, which is not supported"),
            error => self.unusable(error),
        })
    }
}

/// Whether others than its owner may read it; for a file of root, others than its group.
#[cfg(unix)]
fn is_exposed(path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path)?;
    let may_not = if metadata.uid() == 0 { 0o037 } else { 0o077 };
    Ok(metadata.mode() & may_not != 0)
}

#[cfg(not(unix))]
fn is_exposed(path: &Path) -> std::io::Result<bool> {
    std::fs::metadata(path).map(|_| false)
}

/// The root certificates of the operating system.
pub(super) fn system_roots() -> Result<Vec<CertificateDer<'static>>, SettingError> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        let why = found.errors.first().map(|error| format!(" ({error})"));
        return Err(SettingError::Combination {
            problem: format!(
                "the system has no root certificates{}",
                why.unwrap_or_default()
            ),
            instead: "install ca-certificates, or name a file with sslrootcert".to_owned(),
        });
    }
    Ok(found.certs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(content: &str) -> (tempfile::TempDir, NamedFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.pem");
        std::fs::write(&path, content).unwrap();
        let setting = "sslrootcert in the connection string".to_owned();
        (folder, NamedFile { path, setting })
    }

    #[test]
    fn a_file_with_the_wrong_content_is_reported() {
        let (_folder, file) = file("hello\n");
        let error = file.certificates().unwrap_err().to_string();
        assert!(
            error.contains("file.pem (sslrootcert in the connection string)"),
            "{error}"
        );
        assert!(error.contains("has no certificate in PEM"), "{error}");
        assert!(file.revocation_lists().is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
        let (_folder, file) = file(&key);
        std::fs::set_permissions(&file.path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let error = file.private_key().unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
        std::fs::set_permissions(&file.path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(file.private_key().is_ok());
        std::fs::write(&file.path, key.replace("PRIVATE", "ENCRYPTED PRIVATE")).unwrap();
        let error = file.private_key().unwrap_err().to_string();
        assert!(error.contains("with a passphrase"), "{error}");
    }
}
