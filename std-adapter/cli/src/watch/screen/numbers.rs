//! Numbers for the eye.

/// Five digits at most: `12.3k`, `4.56M`, `0.00125`.
pub(crate) fn short(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        return picometer::Number::from(value).to_string();
    }
    if size != 0.0 && !(1e-4..1e15).contains(&size) {
        return format!("{value:.1e}");
    }
    let (scaled, unit) = match size {
        1e12.. => (value / 1e12, "T"),
        1e9.. => (value / 1e9, "G"),
        1e6.. => (value / 1e6, "M"),
        1e5.. => (value / 1e3, "k"),
        _ => (value, ""),
    };
    if scaled.fract() == 0.0 {
        return format!("{scaled:.0}{unit}");
    }
    let whole = scaled.abs().log10().floor().clamp(-4.0, 5.0) as i32;
    let places = usize::try_from(3 - whole).unwrap_or(0).min(5);
    let text = format!("{scaled:.places$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{unit}")
}

/// `45 s`, `3 min`, `2 h`.
pub(super) fn duration(seconds: f64) -> String {
    match seconds {
        7200.0.. => format!("{:.0} h", seconds / 3600.0),
        120.0.. => format!("{:.0} min", seconds / 60.0),
        10.0.. => format!("{seconds:.0} s"),
        _ => format!("{} s", short(seconds)),
    }
}
