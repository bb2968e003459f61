//! Metrics of microcontrollers, on this machine: the core beside `embeprom`.

use std::fmt::Write as _;

use picometer_benches::{Suite, Unit};

use super::pages::limit;
use super::{OURS, PEER};
use crate::inputs::TEXTS;
use crate::libraries::limits;

use picometer::{ClosedLabels as _, Counter, Desc, Exposition, Family, Format, labels};

labels! { enum Method as "method" {
    V0 = "value-0000", V1 = "value-0001", V2 = "value-0002", V3 = "value-0003", V4 = "value-0004",
    V5 = "value-0005", V6 = "value-0006", V7 = "value-0007", V8 = "value-0008", V9 = "value-0009"
} }
labels! { enum Code as "code" {
    V0 = "value-0000", V1 = "value-0001", V2 = "value-0002", V3 = "value-0003", V4 = "value-0004",
    V5 = "value-0005", V6 = "value-0006", V7 = "value-0007", V8 = "value-0008", V9 = "value-0009"
} }

static COUNTER: Counter = Counter::new();
static REQUESTS: Family<Counter, (Method, Code), 100> = Family::new(&Desc::counter("http_requests_total", "Requests served."));

mod metrics {
    embeprom::metrics! {
        namespace = "http";

        /// Requests served.
        #[labels("method", "code")]
        requests_total: CounterVec<100>,
    }
}

pub(super) fn run(suite: &mut Suite) {
    static PEERS: embeprom::Counter = embeprom::Counter::new();
    suite.case("core-counter-1T", "inc of one static counter of the core", Unit::Nanos("inc"), |case| {
        case.threads("picometer", OURS, 1, |_, times| (0..times).for_each(|_| COUNTER.inc()));
        case.threads("embeprom", PEER, 1, |_, times| (0..times).for_each(|_| PEERS.inc()));
        limits::fetch_add(case, 1);
    });
    let all = || (0..100).filter_map(<(Method, Code)>::at);
    suite.case("core-encode-counters-100", "a page of 100 static counters with 2 labels, of the core", Unit::Nanos("series"), |case| {
        for (place, labels) in (0..).zip(all()) {
            REQUESTS.with(labels).inc_by(12_345 * place);
            let values = [TEXTS[labels.0 as usize], TEXTS[labels.1 as usize]];
            metrics::get().requests_total.with(&values).inc_by(12_345 * place);
        }
        let (page, mut buffer) = (Exposition::new(&REQUESTS, Format::Text004), Vec::new());
        case.time("picometer", OURS, 100, move || {
            buffer.clear();
            page.write_to(&mut buffer).expect("a vector takes everything");
            buffer.len()
        });
        let mut buffer = String::new();
        case.time("embeprom", PEER, 100, move || {
            buffer.clear();
            embeprom::write_all(&mut buffer).expect("a string takes everything");
            buffer.len()
        });
        let lines = (0..).zip(all()).map(|(place, labels)| {
            let mut text = String::new();
            let [method, code] = [TEXTS[labels.0 as usize], TEXTS[labels.1 as usize]];
            write!(text, "http_requests_total{{method=\"{method}\",code=\"{code}\"}} ").expect("a string takes everything");
            (text, 12_345 * place)
        });
        limit(case, 100, "text + number", limits::Counters::of(lines.collect()));
    });
}
