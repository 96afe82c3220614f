//! Certificates good and bad.

use proptest::prelude::*;
use proptest::sample::Index;
use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::CertifiedIssuer;
use rcgen::DnType;
use rcgen::IsCa;
use rcgen::KeyPair;
use rcgen::date_time_ymd;

use super::*;

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, "leaf");
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2026, 12, 31);
    params
}

fn self_signed(params: &CertificateParams) -> CertificateDer<'static> {
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone()
}

fn signed(params: &CertificateParams) -> CertificateDer<'static> {
    let mut authority = CertificateParams::new(vec![]).unwrap();
    authority.distinguished_name.push(DnType::CommonName, "Nobody's Authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    params.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap().der().clone()
}

fn read(certificate: &CertificateDer<'_>, name: &str) -> Certificate {
    let now = "2026-11-24T00:00:00Z".parse().unwrap();
    Notary::default().read(std::slice::from_ref(certificate), name, now).unwrap()
}

/// Reads whatever `bytes` are, and holds what is told of them to its bounds.
fn check_hostile(bytes: &[u8]) {
    let read = read(&CertificateDer::from(bytes), "www.a.cn");
    assert!(read.names.len() <= NAMES_KEPT);
    let texts = read.names.iter().chain([&read.issuer, &read.subject]);
    assert!(texts.into_iter().all(|text| text.chars().count() <= LONGEST_TEXT));
    assert!(read.fault.is_some() || !knows_authorities(), "nobody vouches for it");
}

/// `inner` within so many SEQUENCEs.
fn nested(inner: Vec<u8>, depth: usize) -> Vec<u8> {
    (0..depth).fold(inner, |inner, _| {
        let length = u32::try_from(inner.len()).unwrap().to_be_bytes();
        [&[0x30, 0x84][..], &length, &inner].concat()
    })
}

proptest! {
    #[test]
    fn bytes_that_are_no_certificate_are_told_as_such(
        bytes in prop::collection::vec(any::<u8>(), 0..3000),
    ) {
        check_hostile(&bytes);
    }

    #[test]
    fn a_certificate_changed_and_cut_anywhere_is_read_as_far_as_it_goes(
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 0..8),
        cut in prop::option::of(any::<Index>()),
        more in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| {
            signed(&params(&["www.a.cn", "*.a.cn", "127.0.0.1"])).to_vec()
        });
        let mut bytes = GOOD.clone();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        bytes.extend(more);
        check_hostile(&bytes);
    }
}

#[test]
fn a_huge_certificate_and_one_of_nothing_but_depth_are_no_harm() {
    let good = signed(&params(&["www.a.cn"])).to_vec();
    for hostile in [
        vec![0x30; 16 << 20],
        vec![0xff; 16 << 20],
        [&good[..], &vec![0; 16 << 20]].concat(),
        // It says that it is as long as can be said.
        [&[0x30, 0x88][..], &[0xff; 8], &good].concat(),
        [&[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff][..], &good].concat(),
        nested(good, 2_000),
        nested(vec![], 4_000),
    ] {
        check_hostile(&hostile);
    }
}

#[test]
fn each_fault_is_told() {
    let mut past = params(&["a.cn"]);
    past.not_after = date_time_ymd(2026, 11, 1);
    let mut future = params(&["a.cn"]);
    future.not_before = date_time_ymd(2026, 12, 1);
    let good = params(&["a.cn", "*.a.cn", "127.0.0.1"]);
    for (certificate, name, fault) in [
        (self_signed(&past), "a.cn", CertificateFault::Expired),
        (self_signed(&future), "a.cn", CertificateFault::NotYetValid),
        (self_signed(&good), "a.cn", CertificateFault::SelfSigned),
        (signed(&good), "b.cn", CertificateFault::WrongName),
        (signed(&good), "x.y.a.cn", CertificateFault::WrongName),
        (signed(&good), "127.0.0.2", CertificateFault::WrongName),
        (signed(&good), "A.cn", CertificateFault::UnknownIssuer),
        (signed(&good), "www.a.cn", CertificateFault::UnknownIssuer),
        (signed(&good), "127.0.0.1", CertificateFault::UnknownIssuer),
        (CertificateDer::from(vec![1, 2, 3]), "a.cn", CertificateFault::Unreadable),
    ] {
        let read = read(&certificate, name);
        // A machine without authorities says nothing of issuers.
        let expected =
            (fault != CertificateFault::UnknownIssuer || knows_authorities()).then_some(fault);
        assert_eq!(read.fault, expected, "{name}");
    }
}

fn knows_authorities() -> bool {
    AUTHORITIES.is_some()
}

#[test]
fn a_certificate_is_told_by_its_facts() {
    let certificate = signed(&params(&["a.cn", "127.0.0.1"]));
    let read = read(&certificate, "a.cn");
    assert_eq!(read.issuer, "CN=Nobody's Authority");
    assert_eq!(read.names, ["a.cn", "127.0.0.1"]);
    assert_eq!(read.name_count, 2);
    assert_eq!(read.not_before, Some("2026-01-01T00:00:00Z".parse().unwrap()));
    assert_eq!(read.not_after, Some("2026-12-31T00:00:00Z".parse().unwrap()));
    assert_eq!(read.sha256, hex(&Sha256::digest(&certificate)));
}

#[test]
fn of_ten_thousand_names_few_are_kept_and_all_are_looked_at() {
    let names: Vec<String> = (0..10_000).map(|number| format!("site{number}.a.cn")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let certificate = self_signed(&params(&names));
    let read = read(&certificate, "site9999.a.cn");
    assert_eq!((read.names.len(), read.name_count), (NAMES_KEPT, 10_000));
    assert_eq!(read.fault, Some(CertificateFault::SelfSigned));
    let bytes: usize = read.names.iter().map(String::len).sum();
    assert!(bytes <= NAMES_KEPT * LONGEST_TEXT);
}

#[test]
fn without_a_certificate_there_is_nothing_to_tell() {
    let now = Timestamp::UNIX_EPOCH;
    assert_eq!(Notary::default().read(&[], "a.cn", now), None);
}

#[test]
fn of_all_the_certificates_of_a_night_few_are_remembered() {
    let notary = Notary::default();
    let digest = |number: usize| -> [u8; 32] { Sha256::digest(number.to_be_bytes()).into() };
    for number in 0..3 * MOST_ISSUERS {
        notary.remember(digest(number), true);
        assert!(notary.remembered().len() <= MOST_ISSUERS);
        assert!(notary.remembered().contains_key(&digest(number)));
    }
}

#[test]
fn the_name_that_was_asked_for_is_kept_however_many_come_before() {
    let many: Vec<String> = (0..40).map(|number| format!("{number}.other.cn")).collect();
    let mut names: Vec<&str> = many.iter().map(String::as_str).collect();
    names.push("www.a.cn");
    let read = read(&signed(&params(&names)), "www.a.cn");
    assert_eq!((read.names.len(), read.name_count), (NAMES_KEPT, 41));
    assert_eq!(read.names.last().unwrap(), "www.a.cn");
}
