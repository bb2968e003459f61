//! Files and pipes.

use crate::command::{run, run_bytes};
use crate::peers::Folder;

const GOOD: &[u8] = b"# HELP jobs_total Jobs done.\n# TYPE jobs_total counter\njobs_total{queue=\"mail\"} 17\n";

#[test]
fn parse_as_json() {
    let said = run(&["parse", "--json"], GOOD);
    assert_eq!((said.status, said.stderr.as_str()), (0, ""));
    let json = said.json();
    assert_eq!(json["ok"], true);
    assert_eq!((&json["families"][0]["name"], &json["families"][0]["type"]), (&"jobs".into(), &"counter".into()));
    assert_eq!(json["families"][0]["samples"][0]["value"], "17");
}

#[test]
fn a_page_that_is_wrong() {
    let said = run(&["parse", "--json", "-"], b"a 1\nb{c=d} 1\n");
    let json = said.json();
    assert_eq!((said.status, &json["ok"], &json["line"], &json["column"]), (1, &false.into(), &2.into(), &5.into()));
    assert!(json["error"].as_str().unwrap().contains("double quotes"));
    assert!(said.stderr.ends_with("  b{c=d} 1\n      ^\n"), "{}", said.stderr);
}

#[test]
fn one_object_for_each_input() {
    let folder = Folder::new("cli-inputs");
    let (good, bad) = (folder.write("good", GOOD), folder.write("bad", "a\n"));
    let (good, bad) = (good.to_str().unwrap(), bad.to_str().unwrap());
    let said = run(&["parse", "--json", good, bad, "/no/such/file", good], b"");
    let oks: Vec<bool> =
        said.stdout.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["ok"].as_bool().unwrap()).collect();
    assert_eq!((said.status, oks), (2, vec![true, false, false, true]));
}

#[test]
fn strict_and_lenient() {
    for (page, strict, plain, lenient) in [("a 1", 1, 0, 0), ("a 1 -5\n", 0, 0, 1), ("a 1\n", 0, 0, 0), ("a x\n", 1, 1, 1)] {
        let status = |arguments: &[&str]| run(arguments, page.as_bytes()).status;
        assert_eq!(
            (status(&["parse", "--strict"]), status(&["parse"]), status(&["parse", "--lenient"])),
            (strict, plain, lenient),
            "{page}"
        );
    }
}

#[test]
fn the_format_is_found_out_or_told() {
    let open_metrics = b"# TYPE a counter\na_total 1\n# EOF\n";
    assert_eq!(run(&["parse", "--json"], open_metrics).json()["families"][0]["name"], "a");
    assert_eq!(run(&["parse", "--format", "openmetrics"], b"a 1\n").status, 1, "without EOF");
    assert_eq!(run(&["parse", "--format", "text", "--json"], open_metrics).json()["families"][1]["name"], "a_total");
    let message = b"\x18\x0a\x07a_total\x18\x00\x22\x0b\x1a\x09\x09\x00\x00\x00\x00\x00\x00\xf0\x3f";
    for arguments in [&["parse", "--json"][..], &["parse", "--json", "--format", "protobuf"]] {
        assert_eq!(run(arguments, message).json()["families"][0]["samples"][0]["value"], "1.0");
    }
}

#[test]
fn check_lists_every_problem() {
    let said = run(&["check"], GOOD);
    assert_eq!((said.status, said.stdout.as_str(), said.stderr.as_str()), (0, "<stdin>: 1 family, 1 series: no problems\n", ""));
    let page = b"# TYPE aB_milliseconds gauge\naB_milliseconds 1\nx{y=1} 1\n# HELP c C.\n# TYPE c counter\nc 1\nc 1\n";
    let said = run(&["check"], page);
    assert_eq!(said.status, 1);
    for (line, rule) in
        [(1, "no-help"), (1, "camel-case"), (1, "base-unit"), (3, "syntax"), (4, "counter-without-total"), (4, "repeated-series")]
    {
        let found = said.stdout.lines().any(|text| text.starts_with(&format!("<stdin>:{line}")) && text.ends_with(&format!("[{rule}]")));
        assert!(found, "{line} {rule}\n{}", said.stdout);
    }
    assert!(!said.stdout.contains('\x1b'), "no colours in a pipe");
    let allowed = run(&["check", "--allow", "no-help"], b"# TYPE a gauge\na 1\n");
    assert_eq!((allowed.status, allowed.stdout.as_str()), (0, "<stdin>: 1 family, 1 series: no problems\n"));
    assert_eq!(run(&["check", "/no/such/file"], b"").status, 2);
    assert_eq!(run(&["check", "--allow", "what"], b"").status, 2);
}

#[test]
fn convert_there_and_back() {
    let open_metrics = run(&["convert", "--to", "openmetrics"], GOOD);
    assert_eq!(open_metrics.stdout, "# HELP jobs Jobs done.\n# TYPE jobs counter\njobs_total{queue=\"mail\"} 17\n# EOF\n");
    let text = run(&["convert", "--to", "text"], open_metrics.stdout.as_bytes());
    assert_eq!(text.stdout.as_bytes(), GOOD);
    let folder = Folder::new("cli-convert");
    let native = "# TYPE h histogram\nh{a=\"b\"} {count:4,sum:1.5,schema:3,zero_threshold:0.1,zero_count:2,positive_spans:[-1:2],positive_deltas:[1,0]}\n# EOF\n";
    for page in [open_metrics.stdout.as_bytes(), native.as_bytes()] {
        let message = folder.write("message", run_bytes(&["convert", "--to", "protobuf"], page));
        let again = run(&["parse", "--json", message.to_str().unwrap()], b"").json();
        let before = run(&["parse", "--json"], page).json();
        // A message does not say whether a number was an integer, and has the classic half of a native histogram too.
        let sample = |json: &serde_json::Value| {
            let samples = json["families"][0]["samples"].as_array().unwrap();
            let sample = samples.iter().find(|sample| !sample["native_histogram"].is_null()).unwrap_or(&samples[0]);
            (sample["name"].clone(), sample["labels"].clone(), sample["f64_bits"].clone(), sample["native_histogram"].clone())
        };
        assert_eq!(sample(&again), sample(&before));
    }
    let names = run(&["convert", "--to", "text", "--escaping", "underscores"], b"{\"a.b\"} 1\n");
    assert_eq!(names.stdout, "# TYPE a_b untyped\na_b 1\n");
    assert_eq!(run(&["convert", "--to", "text"], b"a x\n").status, 1);
}

#[test]
fn names_that_meet_in_open_metrics() {
    // The Go client's own metrics.
    let page = b"# TYPE alloc_bytes gauge\nalloc_bytes 1\n# TYPE alloc_bytes_total counter\nalloc_bytes_total 2\n";
    let said = run(&["convert", "--to", "openmetrics"], page);
    assert_eq!(said.stdout, "# TYPE alloc_bytes gauge\nalloc_bytes 1\n# TYPE alloc_bytes_total unknown\nalloc_bytes_total 2\n# EOF\n");
    assert_eq!(run(&["parse", "--strict"], said.stdout.as_bytes()).status, 0);
    assert!(run(&["check"], page).stdout.contains("[collision]"));
}

#[test]
fn watch_once_shows_rates() {
    let folder = Folder::new("cli-watch");
    let page = folder.write("page", GOOD);
    let said = run(&["watch", "--once", "--interval", "0.05", page.to_str().unwrap()], b"");
    assert_eq!(said.status, 0, "{said:?}");
    let mut words = said.stdout.lines().nth(1).unwrap().split_whitespace();
    assert!(words.by_ref().take(4).eq(["jobs_total{queue=\"mail\"}", "counter", "17", "0"]));
    assert_eq!(run(&["watch", "--once", "/no/such/file"], b"").status, 2);
}

#[test]
fn help_teaches() {
    let said = run(&["--help"], b"");
    assert!(said.status == 0 && ["parse", "check", "convert", "watch"].iter().all(|command| said.stdout.contains(command)));
    assert!(run(&["check", "--help"], b"").stdout.contains("no-help"));
    assert_eq!(run(&["parse", "--what"], b"").status, 2);
}
