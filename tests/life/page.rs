//! Pages, read again by the strict reader.

use picometer_std::model::Family;
use picometer_std::parse::{self, Dialect, Rules};
use picometer_std::{Collector, Format, Kind, render};

use super::oracle::{Samples, key};

/// The page as a scraper gets it.
pub fn written(source: &dyn Collector, format: Format) -> Vec<u8> {
    let mut page = Vec::new();
    render(source, format, &mut page);
    page
}

/// The samples of a page, or why no scraper takes it.
pub fn read(page: &[u8], format: Format) -> Result<Samples, String> {
    let families = families(page, format)?;
    let mut samples = Samples::new();
    for family in &families {
        for sample in &family.samples {
            let name = &*sample.name;
            let labels = || sample.labels.iter().filter(|&(name, _)| name != "quantile");
            if sample.labels.get("quantile").is_some() {
                continue;
            }
            let mut add = |name: &str, value: f64| match samples.insert(key(name, labels()), value) {
                None => Ok(()),
                Some(_) => Err(format!("twice: {}", key(name, labels()))),
            };
            if let Some(native) = &sample.native_histogram {
                add(&format!("{name}_count"), native.count.as_f64())?;
                add(&format!("{name}_sum"), native.sum)?;
                continue;
            }
            add(name, sample.value.as_f64())?;
        }
        consistent(family)?;
    }
    Ok(samples)
}

fn families(page: &[u8], format: Format) -> Result<Vec<Family>, String> {
    if format == Format::Protobuf {
        return parse::protobuf(page, parse::Limits::default()).map_err(|error| format!("protobuf: {error}"));
    }
    let text = std::str::from_utf8(page).map_err(|error| error.to_string())?;
    let dialect = match format {
        Format::Text004 => Dialect::Text004,
        Format::OpenMetrics100 => Dialect::OpenMetrics100,
        _ => Dialect::Text100,
    };
    parse::families(text, dialect, Rules::STRICT).map_err(|error| format!("{format:?}: {}", error.in_page(text)))
}

/// `_count` is the bucket `+Inf`, and buckets do not fall.
fn consistent(family: &Family) -> Result<(), String> {
    if family.kind != Kind::Histogram {
        return Ok(());
    }
    let mut last: Option<(String, f64)> = None;
    for sample in &family.samples {
        let whole = |labels: &picometer_std::model::Labels| key("", labels.iter().filter(|&(name, _)| name != "le"));
        if sample.name.ends_with("_bucket") {
            let own = (whole(&sample.labels), sample.value.as_f64());
            if let Some((labels, below)) = &last
                && *labels == own.0
                && *below > own.1
            {
                return Err(format!("buckets fall: {own:?} behind {below}"));
            }
            last = Some(own);
        } else if sample.name.ends_with("_count")
            && let Some((labels, inf)) = &last
            && (*labels != whole(&sample.labels) || *inf != sample.value.as_f64())
        {
            return Err(format!("{}: _count {:?} beside +Inf {inf}", family.name, sample.value));
        }
    }
    Ok(())
}
