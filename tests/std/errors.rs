//! Errors speak: `Debug` is the sentence that `Display` writes, and it names what to change, and where.

use std::error::Error;
use std::panic::Location;

use picometer_std::exemplar::SourceError;
use picometer_std::exporter::{BasicAuth, Exporter, OptionsError};
use picometer_std::multiprocess::join;
use picometer_std::parse::{Dialect, Lexer, ReadError, Stream};
use picometer_std::push::{GroupingKey, PushError, Pushgateway};
use picometer_std::textfile::write_to_textfile;
use picometer_std::{
    BucketBounds, ConstFamily, ConstPoint, Counter, Desc, DescParts, ExemplarError, Exposition, Family, FillError, Format, Gauge,
    Histogram, Kind, Label, Metric, NamedStates, NativeBuckets, NativeHistogram, NotGrowth, Objectives, QuantileSummary, Registry, Stop,
    WriteError,
};

/// The text of an error, which is the same by `Debug`.
fn said(error: impl Error) -> String {
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
    said(Label::try_new("__a", "").unwrap_err());
    said(Desc::try_new(DescParts { name: "a", ..DescParts::new(Kind::Counter) }).unwrap_err());
    said(BucketBounds::new([]).unwrap_err());
    said(Objectives::new([(2.0, 0.1)]).unwrap_err());
    said(NamedStates::new(["a", "a"]).unwrap_err());
    said(ConstPoint::histogram([(1.0, 1)], 1.0).unwrap_err());
    said(ConstFamily::new(Kind::Counter, "a_total", "", []).insert((), ConstPoint::number(-1)).unwrap_err());
    said(picometer_std::statics::push::ResponseError::NotHttp);
    said(Lexer::new("a b\n", Dialect::Text004).find_map(Result::err).unwrap());
    let long = Stream::new(&b"up{job=\"a\"} 1\n"[..], Dialect::Text004).line_limit(8).for_each(|_| {});
    assert!(matches!(long, Err(ReadError::Page(_))));
    said(long.unwrap_err());
    said(OptionsError::NoUsers);
    said(BasicAuth::new().user("a:b", "").unwrap_err());
    said(PushError::Timeout);
    said(GroupingKey::new("").unwrap_err());
    let first = Metric::<Counter>::new("a_total", "");
    let page = Exposition::new(&first, Format::Text004).fill(&mut [0; 4]);
    assert_eq!(said(page.unwrap_err()), "the next line of 23 bytes does not fit the buffer: give `fill` at least that many");
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
    assert_eq!(refused(Metric::<Histogram>::new("wait_seconds", "").buckets([2.0, 1.0])), "metric `wait_seconds`: bucket bounds must rise");
    assert!(refused(Family::<Gauge, 1>::new("load", "", ["a"]).constrain("b", str::to_owned)).starts_with("metric `load`: label `b`"));
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
fn errors_of_files_and_sockets_name_them() {
    let text = said(join("/no/such/directory").unwrap_err());
    assert!(text.contains("/no/such/directory") && text.ends_with("make the directory before the first worker starts"), "{text}");
    let text = said(write_to_textfile("/nowhere/app.prom", &Registry::new()).unwrap_err());
    assert!(text.starts_with("/nowhere/app.prom was not written"), "{text}");

    let taken = Exporter::bind("127.0.0.1:0").unwrap().spawn(Registry::new()).unwrap();
    let address = taken.local_addr().unwrap();
    let text = Exporter::bind(address).unwrap_err().to_string();
    assert!(text.contains(&address.to_string()), "{text}");
    taken.shutdown();
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
