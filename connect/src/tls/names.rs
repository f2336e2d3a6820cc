//! What a certificate says about itself, where webpki is stricter than libpq.

use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use x509_cert::der::asn1::{PrintableStringRef, TeletexStringRef, Utf8StringRef};
use x509_cert::der::oid::db::rfc4519::COMMON_NAME;
use x509_cert::der::{Decode, Encode, Tag, Tagged};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::{Certificate, Version};

/// Whether the common name is this host's. As in libpq it counts only where no alternative name is of the host's kind.
pub(super) fn common_name_matches(certificate: &CertificateDer<'_>, host: &ServerName<'_>) -> bool {
    let Ok(certificate) = Certificate::from_der(certificate) else {
        return false;
    };
    let Ok(alternatives) = certificate.tbs_certificate.get::<SubjectAltName>() else {
        return false;
    };
    let is_of_its_kind = |name: &GeneralName| match host {
        ServerName::IpAddress(_) => matches!(name, GeneralName::IpAddress(_)),
        _ => matches!(name, GeneralName::DnsName(_)),
    };
    if alternatives.is_some_and(|(_, names)| names.0.iter().any(is_of_its_kind)) {
        return false;
    }
    let matches = |name: &str| match host {
        ServerName::DnsName(host) => name_matches(name, host.as_ref()),
        ServerName::IpAddress(address) => name.parse() == Ok(std::net::IpAddr::from(*address)),
        _ => false,
    };
    // The last counts: it is the most specific.
    common_names(&certificate)
        .last()
        .is_some_and(|name| matches(name))
}

fn common_names(certificate: &Certificate) -> Vec<String> {
    let attributes = certificate
        .tbs_certificate
        .subject
        .0
        .iter()
        .flat_map(|part| part.0.iter());
    attributes
        .filter(|attribute| attribute.oid == COMMON_NAME)
        .filter_map(|attribute| {
            let value = &attribute.value;
            match value.tag() {
                Tag::Utf8String => value
                    .decode_as::<Utf8StringRef<'_>>()
                    .ok()
                    .map(|text| text.to_string()),
                Tag::PrintableString => value
                    .decode_as::<PrintableStringRef<'_>>()
                    .ok()
                    .map(|text| text.to_string()),
                Tag::TeletexString => value
                    .decode_as::<TeletexStringRef<'_>>()
                    .ok()
                    .map(|text| text.to_string()),
                _ => None,
            }
        })
        .collect()
}

/// Whether a host is called so; `*.` stands for one label.
fn name_matches(pattern: &str, host: &str) -> bool {
    let host = host.trim_end_matches('.');
    if pattern.eq_ignore_ascii_case(host) {
        return !pattern.contains('*');
    }
    match (pattern.strip_prefix("*."), host.split_once('.')) {
        (Some(domain), Some((label, rest))) => {
            domain.contains('.')
                && !label.is_empty()
                && !domain.contains('*')
                && domain.eq_ignore_ascii_case(rest)
        }
        _ => false,
    }
}

/// Whether its time has come and is not over.
pub(super) fn is_valid_at(certificate: &CertificateDer<'_>, now: UnixTime) -> bool {
    let Ok(certificate) = Certificate::from_der(certificate) else {
        return false;
    };
    let validity = certificate.tbs_certificate.validity;
    let now = Duration::from_secs(now.as_secs());
    validity.not_before.to_unix_duration() <= now && now <= validity.not_after.to_unix_duration()
}

/// Whether it is of the version that has no extensions, which webpki cannot read.
pub(super) fn is_of_version_1(certificate: &CertificateDer<'_>) -> bool {
    Certificate::from_der(certificate)
        .is_ok_and(|certificate| certificate.tbs_certificate.version == Version::V1)
}

/// Its public key, of any version of certificate.
pub(super) fn public_key(
    certificate: &CertificateDer<'_>,
) -> Option<SubjectPublicKeyInfoDer<'static>> {
    let certificate = Certificate::from_der(certificate).ok()?;
    let key = certificate
        .tbs_certificate
        .subject_public_key_info
        .to_der()
        .ok()?;
    Some(SubjectPublicKeyInfoDer::from(key))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair};

    use super::*;

    fn certificate(common_name: &str, alternatives: &[&str]) -> CertificateDer<'static> {
        let names: Vec<String> = alternatives.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params
            .distinguished_name
            .push(DnType::CommonName, common_name);
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().clone()
    }

    fn matches(certificate: &CertificateDer<'_>, host: &str) -> bool {
        common_name_matches(certificate, &ServerName::try_from(host).unwrap())
    }

    #[test]
    fn the_common_name_counts_where_there_is_no_other() {
        let alone = certificate("db.example", &[]);
        assert!(matches(&alone, "db.example") && matches(&alone, "DB.example"));
        assert!(!matches(&alone, "other.example") && !matches(&alone, "127.0.0.1"));
        let with_name = certificate("db.example", &["other.example"]);
        assert!(!matches(&with_name, "db.example"));
        let with_address = certificate("db.example", &["127.0.0.1"]);
        assert!(matches(&with_address, "db.example"));
        assert!(matches(&certificate("127.0.0.1", &[]), "127.0.0.1"));
        assert!(!matches(
            &certificate("127.0.0.1", &["127.0.0.2"]),
            "127.0.0.1"
        ));
    }

    #[test]
    fn a_star_stands_for_one_label() {
        for (pattern, host, expected) in [
            ("*.db.example", "a.db.example", true),
            ("*.db.example", "a.b.db.example", false),
            ("*.db.example", "db.example", false),
            ("*.example", "db.example", false),
            ("*", "db", false),
            ("d*.example.org", "db.example.org", false),
            ("db.example", "db.example.", true),
        ] {
            assert_eq!(name_matches(pattern, host), expected, "{pattern} {host}");
        }
    }

    #[test]
    fn time_runs_out() {
        let mut params = CertificateParams::new([]).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        assert!(is_valid_at(certificate.der(), at(1_590_000_000)));
        assert!(!is_valid_at(certificate.der(), at(1_570_000_000)));
        assert!(!is_valid_at(certificate.der(), at(1_610_000_000)));
        assert!(public_key(certificate.der()).is_some());
    }
}
