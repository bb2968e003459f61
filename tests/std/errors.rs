//! Errors speak: `Debug` is the sentence that `Display` writes, and it names what to change, and where.

use std::error::Error;
use std::panic::Location;

use picometer_std::exemplar::SourceError;
use picometer_std::exporter::{BasicAuth, BasicAuthError, OptionsError, Tls, TlsError};
use picometer_std::multiprocess::{JoinError, join};
use picometer_std::parse::{self, Dialect, Lexer, ReadError, Stream};
use picometer_std::push::{GroupingKey, PushError, Pushgateway};
use picometer_std::statics::push::ResponseError;
use picometer_std::textfile::{TextfileError, write_to_textfile};
use picometer_std::{
    BucketBounds, BucketError, Collision, ConstError, ConstFamily, ConstPoint, Counter, Desc, DescError, DescParts, ExemplarError,
    Exposition, Family, FillError, Format, Gauge, Histogram, Kind, Label, LabelError, Metric, MetricError, NamedStates, NativeBuckets,
    NativeHistogram, NotGrowth, ObjectiveError, Objectives, QuantileSummary, RegisterError, Registry, Stop, WriteError,
};

/// The text of an error, which is the same by `Debug`.
fn said<E: Error>(error: E) -> String {
    let text = error.to_string();
    assert_eq!(format!("{error:?}"), text);
    assert_eq!(format!("{error:#?}"), text);
    assert!(!text.ends_with('.') && !text.contains('{'), "{text}");
    text
}

#[test]
fn every_error_is_its_sentence_by_debug() {
    for error in [FillError::BufferTooSmall { needed: 45 }, FillError::TooManyBuckets, FillError::SeriesRemoved, FillError::SeriesChanged] {
        said(WriteError::<FillError>::Fill(error));
        said(error);
    }
    said(Stop);
    said(NotGrowth);
    said(SourceError);
    for error in [ExemplarError::TooLong, ExemplarError::NoRoom, ExemplarError::Repeated, ExemplarError::NotGrowth] {
        said(error);
    }
    said::<LabelError>(Label::try_new("__a", "").unwrap_err());
    said::<DescError>(Desc::try_new(DescParts { name: "a", ..DescParts::new(Kind::Counter) }).unwrap_err());
    said::<BucketError>(BucketBounds::new([]).unwrap_err());
    said::<ObjectiveError>(Objectives::new([(2.0, 0.1)]).unwrap_err());
    said::<MetricError>(NamedStates::new(["a", "a"]).unwrap_err());
    said::<ConstError>(ConstPoint::histogram([(1.0, 1)], 1.0).unwrap_err());
    said(ConstFamily::new(Kind::Counter, "a_total", "", []).insert((), ConstPoint::number(-1)).unwrap_err());
    said::<ResponseError>(ResponseError::NotHttp);
    said::<parse::Error>(Lexer::new("a b\n", Dialect::Text004).find_map(Result::err).unwrap());
    let long = Stream::new(&b"up{job=\"a\"} 1\n"[..], Dialect::Text004).line_limit(8).for_each(|_| {});
    assert!(matches!(long, Err(ReadError::Page(_))));
    said(long.unwrap_err());
    said(OptionsError::NoUsers);
    said::<BasicAuthError>(BasicAuth::new().user("a:b", "").unwrap_err());
    for error in [TlsError::CertificateWithoutKey, TlsError::KeyWithoutCertificate, TlsError::ClientCaWithoutCertificate] {
        said(error);
    }
    has(Tls::from_settings(Some("/no/a.crt".as_ref()), Some("/no/a.key".as_ref()), None).unwrap_err(), &["/no/a.crt"]);
    said::<JoinError>(join("/no/such/directory").unwrap_err());
    said::<TextfileError>(write_to_textfile("/nowhere/app.prom", &Registry::new()).unwrap_err());
    said::<RegisterError>(Registry::new().register(Metric::<Counter>::new("a", "")).unwrap_err());
    let (one, other) = (Metric::<Gauge>::new("a", ""), Metric::<Gauge>::new("a", ""));
    has::<Collision>(picometer_std::statics::Registry::new(&[&one, &other]).check().unwrap_err(), &["`a`"]);
    said(GroupingKey::new("").unwrap_err());
    let first = Metric::<Counter>::new("a_total", "");
    let page = Exposition::new(&first, Format::Text004).fill(&mut [0; 4]);
    assert_eq!(said(page.unwrap_err()), "the next line of 23 bytes does not fit the buffer: give `fill` at least that many");
}

/// Whether the sentence has all of these parts.
#[track_caller]
fn has<E: Error>(error: E, parts: &[&str]) {
    let text = said(error);
    for part in parts {
        assert!(text.contains(part), "no {part:?} in {text:?}");
    }
}

#[test]
fn refused_number_is_named() {
    let bounds = |bounds: &[f64]| said(BucketBounds::new(bounds).unwrap_err());
    assert_eq!(bounds(&[0.5, 2.5, 0.25]), "bucket bounds must rise: 0.25 is not above the one before: sort them, and give each once");
    assert_eq!(bounds(&[0.5, f64::NAN]), "bucket bounds must be finite, and NaN is not: leave it out; +Inf comes by itself");
    assert_eq!(bounds(&[f64::INFINITY, 1.0]), "bucket bounds must be finite, and +Inf is not: leave it out; +Inf comes by itself");
    let objectives = |targets: &[(f64, f64)]| said(Objectives::new(targets.iter().copied()).unwrap_err());
    assert_eq!(
        objectives(&[(0.5, 0.1), (95.0, 0.1)]),
        "a quantile is from 0 to 1, and 95 is not: write 0.99 for the value that 99 % are not above"
    );
    assert_eq!(
        objectives(&[(0.5, 0.1), (0.9, 0.0)]),
        "the allowed error of a quantile is between 0 and 1, and 0 is not: write 0.01 for 1 % of the ranks"
    );
    assert_eq!(objectives(&[(0.9, 0.1), (0.5, 0.1), (0.9, 0.2)]), "quantile 0.9 is given twice: leave one out");
}

#[test]
fn push_error_names_what_failed() {
    let url = || "http://gateway:9091/metrics".to_owned();
    let label = |reason| PushError::Label { name: "job".into(), reason };
    has(PushError::Url { url: "http://me:secret@x".into(), reason: "no".into() }, &["`http://x`", "no"]);
    has(label("empty"), &["`job`", "empty"]);
    has(PushError::GroupingLabel { family: "load".into(), label: "job".into() }, &["`load`", "`job`", "rename"]);
    has(PushError::Tls(format!("{}: expired", url())), &[&url(), "expired"]);
    has(PushError::HostNotFound("gateway:9091".into()), &["`gateway:9091`", "check its name"]);
    has(PushError::Timeout { url: url() }, &[&url(), "did not answer in time", "`timeout`"]);
    has(PushError::Protocol(format!("{}: no", url())), &[&url(), "not HTTP"]);
    has(PushError::TooManyRedirects { url: url() }, &[&url(), "redirects", "`redirects`"]);
    for (status, remedy) in [(401, "credentials"), (404, "path"), (503, "busy")] {
        has(PushError::Status { url: url(), status, body: "busy".into(), retry_after: None }, &[&url(), &status.to_string(), remedy]);
    }
    has(PushError::Partial { rejected: 3, message: "old".into() }, &["3", "old"]);
    let last = || Some(Box::new(PushError::Timeout { url: url() }));
    has(PushError::Dropped { batches: 2, samples: 7, last: last() }, &["2 batches", "7 samples", &url()]);
    has(PushError::Undelivered { batches: 2, last: last() }, &["2 batches", &url()]);
    has(PushError::Undelivered { batches: 2, last: None }, &["2 batches"]);
    has(PushError::OtherProcess, &["fork", "start one here"]);
}

#[test]
fn given_value_names_family_value_and_place() {
    let refused = |kind, name: &str, points: Vec<ConstPoint>| {
        let mut family = ConstFamily::new(kind, name, "", ["host"]);
        let results = points.into_iter().map(|point| family.insert(["a"], point)).collect::<Result<Vec<()>, ConstError>>();
        results.unwrap_err()
    };
    let here = file!();
    let counter = |value: f64| refused(Kind::Counter, "sold_total", vec![ConstPoint::number(value)]);
    has(counter(-1.0), &["metric `sold_total`: -1 is no count", "use a gauge", here]);
    has(counter(f64::NAN), &["metric `sold_total`: NaN is no count", here]);
    has(refused(Kind::Histogram, "wait", vec![ConstPoint::number(1)]), &["metric `wait`", "type of its family, Histogram", here]);
    let moment = picometer_std::Timestamp::from_seconds(1);
    has(refused(Kind::Gauge, "load", vec![ConstPoint::number(1).since(moment)]), &["metric `load`", "Gauge", "leave out `since`", here]);
    let twice = || vec![ConstPoint::number(1), ConstPoint::number(2)];
    has(refused(Kind::Gauge, "load", twice()), &["metric `load`: `host=\"a\"` is there already", here]);
    let facts = ConstPoint::info([("host", "b")]).unwrap();
    has(refused(Kind::Info, "build_info", vec![facts]), &["metric `build_info`: `host` is there already", here]);
    // Points by themselves have no family.
    has(ConstPoint::histogram([(1.0, 1)], 1.0).unwrap_err(), &["+Inf, and not 1", "`(f64::INFINITY, count)`", here]);
    has(ConstPoint::histogram([], 1.0).unwrap_err(), &["not none", here]);
    has(ConstPoint::histogram([(2.0, 1), (1.0, 2), (f64::INFINITY, 3)], 1.0).unwrap_err(), &["bounds must rise", here]);
    has(ConstPoint::histogram([(1.0, 5), (f64::INFINITY, 4)], 1.0).unwrap_err(), &["4 is less than the one before", here]);
    for (quantiles, wrong) in [(vec![(1.5, 1.0)], "1.5"), (vec![(0.5, 1.0), (0.5, 2.0)], "0.5"), (vec![(f64::NAN, 1.0)], "NaN")] {
        has(ConstPoint::summary(1, 1, quantiles).unwrap_err(), &["quantiles rise", wrong, here]);
    }
    has(ConstPoint::states::<&str>([]).unwrap_err(), &["from 1 to 64 states, and was given 0", here]);
    has(ConstPoint::states([("a", true), ("a", false)]).unwrap_err(), &["state `a` is given twice", here]);
    has(ConstPoint::info([("__a", "")]).unwrap_err(), &["label `__a`", here]);
}

#[test]
fn state_set_names_itself_and_its_states() {
    let states = |states: &[&str]| refused(Metric::<NamedStates>::new("job_state", "").states(states));
    assert_eq!(states(&[]), "metric `job_state`: a state set needs from 1 to 64 states, and was given 0: see `states`");
    assert_eq!(states(&["a", "b", "a"]), "metric `job_state`: state `a` is given twice: leave one out");
    assert_eq!(
        refused(Family::<NamedStates, 1>::new("job_state", "", ["job"]).states(["a", "a"])),
        "metric `job_state`: state `a` is given twice: leave one out"
    );
}

/// What registering here says; the place is this line's.
#[track_caller]
fn refused<T: picometer_std::Collector + std::fmt::Debug + 'static>(collector: T) -> String {
    let error = Registry::new().register(collector).unwrap_err();
    let place = Location::caller().to_string();
    let text = said(error);
    text.strip_suffix(&format!(" (at {place})")).unwrap_or_else(|| panic!("{text} does not end in {place}")).to_owned()
}

#[test]
fn refused_metric_names_itself_its_place_and_the_remedy() {
    assert_eq!(
        refused(Metric::<Counter>::new("my_failures", "")),
        "metric `my_failures`: the name of a counter must end in `_total`: write `my_failures_total`"
    );
    assert_eq!(
        refused(Family::<Counter, 1>::new("failures", "", ["a"]).namespace("my")),
        "metric `my_failures`: the name of a counter must end in `_total`: write `failures_total`"
    );
    assert_eq!(
        refused(Metric::<Histogram>::new("wait", "").unit("seconds")),
        "metric `wait`: the name (without `_total`) must end in `_` and the unit: write `wait_seconds`"
    );
    assert_eq!(
        refused(Metric::<Counter>::new("wait_total", "").unit("seconds")),
        "metric `wait_total`: the name (without `_total`) must end in `_` and the unit: write `wait_seconds_total`"
    );
    // What two changes would mend, or none by adding, has no proposal.
    assert!(!refused(Metric::<Counter>::new("my failures", "")).contains("write"));
    assert_eq!(
        refused(Family::<Histogram, 1>::new("wait_seconds", "", ["le"])),
        "metric `wait_seconds`: label `le` belongs to the samples of the metric itself: rename it"
    );
    assert_eq!(refused(Family::<Gauge, 2>::new("load", "", ["a", "a"])), "metric `load`: label `a` is given twice: rename one");
    assert!(refused(Family::<Gauge, 1>::new("load", "", ["__a"])).starts_with("metric `load`: label `__a`: label names that start with"));
    assert_eq!(
        refused(Metric::<Histogram>::new("wait_seconds", "").buckets([2.0, 1.0])),
        "metric `wait_seconds`: bucket bounds must rise: 1 is not above the one before: sort them, and give each once"
    );
    assert!(
        refused(Family::<Gauge, 1>::new("load", "", ["a"]).normalize_label("b", str::to_owned)).starts_with("metric `load`: label `b`")
    );
    assert!(refused(ConstFamily::new(Kind::Summary, "size", "", ["quantile"])).starts_with("metric `size`: label `quantile`"));
}

#[test]
fn settings_out_of_range_are_refused_where_they_are_registered() {
    let native = |config: NativeBuckets| refused(Family::<NativeHistogram, 1>::new("size", "", ["a"]).config(config));
    let range = "metric `size`: `max_buckets` of a native histogram is from 8 to 65,536";
    assert_eq!(native(NativeBuckets::new().max_buckets(7)), range);
    assert_eq!(native(NativeBuckets::new().max_buckets(65_537)), range);
    for factor in [1.0, 0.9, -2.0, f64::NAN, f64::INFINITY] {
        assert!(native(NativeBuckets::new().factor(factor)).contains("`factor`"), "{factor}");
    }
    for threshold in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(native(NativeBuckets::new().zero_threshold(threshold)).contains("`zero_threshold`"), "{threshold}");
        assert!(native(NativeBuckets::new().max_zero_threshold(threshold)).contains("`max_zero_threshold`"), "{threshold}");
    }
    for ages in [0, 65] {
        let objectives = Objectives::default().age_buckets(ages);
        assert!(refused(Metric::<QuantileSummary>::new("size", "").config(&objectives)).contains("`age_buckets`"), "{ages}");
    }
    let registry = Registry::new();
    registry.register(Metric::<NativeHistogram>::new("a", "").config(&NativeBuckets::new().max_buckets(8).zero_threshold(0.0))).unwrap();
    registry.register(Metric::<QuantileSummary>::new("b", "").config(&Objectives::default().age_buckets(64))).unwrap();
}

#[test]
fn taken_name_says_where_and_how_to_share_it() {
    let registry = Registry::new();
    let jobs = || Metric::<Counter>::new("jobs_total", "");
    registry.register(jobs()).unwrap();
    let first = line!() - 1;
    let text = said(registry.register(jobs()).unwrap_err());
    let start = format!("metric `jobs_total` is already registered at {}:{first}:", file!());
    assert!(text.starts_with(&start) && text.contains("use `get_or_register`"), "{text}");

    let twice = || registry.register(Metric::<Gauge>::new("load", ""));
    twice().unwrap();
    let text = said(twice().unwrap_err());
    assert!(text.starts_with("metric `load` is registered twice at "), "{text}");

    let nested = said(registry.nested("", [("__a", "b")]).unwrap_err());
    assert!(nested.starts_with("label `__a`") && nested.contains(file!()), "{nested}");
}

#[test]
fn errors_of_files_name_them() {
    let text = said(join("/no/such/directory").unwrap_err());
    assert!(text.contains("/no/such/directory") && text.ends_with("make the directory before the first worker starts"), "{text}");
    let text = said(write_to_textfile("/nowhere/app.prom", &Registry::new()).unwrap_err());
    assert!(text.starts_with("/nowhere/app.prom was not written"), "{text}");
}

#[test]
fn refused_push_names_the_address_without_its_password() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let push = |url: &str| {
        let once = picometer_std::push::Retry { attempts: 1, ..Default::default() };
        said(Pushgateway::new(url, "job").unwrap().retry(once).push(&Registry::new()).unwrap_err())
    };
    assert!(push(&format!("http://{address}")).starts_with(&format!("cannot push to http://{address}/metrics/job/job: ")));
    let text = push(&format!("http://me:secret@{address}"));
    assert!(text.contains(&address.to_string()) && !text.contains("secret"), "{text}");
}

#[test]
fn bounds_objectives_and_labels_say_what_to_write() {
    has(BucketBounds::new([]).unwrap_err(), &["write a bound"]);
    has(BucketBounds::new([f64::NAN]).unwrap_err(), &["NaN", "leave it out"]);
    has(BucketBounds::new([0.5, 0.1]).unwrap_err(), &["0.1", "sort them"]);
    has(Objectives::new([(99.0, 0.01)]).unwrap_err(), &["99", "write 0.99"]);
    has(Objectives::new([(0.99, 1.0)]).unwrap_err(), &["1", "write 0.01"]);
    for (name, advice) in [("http.method", "`.utf8()`"), ("a b", "letters, digits and `_`"), ("__a", "take another name")] {
        has(Family::<Counter, 1>::new("a_total", "", [name]).check().unwrap_err(), &[name, advice]);
        has(Registry::new().register(Family::<Counter, 1>::new("a_total", "", [name])).map(drop).unwrap_err(), &[name, advice, file!()]);
    }
    // With its advice taken.
    Family::<Counter, 1>::new("a_total", "", ["http.method"]).utf8().check().unwrap();
}
