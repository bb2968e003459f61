//! Series that come and go between the buffers of a page.

use super::page::Page;
use super::{FORMATS, fill_all};
use crate::fixture::Bytes;
use picometer::{BoundedFamily, Desc, Exposition, FillError, Histogram, Registry};

type Peers = BoundedFamily<Histogram<Bytes, 2>, 1, 4, 8>;
static DESC: Desc = Desc::histogram("peer_bytes", "Bytes by peer.");

/// Whatever comes and goes, no series is there twice, every histogram is whole, and what was there all the time is there; the one
/// thing that cannot be shown is the rest of a series that was removed after its first lines.
#[test]
fn no_series_twice_and_none_torn() {
    let (mut pages, mut removed) = (0, 0);
    for format in FORMATS {
        for size in 60..260 {
            for seed in 0..8_u32 {
                let peers = Peers::new(&DESC, &["peer"]);
                for peer in ["a", "stays", "c"] {
                    peers.with([peer]).observe(5);
                }
                let mut random = seed.wrapping_mul(2_654_435_761);
                let between = || {
                    random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let peer = ["a", "b", "c", "d", "e"][(random >> 16) as usize % 5];
                    if random >> 24 & 1 == 0 {
                        peers.remove([peer]);
                    } else {
                        peers.with([peer]).observe(70);
                    }
                };
                let registry_members: [&dyn picometer::Collector; 1] = [&peers];
                let registry = Registry::new(&registry_members);
                match fill_all(Exposition::new(&registry, format), size, between) {
                    Ok((text, _)) => {
                        let histograms = Page::read(&text).histograms("peer_bytes");
                        histograms.values().for_each(|histogram| assert_eq!(histogram.buckets().len(), 3));
                        assert!(histograms.contains_key("peer=\"stays\""), "{text}");
                        pages += 1;
                    }
                    Err(FillError::SeriesRemoved) => removed += 1,
                    Err(error) => panic!("{error} in {size} bytes"),
                }
            }
        }
    }
    assert!(pages > 1_000 && removed > 10, "{pages} pages, {removed} broken off");
}
