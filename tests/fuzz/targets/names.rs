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
        assert!(host.as_str().parse::<Host>().is_ok_and(|again| again == host));
        let (opt_out, _) = OptOut::parse(text);
        let _ = Guard::new(Vec::new(), opt_out).permits_host(&host);
    }
    let _ = text.parse::<Domain>();
    let _ = text.parse::<Target>();
    if let Ok(number) = text.parse::<FilingNumber>() {
        assert!(number.to_string().parse::<FilingNumber>().is_ok_and(|again| again == number));
    }
    let _ = OptOut::parse(text);
});
