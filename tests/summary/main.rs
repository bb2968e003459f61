//! The last of the tests: what this run left out, because a program is not here, and how to have it.

#[path = "../peers/mod.rs"]
mod peers;

use std::collections::BTreeMap;

/// What a reason names, and what puts an end to it.
const REMEDIES: &[(&str, &str)] = &[
    ("no newer ", "PICOMETER_NEWER_PEERS=FOLDER with programs newer than Debian's; nothing is wrong without"),
    ("prometheus-node-exporter", "apt-get install prometheus-node-exporter"),
    ("prometheus-pushgateway", "apt-get install prometheus-pushgateway"),
    ("prometheus_client", "network access for pip, in a virtual environment"),
    ("prometheus-common", "apt-get install golang-github-prometheus-common-dev"),
    ("promtool", "apt-get install prometheus"),
    ("prometheus", "apt-get install prometheus"),
    ("carbon-cache", "apt-get install graphite-carbon"),
    ("whisper-fetch", "apt-get install python3-whisper"),
    ("victoria-metrics", "apt-get install victoria-metrics"),
    ("qemu-system-arm", "apt-get install qemu-system-arm"),
    ("protoc", "apt-get install protobuf-compiler libprotobuf-dev"),
    ("thumbv", "rustup target add thumbv7m-none-eabi, or apt-get install rustc-web rust-web-src cargo-web lld binutils-arm-none-eabi"),
    ("ython", "apt-get install python3 python3-venv, and network access for pip"),
    ("go is not", "apt-get install golang-go golang-github-prometheus-common-dev"),
    ("curl", "apt-get install curl"),
    ("openssl", "apt-get install openssl"),
    ("IPv6", "a machine with IPv6"),
    ("this user", "run the tests as root"),
];

fn main() {
    let mut counts = BTreeMap::<String, usize>::new();
    for reason in peers::skipped() {
        *counts.entry(reason).or_default() += 1;
    }
    if counts.is_empty() {
        return;
    }
    println!("\nSkipped, because it is not on this machine (PICOMETER_REQUIRE_PEERS=1 makes that a failure):");
    for (reason, count) in counts {
        let remedy = REMEDIES.iter().find(|(part, _)| reason.contains(part)).map_or("", |(_, remedy)| remedy);
        let arrow = if remedy.is_empty() { "" } else { "\n      to have it: " };
        println!("  {count:>3} x {reason}{arrow}{remedy}");
    }
    println!("All of it on Debian: .ci/run\n");
}
