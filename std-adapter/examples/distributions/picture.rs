//! Curves as SVG.

use std::fmt::Write;

/// One type: at each quantile by what share of the value it is off.
pub(crate) struct Curve {
    pub(crate) name: &'static str,
    pub(crate) points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 430.0;
const LEFT: f64 = 70.0;
const TOP: f64 = 120.0;
/// Errors from 0.001 % to 1,000 %.
const DECADES: (f64, f64) = (-5.0, 1.0);
/// How far the axis goes on either side of the median, as the logarithm of the odds.
const ODDS: f64 = 6.95;
const COLOURS: [&str; 5] = ["#c0392b", "#d68910", "#7d3c98", "#2471a3", "#1e8449"];

fn x(quantile: f64) -> f64 {
    LEFT + (WIDTH - LEFT - 20.0) * ((quantile / (1.0 - quantile)).ln() + ODDS) / (2.0 * ODDS)
}

fn y(error: f64) -> f64 {
    let (least, most) = DECADES;
    TOP + (HEIGHT - TOP - 50.0) * (most - error.max(1e-9).log10().clamp(least, most)) / (most - least)
}

/// The picture. Whatever is below the axis is drawn upon it.
pub(crate) fn draw(curves: &[Curve]) -> String {
    let mut out = String::new();
    // Writing into a string does not fail.
    let _ = drawn(&mut out, curves);
    out
}

fn drawn(out: &mut String, curves: &[Curve]) -> std::fmt::Result {
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">"
    )?;
    writeln!(out, "<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>")?;
    writeln!(out, "<text x=\"{LEFT}\" y=\"20\" font-size=\"14\">Error of quantiles, of 100,000 log-normal durations around 40 ms</text>")?;
    for (decade, label) in (-5..=1).zip(["0.001 %", "0.01 %", "0.1 %", "1 %", "10 %", "100 %", "1000 %"]) {
        let at = y(10_f64.powi(decade));
        writeln!(out, "<path d=\"M{LEFT} {at:.1}H{}\" stroke=\"#ddd\"/>", WIDTH - 20.0)?;
        writeln!(out, "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>", LEFT - 6.0, at + 4.0)?;
    }
    for quantile in [0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999] {
        let at = x(quantile);
        writeln!(out, "<path d=\"M{at:.1} {TOP}V{:.1}\" stroke=\"#eee\"/>", HEIGHT - 50.0)?;
        writeln!(out, "<text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{quantile}</text>", HEIGHT - 32.0)?;
    }
    writeln!(out, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">quantile</text>", x(0.5), HEIGHT - 12.0)?;
    for ((curve, colour), row) in curves.iter().zip(COLOURS).zip(0_u8..) {
        let (column, line) = (f64::from(row % 2), f64::from(row / 2));
        let (left, at) = (LEFT + column * 330.0, 42.0 + line * 20.0);
        writeln!(out, "<path d=\"M{left} {}h24\" stroke=\"{colour}\" stroke-width=\"2\"/>", at - 4.0)?;
        writeln!(out, "<text x=\"{}\" y=\"{at}\">{}</text>", left + 30.0, curve.name)?;
        write!(out, "<path fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\" stroke-linejoin=\"round\" d=\"")?;
        for (&(quantile, error), letter) in curve.points.iter().zip(std::iter::once('M').chain(std::iter::repeat('L'))) {
            write!(out, "{letter}{:.1} {:.1}", x(quantile), y(error))?;
        }
        writeln!(out, "\"/>")?;
    }
    writeln!(out, "</svg>")
}
