//! Names, units and labels: what can be, and what the error says where it cannot.

use picometer_std::{
    BucketError, ClosedFamily, Counter, DescError, Escaping, Family, Format, Gauge, Histogram, Info, LabelError, LabelTexts, Metric,
    MetricError, NamedStates, RegisterError, Registry, Summary, labels, render_escaped,
};

use crate::{in_format, page};

fn desc_error(name: &str, error: DescError) -> RegisterError {
    RegisterError::Metric(MetricError::Desc { name: name.into(), error })
}

#[test]
fn names_are_joined_and_units_shown() {
    let seconds = Metric::<Summary>::new("wait_seconds", "Time\nspent \\ waiting.").namespace("ns").subsystem("sub").unit("seconds");
    seconds.observe(2.0);
    assert_eq!(
        in_format(&seconds, Format::OpenMetrics100),
        "# HELP ns_sub_wait_seconds Time\\nspent \\\\ waiting.\n# TYPE ns_sub_wait_seconds summary\n# UNIT ns_sub_wait_seconds seconds\n\
         ns_sub_wait_seconds_sum 2.0\nns_sub_wait_seconds_count 1\n# EOF\n"
    );
}

#[test]
fn bad_names_are_found_when_they_are_registered() {
    let registry = Registry::new();
    let refused = [
        (registry.register(Metric::<Gauge>::new("", "")).map(drop), desc_error("", DescError::EmptyName)),
        (registry.register(Metric::<Counter>::new("_total", "")).map(drop), desc_error("_total", DescError::EmptyName)),
        (registry.register(Metric::<Counter>::new("jobs", "")).map(drop), desc_error("jobs", DescError::CounterWithoutTotal)),
        (registry.register(Metric::<Info>::new("build", "")).map(drop), desc_error("build", DescError::InfoWithoutSuffix)),
        (registry.register(Metric::<Gauge>::new("queue depth", "")).map(drop), desc_error("queue depth", DescError::BadName)),
        // The reference takes a line feed at the end for legal, and breaks the page.
        (registry.register(Metric::<Gauge>::new("depth\n", "")).map(drop), desc_error("depth\n", DescError::BadName)),
        (registry.register(Metric::<Gauge>::new("1st", "")).map(drop), desc_error("1st", DescError::BadName)),
        (registry.register(Metric::<Gauge>::new("depth", "").unit("jobs")).map(drop), desc_error("depth", DescError::UnitNotInName)),
        (registry.register(Metric::<Info>::new("x_info", "").unit("x")).map(drop), desc_error("x_info", DescError::UnitNotAllowed)),
        (registry.register(Metric::<Gauge>::new("a", "").namespace("a b")).map(drop), desc_error("a", DescError::BadNamespace)),
        (registry.register(Family::<Gauge, 0>::new("a-b", "", [])).map(drop), desc_error("a-b", DescError::BadName)),
    ];
    for (result, error) in refused {
        assert!(!error.to_string().is_empty());
        assert_eq!(result, Err(error));
    }
    assert_eq!(page(&registry), "", "nothing of it was registered");
}

#[test]
fn bad_label_names_are_found_when_they_are_registered() {
    let registry = Registry::new();
    let family = |names| registry.register(Family::<Gauge, 2>::new("a", "", names)).map(drop);
    let label = |name: &str, error| Err(RegisterError::Metric(MetricError::Label { name: name.into(), error }));
    assert_eq!(family(["x", ""]), label("", LabelError::Empty));
    assert_eq!(family(["__x", "y"]), label("__x", LabelError::Reserved));
    assert_eq!(family(["x y", "y"]), label("x y", LabelError::BadName));
    assert_eq!(family(["x", "x"]), Err(MetricError::RepeatedLabel("x".into()).into()));
    assert_eq!(family(["le", "quantile"]), Ok(()), "gauges have no label of their own");
    let reserved = |name: &str| Err(RegisterError::Metric(MetricError::ReservedLabel(name.into())));
    assert_eq!(registry.register(Family::<Histogram, 1>::new("b", "", ["le"])).map(drop), reserved("le"));
    assert_eq!(registry.register(Family::<Summary, 1>::new("c", "", ["quantile"])).map(drop), reserved("quantile"));
    let states = Family::<NamedStates, 1>::new("d", "", ["ns_d"]).namespace("ns").states(["on", "off"]);
    assert_eq!(registry.register(states).map(drop), reserved("ns_d"));
    assert_eq!(registry.register(Family::<Gauge, 1>::new("e", "", ["overflow"]).max_series(3)).map(drop), reserved("overflow"));
    assert_eq!(registry.register(Family::<Gauge, 1>::new("f", "", ["overflow"])).map(drop), Ok(()));
    let constrained = Family::<Gauge, 1>::new("g", "", ["x"]).normalize_label("y", str::to_owned);
    assert_eq!(registry.register(constrained).map(drop), Err(MetricError::NoSuchLabel("y".into()).into()));
}

#[test]
fn bad_bounds_and_states_are_found_when_they_are_registered() {
    let registry = Registry::new();
    let histogram = |bounds: &[f64]| registry.register(Metric::<Histogram>::new("a", "").buckets(bounds)).map(drop);
    let refused = |error: BucketError| Err(RegisterError::Metric(error.into()));
    assert_eq!(histogram(&[]), refused(BucketError::Empty));
    assert_eq!(histogram(&[f64::INFINITY]), refused(BucketError::Empty));
    assert_eq!(histogram(&[1.0, 1.0]), refused(BucketError::NotRising(1.0.into())));
    assert_eq!(histogram(&[1.0, f64::NAN]), refused(BucketError::NotFinite(f64::NAN.into())));
    assert_eq!(histogram(&[f64::NEG_INFINITY, 1.0]), refused(BucketError::NotFinite(f64::NEG_INFINITY.into())));
    let family = Family::<Histogram, 1>::new("b", "", ["x"]).buckets([2.0, 1.0]);
    assert_eq!(registry.register(family).map(drop), refused(BucketError::NotRising(1.0.into())));
    let many: Vec<String> = (0..65).map(|state| state.to_string()).collect();
    let states = |states: &[&str]| registry.register(Metric::<NamedStates>::new("c", "").states(states)).map(drop);
    assert_eq!(states(&[]), Err(MetricError::States(0.into()).into()));
    assert_eq!(states(&many.iter().map(|state| &**state).collect::<Vec<_>>()), Err(MetricError::States(65.into()).into()));
    assert_eq!(states(&["a", "a"]), Err(MetricError::RepeatedState("a".into()).into()));
}

#[test]
fn any_utf8_is_a_name_where_it_is_declared() {
    let requests = Family::<Counter, 1>::new("http.requests_total", "", ["http.method"]).utf8();
    requests.with(["GET"]).inc();
    requests.check().unwrap();
    let page = |escaping| {
        let mut page = Vec::new();
        render_escaped(&requests, Format::Text100, escaping, &mut page);
        String::from_utf8(page).unwrap().lines().last().unwrap().to_owned()
    };
    assert_eq!(page(Escaping::AllowUtf8), "{\"http.requests_total\",\"http.method\"=\"GET\"} 1");
    assert_eq!(page(Escaping::Underscores), "http_requests_total{http_method=\"GET\"} 1");
    assert_eq!(page(Escaping::Dots), "http_dot_requests_total{http_dot_method=\"GET\"} 1");
    assert_eq!(page(Escaping::Values), "U__http_2e_requests_total{U__http_2e_method=\"GET\"} 1");
}

#[test]
fn label_values_are_escaped_and_read_as_they_were_given() {
    let family = Family::<Gauge<i64>, 2>::new("a", "", ["x", "y"]);
    for values in [["back\\slash", "\"quoted\""], ["line\nfeed", ""], ["\r\t\0é😱", "{}"]] {
        family.with(values).inc();
        family.with(values).inc();
        assert_eq!(family.with(values).get(), 2);
    }
    assert_eq!(
        crate::samples(&family),
        ["a{x=\"back\\\\slash\",y=\"\\\"quoted\\\"\"} 2", "a{x=\"line\\nfeed\",y=\"\"} 2", "a{x=\"\r\t\0é😱\",y=\"{}\"} 2"]
    );
}

labels! { enum Method as "method" { Get = "GET", Post = "POST" } }
labels! { enum Odd as "odd" { Quoted = "\"" } }

#[test]
fn closed_families_have_all_series_from_the_start() {
    let requests = ClosedFamily::<Counter, (Method, Odd)>::new("requests_total", "");
    requests.with((Method::Post, Odd::Quoted)).inc();
    assert_eq!(crate::samples(&requests), [r#"requests_total{method="GET",odd="\""} 0"#, r#"requests_total{method="POST",odd="\""} 1"#]);
    assert!(requests.iter().map(|(labels, counter)| (labels.0.text(), counter.get())).eq([("GET", 0), ("POST", 1)]));
    let seconds = ClosedFamily::<Histogram, Method>::new("seconds", "").buckets([1.0, 0.5]);
    assert_eq!(seconds.check(), Err(BucketError::NotRising(0.5.into()).into()));
}
