//! The interface over TLS: with the certificate that is configured, and with the next one once it is
//! there.

use std::time::Duration;
use std::time::Instant;

use rcgen::CertifiedKey;
use rcgen::KeyPair;
use rcgen::generate_simple_self_signed;

use crate::served::Served;
use crate::served::key;
use crate::served::office;

fn certificate() -> CertifiedKey<KeyPair> {
    generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap()
}

#[test]
fn a_new_certificate_is_shown_once_it_and_its_key_are_there() {
    let desk = office();
    let (ministry, _) = key(&desk, &["--ministry"]);
    let (first, second) = (certificate(), certificate());
    desk.write(
        "chabei.toml",
        "[serve]\ncertificate = \"certificate.pem\"\nprivate_key = \"key.pem\"\n",
    );
    desk.write("certificate.pem", "no certificate\n");
    desk.write("key.pem", first.signing_key.serialize_pem());
    desk.run(&["serve", "--listen", "127.0.0.1:0"]).ends(2).complains(&["certificate.pem"]);
    desk.write("certificate.pem", first.cert.pem());
    let served = Served::start(&desk);
    served.get("/findings", &ministry).ends(200);
    assert_eq!(served.certificate(), first.cert.der().as_ref());
    // Half of a change is none: the old one serves on.
    desk.write("certificate.pem", second.cert.pem());
    served.complains("the new certificate cannot be used yet");
    assert_eq!(served.certificate(), first.cert.der().as_ref());
    served.get("/findings", &ministry).ends(200);
    desk.write("key.pem", second.signing_key.serialize_pem());
    served.complains("the certificate was read again");
    let begun = Instant::now();
    while served.certificate() != second.cert.der().as_ref() {
        assert!(begun.elapsed() < Duration::from_mins(1), "the new certificate is not shown");
    }
    served.get("/findings", &ministry).ends(200);
    assert_eq!(served.stop(), Some(0));
}
