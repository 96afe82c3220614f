//! What names things: hosts, Domains, targets, filing numbers, lines of the opt-out list.
#![no_main]

use chabei::facts::domain::Domain;
use chabei::facts::domain::Host;
use chabei::facts::number::FilingNumber;
use chabei::facts::target::Target;
use chabei::net::guard::Guard;
use chabei::net::guard::OptOut;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(host) = text.parse::<Host>() {
        assert_eq!(host.as_str().parse().as_ref(), Ok(&host));
        let (opt_out, _) = OptOut::parse(host.as_str());
        assert!(!Guard::new(Vec::new(), opt_out).permits_host(&host));
    }
    let _ = text.parse::<Domain>();
    let _ = text.parse::<Target>();
    if let Ok(number) = text.parse::<FilingNumber>() {
        assert_eq!(number.to_string().parse().as_ref(), Ok(&number));
    }
    let _ = OptOut::parse(text);
});
