//! Which module of which package may know which others.

/// A package, and its layers from the bottom.
pub struct Crate<'a> {
    pub folder: &'a str,
    /// What stands in one string is one unit, named after its first module; `a::*` is all modules below `a` that are not named
    /// elsewhere. Modules of a unit may know each other. A unit knows units of lower layers, and no other unit of its own.
    pub layers: &'a [&'a [&'a str]],
    /// Units that know another all the same, until a change ends it. None is added.
    pub exceptions: &'a [(&'a str, &'a str)],
}

pub const CRATES: &[&Crate<'_>] = &[&CORE, &EPOCH, &MULTIPROCESS, &REGISTRY, &SERVE, &PUSH, &PARSE, &CLI, &FIRMWARE];

/// Those that users build on.
pub const LIBRARIES: &[&Crate<'_>] = &[&CORE, &EPOCH, &MULTIPROCESS, &REGISTRY, &SERVE, &PUSH, &PARSE];

pub const CORE: Crate<'_> = Crate {
    folder: "core/src",
    layers: &[
        &["atomic", "charset", "copy", "guide guide::boards", "rule", "show", "time", "varint"],
        &[
            "protobuf protobuf::buffer protobuf::fields protobuf::window",
            "desc desc::error desc::kind desc::name desc::parts",
            "label label::closed label::closed::declare label::closed::rules label::closed::text label::value",
            "number number::decimal number::digits number::text",
            "sequence",
            "slot",
            "tally",
        ],
        &["encode encode::note encode::one_run encode::point encode::point::exemplar encode::run", "value value::*"],
        &["cell", "collector", "encode::page encode::page::families encode::page::messages encode::page::position encode::page::taking"],
        &[
            "cell::callback",
            "cell::counter",
            "cell::gauge",
            "cell::info",
            "cell::state_set",
            "cell::summary",
            "encode::escape",
            "encode::latch",
            "encode::moved",
        ],
        &[
            "cell::histogram cell::histogram::gauge cell::histogram::rules",
            "cell::native cell::native::scale cell::native::table cell::native::table::limit cell::native::table::read",
            "encode::names encode::sound",
            "encode::protobuf encode::protobuf::metric encode::protobuf::spans",
            "encode::text encode::text::line encode::text::lines encode::text::no_rows encode::text::one_line encode::text::pieces encode::text::quick encode::text::rows encode::text::stem encode::text::whole",
        ],
        &[
            "cell::exemplar cell::exemplar::error cell::exemplar::gauge cell::exemplar::kept cell::exemplar::native",
            "cell::quantiles cell::quantiles::rules cell::quantiles::select",
            "encode::format",
            "encode::openmetrics2 encode::openmetrics2::composite",
        ],
        &["bounded", "exposition exposition::error exposition::whole", "family", "metric", "registry"],
        &["declared declared::checks declared::macros declared::section declared::takes"],
        &[
            "http::bytes",
            "http::status",
            "push push::client push::date push::graphite push::order push::remote_write push::remote_write::message push::remote_write::snappy push::remote_write::versions push::request push::response push::sample push::writer",
        ],
        &["http::accept", "http::auth", "http::head", "http::query"],
        &["http::request", "http::endpoint"],
        &["http::state"],
        &["http::responder"],
        &["http::reply", "http::serve"],
        &["http"],
    ],
    exceptions: &[],
};

pub const EPOCH: Crate<'_> = Crate {
    folder: "std-adapter/epoch/src",
    layers: &[
        &["backoff", "system"],
        &["atomic"],
        &["barrier"],
        &["record"],
        &["gate", "known", "limbo"],
        &["fork"],
        // A thread that claims its first record has the handlers of forks registered.
        &["thread"],
        &["section"],
        &["lock"],
        &["reclaim"],
    ],
    exceptions: &[],
};

pub const MULTIPROCESS: Crate<'_> = Crate {
    folder: "std-adapter/multiprocess/src",
    layers: &[
        &["atomic", "file", "file::mapping", "file::open", "file::tags", "read", "read::turn"],
        &["file::protocol", "read::native"],
        &["file::key", "file::layout"],
        &["file::disk"],
        &["file::entries"],
        &["file::worker"],
        &["file::joined"],
        &["join", "mode"],
        &["file::exemplars"],
        &["read::reader read::reader::*"],
        &["read::merge read::merge::*"],
        &["read::listing"],
        &["read::copies", "read::python::db"],
        &["read::directory"],
        &["read::compact", "read::process", "read::python read::python::export"],
        &["read::collector"],
    ],
    exceptions: &[],
};

pub const REGISTRY: Crate<'_> = Crate {
    folder: "std-adapter/registry/src",
    layers: &[
        &["label::short", "tests"],
        &["atomic", "epoch", "caught", "label::key", "select"],
        &["cell::buckets cell::search", "cell::total"],
        &[
            "cell::local::resets",
            "cell::local::moves",
            "cell::local::moment",
            "cell::local::more",
            "cell::local::rows",
            "cell::local::own_float",
            "cell::local::used",
            "cell::queues::ring",
            "desc desc::error",
            "exemplar exemplar::*",
            "family::idle",
        ],
        // Names and labels; whatever wraps an encoder.
        &["cell::local::many", "family::node", "label", "registry::error", "scrape"],
        &["family::index", "family::pinned", "nesting", "registering"],
        // Where the words of a cell are: on the heap, or in the file of a worker.
        &["shared shared::*"],
        &["cell::local::chunks"],
        &["cell::local::homes"],
        &["cell::local::slab", "cell::local::together"],
        &["cell::local::shards"],
        &["cell::local::lease"],
        &["cell::local::places"],
        &["cell::local::ended", "cell::local::integers"],
        &["cell::local::floats", "cell::local::tally", "cell::queues", "family::table"],
        &["cell::local::observations"],
        &["cell::local", "cell::stored"],
        // The cells.
        &["cell"],
        &[
            "cell::callback",
            "cell::config",
            "cell::counter cell::counter::sealed",
            "cell::created",
            "cell::exemplar",
            "cell::gauge",
            "cell::histogram",
            "cell::info",
            "cell::states",
        ],
        &[
            "cell::exemplar::counter",
            "cell::exemplar::histogram",
            "cell::native cell::native::*",
            "cell::quantiles cell::quantiles::*",
            "cell::summary",
        ],
        &["cell::exemplar::gauge"],
        // Named cells, and what has them.
        &["constant constant::*", "family family::*", "metric metric::later", "slow slow::*"],
        &["typed"],
        &["declare declare::*"],
        &[
            "registry registry::groups registry::side_by_side registry::checks registry::collecting registry::declared registry::failures registry::guard registry::layers registry::recursion registry::new_families registry::member registry::creation \
             registry::names registry::page registry::removal registry::report registry::restart",
        ],
        // The page of all workers, and what is of this process alone.
        &["multiprocess multiprocess::page"],
        // What is built on all of them.
        &["collectors collectors::*", "helper helper::*", "recorder recorder::*", "restricted"],
    ],
    exceptions: &[],
};

pub const SERVE: Crate<'_> = Crate {
    folder: "std-adapter/serve/src",
    layers: &[
        &["page", "render", "respond::encoding"],
        &["assertion", "respond", "textfile"],
        &[
            "exporter::auth",
            "exporter::head",
            "exporter::limits",
            "exporter::memory",
            "exporter::report",
            "exporter::self_metrics",
            "exporter::stream",
            "exporter::workers",
            "web::page_thread",
            "web::ended",
        ],
        &["web::requests"],
        &["web::flight"],
        &[
            "exporter::connection",
            "exporter::listener",
            "exporter::options",
            "exporter::tls",
            "web::actix_web web::actix_web::*",
            "web::tower web::tower::*",
        ],
        &["exporter::kept_pages", "exporter::page_queue", "exporter::site", "exporter::verifying"],
        &["exporter::server exporter::server::*", "web::axum", "web::hyper"],
        &["exporter::handle"],
        &["exporter exporter::settings", "web"],
    ],
    exceptions: &[],
};

pub const PUSH: Crate<'_> = Crate {
    folder: "std-adapter/push/src",
    layers: &[
        &["error", "moment", "queue", "self_metrics"],
        &["address", "destination", "lock"],
        &["otlp::encode", "retry", "series"],
        &["grouping", "http http::exchange", "remote_write::encode"],
        &["client"],
        &["graphite", "otlp", "periodic", "pushgateway", "remote_write"],
        &["import"],
    ],
    exceptions: &[],
};

pub const PARSE: Crate<'_> = Crate {
    folder: "std-adapter/parse/src",
    layers: &[
        &["model::labels", "model::number", "parse::error", "parse::rules", "parse::scan", "parse::text"],
        &["model model::native model::odd", "parse::budget", "parse::detect", "parse::labels", "parse::number"],
        &["model::json", "parse::line", "parse::native", "parse::replay::native", "snapshot"],
        &["parse::cause", "parse::composite", "parse::event", "parse::replay::metric"],
        &["parse::line::comment", "parse::line::sample", "parse::own", "parse::protobuf parse::protobuf::*", "parse::replay"],
        &["parse::families parse::families::* parse::lexer parse::stream parse::validate"],
        &["parse"],
        &["bridge", "convert convert::*"],
        &["lint lint::*"],
    ],
    exceptions: &[],
};

pub const CLI: Crate<'_> = Crate {
    folder: "std-adapter/cli/src",
    layers: &[
        &["args", "watch::quantile", "watch::signals"],
        &["source"],
        &["convert", "print"],
        &["check", "watch::series"],
        &["watch watch::app watch::screen watch::screen::*"],
    ],
    exceptions: &[],
};

pub const FIRMWARE: Crate<'_> = Crate {
    folder: "embedded-example/src",
    layers: &[
        &["bench_page", "cli", "cortex_m3::memory", "host::wire", "log", "push::clock", "push::none"],
        &["addressing", "metrics"],
        &["connection", "push::pushgateway", "push::remote_write", "simulation"],
        &["page", "push"],
        &["door"],
        &["nic"],
        &["app app::tests::ending"],
        &["board", "testing"],
        &["cortex_m3 cortex_m3::*", "host host::gateway"],
    ],
    exceptions: &[],
};
