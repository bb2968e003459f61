//! Points with moments of their own, several of a series: each receiver gets what it takes.

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use picometer::{Collector, Desc, Encoder, Point, Stop, Timestamp};
use picometer_std::push::{Http, HttpRequest, HttpResponse, Pushgateway, RemoteWrite};

use crate::pressure::series;

/// Of each series three moments, and one that is too early behind them.
struct Past;

impl Collector for Past {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const LEVEL: Desc = Desc::gauge("level", "");
        const NOW: Desc = Desc::gauge("now", "");
        let base = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() as i64 - 100;
        let mut family = out.family(&LEVEL)?;
        for tank in ["a", "b"] {
            for (value, after) in [(1, 0), (2, 10), (3, 20), (4, 5)] {
                family.point(&[("tank", tank)], &Point::number(value).at(Timestamp::new(base + after, 0)))?;
            }
        }
        out.family(&NOW)?.gauge(&(), 7)
    }
}

fn registry() -> picometer_std::Registry {
    let registry = picometer_std::Registry::new();
    registry.register(Past).unwrap();
    registry
}

/// The bodies that a client sends while `send` runs.
fn bodies(send: impl FnOnce(Http)) -> Vec<Vec<u8>> {
    let all = Arc::new(Mutex::new(Vec::new()));
    let own = all.clone();
    send(Http::new().handler(move |request: &HttpRequest<'_>| {
        own.lock().unwrap().push(request.body.to_vec());
        // What a receiver of 2.0 says, which others pass over.
        let written = ("X-Prometheus-Remote-Write-Samples-Written".to_owned(), "7".to_owned());
        Ok(HttpResponse { status: 204, headers: vec![written], body: Vec::new() })
    }));
    all.lock().unwrap().clone()
}

#[test]
fn pushgateway_gets_the_last_moment_of_each_series() {
    let registry = registry();
    let bodies = bodies(|http| {
        let gateway = Pushgateway::new("http://gateway:9091", "job").unwrap().http(http).gzip(false);
        gateway.push(&registry).unwrap();
    });
    let page = picometer_std::parse::protobuf(&bodies[0], picometer_std::parse::Limits::default());
    let lines = match page {
        Ok(families) => families.iter().flat_map(|family| family.samples.iter().map(|sample| format!("{sample:?}"))).collect::<Vec<_>>(),
        Err(_) => String::from_utf8_lossy(&bodies[0]).lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect(),
    };
    let own: Vec<_> = lines.iter().filter(|line| line.starts_with("level")).collect();
    assert_eq!(own, ["level{tank=\"a\"} 3", "level{tank=\"b\"} 3"], "{lines:?}");
}

#[test]
fn remote_write_gets_every_moment_that_rises() {
    let bodies = bodies(|http| {
        let remote = RemoteWrite::new("http://receiver:9090/api/v1/write").unwrap().http(http);
        remote.push(&Past).unwrap();
    });
    let count: u64 = bodies.iter().map(|body| series(body)).sum();
    // Two series of three moments, and one of now.
    assert_eq!(count, 7);
}
