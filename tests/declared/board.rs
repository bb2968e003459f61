//! The example firmware without a list of metrics, on an emulated board, as each compiler and linker makes it.

use std::process::Command;

use super::peers;

/// The lines of its page that no order is promised for, sorted.
const PAGE: &str = r#"board_celsius 21
device_boots_total 1
i2c_bus_recoveries_total 0
i2c_transfer_seconds_bucket{le="+Inf"} 0
i2c_transfer_seconds_bucket{le="0.0001"} 0
i2c_transfer_seconds_bucket{le="0.001"} 0
i2c_transfer_seconds_bucket{le="0.01"} 0
i2c_transfer_seconds_count 0
i2c_transfer_seconds_sum 0
i2c_transfers_total{outcome="nack"} 0
i2c_transfers_total{outcome="ok"} 0
i2c_transfers_total{outcome="timeout"} 0"#;

fn samples(page: &str) -> String {
    let mut lines: Vec<_> = page.lines().filter(|line| !line.starts_with('#')).collect();
    lines.sort_unstable();
    lines.join("\n")
}

#[test]
fn firmware_shows_its_own_and_its_drivers_metrics() {
    if peers::program("qemu-system-arm").is_none() {
        return;
    }
    for toolchain in peers::toolchains() {
        let Some(elf) = peers::build_declared(toolchain) else { return };
        let mut qemu = Command::new("timeout");
        qemu.args(["60", "qemu-system-arm", "-M", "mps2-an385", "-semihosting", "-display", "none", "-monitor", "none", "-serial", "none"]);
        let output = qemu.arg("-kernel").arg(elf).output().expect("QEMU");
        assert_eq!(samples(&String::from_utf8_lossy(&output.stdout)), PAGE, "{toolchain}");
    }
}
