//! Pages as they come from real programs, the same in every run.

use std::fmt::Write;

/// Numbers that look like chance.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.roll() % limit
    }

    fn real(&mut self) -> f64 {
        self.roll() as f64 / 2_147_483_648.0
    }
}

macro_rules! put {
    ($page:expr, $($text:tt)*) => { writeln!($page, $($text)*).expect("a string takes everything") };
}

/// A page, and how many samples it has.
pub(crate) struct Page {
    pub(crate) text: String,
    pub(crate) samples: u64,
}

/// Like that of a node_exporter: three hundred small families with help, labels on half of them.
pub(crate) fn node() -> Page {
    let (mut text, mut samples, mut dice) = (String::new(), 0, Dice(1));
    let parts = ["cpu", "disk", "filesystem", "memory", "netstat", "network", "softnet", "timex", "vmstat", "schedstat"];
    for family in 0..300 {
        let part = parts[family % parts.len()];
        let kind = if family % 3 == 0 { "gauge" } else { "counter" };
        let end = if kind == "gauge" { "bytes" } else { "seconds_total" };
        let name = format!("node_{part}_field{family}_{end}");
        put!(text, "# HELP {name} Statistic of the {part} subsystem, field number {family}, as /proc has it.");
        put!(text, "# TYPE {name} {kind}");
        for series in 0..if family % 2 == 0 { 1 } else { 8 } {
            let value = if family % 5 == 0 { dice.below(1 << 40) as f64 } else { dice.below(1 << 20) as f64 / 100.0 };
            if family % 2 == 0 {
                put!(text, "{name} {value}");
            } else {
                put!(text, "{name}{{cpu=\"{series}\",mode=\"{}\"}} {value}", ["idle", "iowait", "irq", "nice"][series % 4]);
            }
            samples += 1;
        }
    }
    Page { text, samples }
}

/// A hundred thousand series with five labels.
pub(crate) fn big() -> Page {
    let (mut text, mut dice) = (String::new(), Dice(2));
    let (methods, codes) = (["GET", "POST", "PUT", "DELETE"], [200, 201, 301, 404, 500]);
    for family in 0..10 {
        let name = format!("http_server_requests_{family}_total");
        put!(text, "# HELP {name} Requests served.\n# TYPE {name} counter");
        for series in 0..10_000_usize {
            let (method, code) = (methods[series % 4], codes[series % 5]);
            let (path, pod) = (series / 20 % 100, series / 2_000);
            let value = dice.below(1 << 30);
            put!(
                text,
                "{name}{{method=\"{method}\",code=\"{code}\",path=\"/api/v1/items/{path}\",pod=\"backend-{pod}-x7f9c\",zone=\"eu-west-{series}\"}} {value}"
            );
        }
    }
    Page { text, samples: 100_000 }
}

/// Two thousand histograms of eleven bounds.
pub(crate) fn histograms() -> Page {
    let (mut text, mut dice) = (String::new(), Dice(3));
    put!(text, "# HELP rpc_duration_seconds Time taken.\n# TYPE rpc_duration_seconds histogram");
    for handler in 0..2_000 {
        let labels = format!("handler=\"/svc/handler/{handler}\",method=\"GET\"");
        let mut count = 0;
        for bound in ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"] {
            count += dice.below(1_000);
            put!(text, "rpc_duration_seconds_bucket{{{labels},le=\"{bound}\"}} {count}");
        }
        put!(text, "rpc_duration_seconds_sum{{{labels}}} {}\nrpc_duration_seconds_count{{{labels}}} {count}", dice.real() * 100.0);
    }
    Page { text, samples: 28_000 }
}

/// Values with every digit that a double has, and timestamps: a federated page.
pub(crate) fn timestamps() -> Page {
    let (mut text, mut dice) = (String::new(), Dice(4));
    for series in 0..20_000 {
        let value = dice.real() + dice.real() / 1e9;
        put!(text, "job_load_avg5m{{instance=\"host-{series}:9100\",job=\"node\"}} {value} {}", 1_700_000_000_000_u64 + dice.below(60_000));
    }
    Page { text, samples: 20_000 }
}

/// Every second value has escapes.
pub(crate) fn escapes() -> Page {
    let (mut text, mut dice) = (String::new(), Dice(5));
    put!(text, "# HELP files_size_bytes A path like C:\\\\dir,\\nand more.\n# TYPE files_size_bytes gauge");
    for series in 0..20_000 {
        put!(text, "files_size_bytes{{path=\"C:\\\\users\\\\u{series}\\\\file\",quote=\"say \\\"hi\\\"\"}} {}", dice.below(1 << 40));
    }
    Page { text, samples: 20_000 }
}

/// OpenMetrics: histograms of which every bucket has an exemplar.
pub(crate) fn exemplars() -> Page {
    let (mut text, mut dice) = (String::new(), Dice(6));
    put!(text, "# HELP rpc_seconds Time taken.\n# TYPE rpc_seconds histogram\n# UNIT rpc_seconds seconds");
    let bounds = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0", "+Inf"];
    for handler in 0..1_000 {
        let mut count = 0;
        for bound in bounds {
            count += 1 + dice.below(1_000);
            let (trace, at) = (dice.roll() << 32 | dice.roll(), dice.below(1_000));
            put!(
                text,
                "rpc_seconds_bucket{{handler=\"/h/{handler}\",le=\"{bound}\"}} {count} # {{trace_id=\"{trace:016x}\"}} 0.0{at} 1700000000.{at:03}"
            );
        }
        put!(
            text,
            "rpc_seconds_sum{{handler=\"/h/{handler}\"}} {}.5\nrpc_seconds_count{{handler=\"/h/{handler}\"}} {count}",
            dice.below(100)
        );
    }
    put!(text, "# EOF");
    Page { text, samples: 14_000 }
}
