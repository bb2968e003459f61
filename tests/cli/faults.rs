//! What the command did wrong with pages of the world.

use crate::command::{Said, run, run_bytes};
use crate::peers::Folder;

fn convert(to: &str, page: &str) -> Said {
    run(&["convert", "--to", to], page.as_bytes())
}

#[test]
fn text_that_ends_in_eof_keeps_its_histograms() {
    let page = "# HELP c_total x\n# TYPE c_total counter\nc_total 5\n# HELP s S\n# TYPE s histogram\ns_bucket{le=\"1\"} 1\n\
                s_bucket{le=\"+Inf\"} 1\ns_sum 1\ns_count 1\n# EOF\n";
    let said = run(&["parse", "--json"], page.as_bytes());
    let families = said.json()["families"].clone();
    let kinds: Vec<_> = families.as_array().unwrap().iter().map(|f| (f["type"].clone(), f["samples"].as_array().unwrap().len())).collect();
    assert_eq!(kinds, [("counter".into(), 1), ("histogram".into(), 4)]);
    assert!(said.stderr.contains("read as text"), "{said:?}");
    // What is told is no guess.
    let told = run(&["parse", "--format", "openmetrics"], b"# TYPE a histogram\na {count:1,sum:1,bucket:[+Inf:1]}\n# EOF\n");
    assert_eq!(told.status, 1, "1.0 has none of this: {told:?}");
    assert_eq!(run(&["parse", "--strict", "--format", "openmetrics"], b"a 1 st@5\n# EOF\n").status, 1, "1.0 has none of this");
    assert_eq!(run(&["parse", "--strict", "--format", "openmetrics2"], b"a 1 st@5\n# EOF\n").status, 0);
}

#[test]
fn created_gauges_go_into_the_family() {
    let page = "# HELP j_total Jobs.\n# TYPE j_total counter\nj_total{a=\"b\"} 1\n# HELP j_created Jobs.\n# TYPE j_created gauge\nj_created{a=\"b\"} 1.7e9\n\
                # TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n# TYPE s summary\ns_sum 1\ns_count 1\n\
                # TYPE h_created gauge\nh_created 5\n# TYPE s_created gauge\ns_created 6.5\n";
    let said = convert("openmetrics", page);
    let expected = "# HELP j Jobs.\n# TYPE j counter\nj_total{a=\"b\"} 1\nj_created{a=\"b\"} 1.7e+09\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\n\
                    h_sum 1\nh_count 1\nh_created 5\n# TYPE s summary\ns_sum 1\ns_count 1\ns_created 6.5\n# EOF\n";
    assert_eq!((said.stdout.as_str(), said.stderr.as_str(), said.status), (expected, "", 0));
    assert_eq!(run(&["parse", "--strict"], said.stdout.as_bytes()).status, 0);
    // And out of it again.
    let text = convert("text", &said.stdout);
    assert!(text.stdout.contains("# TYPE j_created gauge\nj_created{a=\"b\"} 1.7e+09\n") && text.stderr.is_empty(), "{text:?}");
    assert_eq!(convert("openmetrics", &text.stdout).stdout, expected);
}

#[test]
fn created_without_its_metric_stands_alone() {
    let page = "# TYPE j_total counter\nj_total{a=\"b\"} 1\n# TYPE j_created gauge\nj_created{a=\"c\"} 1.7e9\n";
    let said = convert("openmetrics", page);
    assert_eq!(run(&["parse", "--strict"], said.stdout.as_bytes()).status, 0, "{said:?}");
    assert!(said.stdout.contains("j_created{a=\"c\"} 1.7e+09\n") && said.stdout.contains("j_total{a=\"b\"} 1\n"));
    assert!(said.stderr.contains("1 family has another type: `j` (counter)"), "{said:?}");
}

#[test]
fn repeated_series_and_pieces_make_a_right_page() {
    let page = "# TYPE a gauge\na{x=\"1\"} 1\n# TYPE b counter\nb 1\n# TYPE a gauge\na{x=\"2\"} 2\na{x=\"1\"} 3\na{x=\"2\"} 2\n";
    let said = convert("openmetrics", page);
    assert_eq!(said.stdout, "# TYPE a gauge\na{x=\"1\"} 1\na{x=\"2\"} 2\n# TYPE b unknown\nb 1\n# EOF\n");
    assert!(said.stderr.contains("2 samples of repeated series are left out: first `a`"), "{said:?}");
    let strict = run(&["convert", "--strict", "--to", "openmetrics"], b"# TYPE b counter\nb 1\n");
    assert_eq!((strict.status, strict.stdout.as_str()), (1, ""));
    assert!(strict.stderr.contains("another type: `b` (counter)"), "{strict:?}");
}

#[test]
fn counter_without_total_stays_a_counter() {
    let page = "# HELP errors Errors.\n# TYPE errors counter\nerrors{a=\"b\"} 5\n";
    let said = convert("text", page);
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), (page, ""));
    let message = run_bytes(&["convert", "--to", "protobuf"], page.as_bytes());
    let folder = Folder::new("faults");
    let message = folder.write("message", message);
    assert_eq!(run(&["convert", "--to", "text", message.to_str().unwrap()], b"").stdout, page);
}

#[test]
fn json_names_are_those_on_the_page() {
    let page = b"# TYPE s counter\ns 1\n# TYPE s_total counter\ns_total 2\n";
    let families = run(&["parse", "--json"], page).json()["families"].clone();
    let names = |at: usize| (families[at]["name"].clone(), families[at]["samples"][0]["name"].clone());
    assert_eq!((names(0), names(1)), (("s".into(), "s".into()), ("s_total".into(), "s_total".into())));
}

#[test]
fn buckets_alone_gain_nothing() {
    let page = "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\n";
    assert_eq!(convert("text", page).stdout, page);
    let folder = Folder::new("faults");
    for to in ["openmetrics", "openmetrics2", "protobuf"] {
        let file = folder.write(to, run_bytes(&["convert", "--to", to], page.as_bytes()));
        let back = run(&["parse", "--json", "--format", to, file.to_str().unwrap()], b"");
        let samples: usize = back.json()["families"].as_array().unwrap().iter().map(|f| f["samples"].as_array().unwrap().len()).sum();
        assert_eq!(samples, 2, "{to}: {back:?}");
    }
    assert!(convert("openmetrics2", page).stderr.contains("another type: `h` (histogram)"));
    assert_eq!(run(&["parse", "--json"], page.as_bytes()).json()["families"][0]["odd"].as_array().unwrap().len(), 2);
}

#[test]
fn lenient_is_what_the_server_takes() {
    for page in ["a{p=\"1\",p=\"2\"} 1\n", "a 1 -5\n", "# TYPE a  gauge\na 1\n", " a 1\n"] {
        assert_eq!(run(&["parse", "--lenient"], page.as_bytes()).status, 1, "{page}");
    }
    for page in ["a{b=\"c\" d=\"e\"} 1\n", "a 1", "# HELP a x\n# HELP a y\na 1\n"] {
        assert_eq!(run(&["parse", "--lenient"], page.as_bytes()).status, 0, "{page}");
    }
    let strict = run(&["parse", "--strict"], b"# TYPE s summary\ns{quantile=\"x\"} 1\n");
    assert!(strict.status == 1 && strict.stderr.contains("--lenient"), "{strict:?}");
}

#[test]
fn pages_of_the_python_client_are_read() {
    for page in ["{\"a.b_bucket\", le=\"1.0\"} 0\n# EOF\n", "# TYPE  a  counter\n# HELP  a  help\na 1\n", "b{,} 2\n", "c{  ,} 3\n"] {
        assert_eq!(run(&["parse"], page.as_bytes()).status, 0, "{page}");
    }
}

#[test]
fn keep_going_passes_over_bad_lines() {
    let page = b"# HELP a x\n# HELP a y\n# TYPE a gauge\na 1\nb x\n# TYPE a gauge\na{c=\"d\"} 2\nb{c=d} 1\nb 3\n";
    let plain = run(&["parse"], page);
    assert!(plain.status == 1 && plain.stderr.contains("line 5"), "{plain:?}");
    let said = run(&["parse", "--json", "--keep-going"], page);
    let json = said.json();
    let lines: Vec<_> = json["errors"].as_array().unwrap().iter().map(|error| error["line"].clone()).collect();
    assert_eq!((said.status, &json["ok"], lines), (1, &false.into(), vec![5.into(), 8.into()]));
    let samples: usize = json["families"].as_array().unwrap().iter().map(|f| f["samples"].as_array().unwrap().len()).sum();
    assert_eq!(samples, 3);
    let text = run(&["convert", "--keep-going", "--to", "text"], page);
    assert_eq!((text.status, text.stdout.matches(" 3\n").count()), (1, 1), "{text:?}");
    assert!(text.stderr.contains("line 8") && text.stderr.contains("passed over 2 errors"), "{text:?}");
}

#[test]
fn messages_name_the_cause_and_what_to_do() {
    let table: [(&[u8], &str); 6] = [
        (b"a 1\r\n", "--crlf"),
        (b"\xef\xbb\xbfa 1\n", "byte order mark"),
        (b"\xff\xfea\x00 \x001\x00\n\x00", "UTF-16"),
        (b"a_total 1 # {t=\"x\"} 1\n", "--format openmetrics"),
        (b"<!DOCTYPE html><html></html>\n", "/metrics"),
        (b"{\"status\": \"ok\"}\n", "JSON"),
    ];
    for (page, text) in table {
        let said = run(&["parse"], page);
        assert!(said.status == 1 && said.stderr.contains(text), "{said:?}");
    }
    assert_eq!(run(&["parse", "--strict", "--crlf"], b"# TYPE a gauge\r\na 1\r\n").status, 0);
}

#[test]
fn timestamps_in_json_have_one_shape() {
    let timestamp = |page: &str| run(&["parse", "--json"], page.as_bytes()).json()["families"][0]["samples"][0]["timestamp"].to_string();
    assert_eq!(timestamp("a 1 1500\n"), "{\"nsec\":500000000,\"sec\":1}");
    for page in ["a 1 1.5\n# EOF\n", "a 1 1.5e0\n# EOF\n", "a 1 15e-1\n# EOF\n"] {
        assert_eq!(timestamp(page), "{\"nsec\":500000000,\"sec\":1}", "{page}");
    }
}

#[test]
fn check_takes_an_address_and_says_what_it_checked() {
    let address = crate::peers::free_port().to_string();
    let said = run(&["check", &address], b"");
    assert!(said.status == 2 && said.stderr.contains(&format!("http://{address}/metrics")), "{said:?}");
    let twice = run(&["check", "--allow", "no-help"], b"# TYPE a gauge\na 1\nb 1\na 2\n");
    assert!(twice.stdout.contains("is there twice, on lines 2 and 4"), "{twice:?}");
    assert!(twice.stdout.ends_with("2 families, 3 series: 1 problem\n"), "{twice:?}");
}

#[test]
fn signs_of_zero_and_spellings_stay() {
    let page = "# TYPE a gauge\na -0\n# TYPE h histogram\nh_bucket{le=\"10\"} 1\nh_bucket{le=\"+Inf\"} 1\nh_sum -0\nh_count 1\n";
    assert_eq!(convert("text", page).stdout, page);
    let open_metrics = convert("openmetrics", page).stdout;
    assert!(open_metrics.contains("a -0.0\n") && open_metrics.contains("le=\"10\""), "{open_metrics}");
    assert_eq!(convert("text", &open_metrics).stdout, page);
}

#[test]
fn check_warns_of_what_the_program_counted_of_its_own_failures() {
    let page = b"# HELP up Up.\n# TYPE up gauge\nup 1\n\
        # HELP picometer_collector_failures_total Failures.\n# TYPE picometer_collector_failures_total counter\n\
        picometer_collector_failures_total{collector=\"disk\"} 3\npicometer_collector_failures_total{collector=\"load\"} 0\n\
        # HELP picometer_recorder_refused_total Refused.\n# TYPE picometer_recorder_refused_total counter\n\
        picometer_recorder_refused_total{metric=\"jobs\"} 1\n";
    let openmetrics = run(&["convert", "--to", "openmetrics"], page);
    for page in [page.as_slice(), openmetrics.stdout.as_bytes()] {
        let said = run(&["check"], page);
        let lines: Vec<_> = said.stderr.lines().collect();
        assert!(said.status == 0 && said.stdout.ends_with("no problems\n") && lines.len() == 2, "{said:?}");
        assert!(lines[0].contains("warning: collector `disk` failed") && lines[0].ends_with("(picometer_collector_failures_total is 3)"));
        assert!(lines[1].contains("warning: metric `jobs` is not shown"), "{said:?}");
    }
    assert_eq!(run(&["check"], b"# HELP a picometer_collector_failures_total 7\n# TYPE a gauge\na 1\n").stderr, "");
}
