//! Timers go by the clock of tokio's runtime, which a test may pause; without a runtime by that of the system.

use std::time::Duration;

use picometer_std::serve::HttpMetrics;
use picometer_std::{Family, Histogram, MeasuredFuture, Metric, ObserveDuration, Summary, Timer, sample_value};

#[tokio::test(start_paused = true)]
async fn timers_follow_the_paused_clock() {
    let seconds = Metric::<Summary>::new("query_seconds", "");
    let timer = seconds.start_timer();
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert_eq!(timer.observe(), Duration::from_secs(3_600));

    tokio::time::sleep(Duration::from_secs(7)).timed(&seconds).await;
    assert_eq!((seconds.count(), seconds.sum()), (2, 3_607.0));

    let family = Family::<Histogram, 1>::new("served_seconds", "", ["code"]);
    let mut timer = Timer::new(family.with(["499"]).handle());
    tokio::time::advance(Duration::from_millis(1_500)).await;
    timer.bind(family.with(["200"]).handle());
    drop(timer);
    assert_eq!(family.with(["200"]).sum(), 1.5);
}

#[tokio::test(start_paused = true)]
async fn request_metrics_follow_the_paused_clock() {
    let metrics = HttpMetrics::server();
    let request = metrics.begin("GET", None);
    tokio::time::sleep(Duration::from_secs(90)).await;
    request.end("/slow", 200, Some(0));
    let labels = [("method", "GET"), ("route", "/slow")];
    assert_eq!(sample_value(&metrics, "http_request_duration_seconds_sum", &labels), Some(90.0), "{metrics:?}");
}

#[test]
fn timer_without_a_runtime_measures() {
    let seconds = Metric::<Summary>::new("wait_seconds", "");
    let took = std::thread::scope(|scope| {
        let timer = seconds.start_timer();
        scope.spawn(|| std::thread::sleep(Duration::from_millis(2))).join().unwrap();
        timer.observe()
    });
    assert!(took >= Duration::from_millis(2));
}
