// Names and descriptions.
use picometer::*;

//- the name of a counter must end in `_total`
//^ Desc::counter("boots", "")
static BAD: Desc = Desc::counter("boots", "");
//- the name of a counter must end in `_total`
//^ Desc::utf8(Kind::Counter, "http.requests", "")
static BAD: Desc = Desc::utf8(Kind::Counter, "http.requests", "");
//- the name of an info metric must end in `_info`
//^ Desc::info("build", "")
static BAD: Desc = Desc::info("build", "");
//- a metric name must not be empty
//^ Desc::gauge("", "")
static BAD: Desc = Desc::gauge("", "");
//- a metric name must not be empty
//^ Desc::counter("_total", "")
static BAD: Desc = Desc::counter("_total", "");
//- a metric name must not be empty
//^ Desc::utf8(Kind::Gauge, "", "")
static BAD: Desc = Desc::utf8(Kind::Gauge, "", "");
//- a metric name must match [a-zA-Z_:][a-zA-Z0-9_:]*, or be declared as UTF-8
//^ Desc::gauge("9bad", "")
static BAD: Desc = Desc::gauge("9bad", "");
//- a metric name must match [a-zA-Z_:][a-zA-Z0-9_:]*, or be declared as UTF-8
//^ Desc::histogram("a-b", "")
static BAD: Desc = Desc::histogram("a-b", "");
//- a metric name must match [a-zA-Z_:][a-zA-Z0-9_:]*, or be declared as UTF-8
//^ Desc::summary("a b", "")
static BAD: Desc = Desc::summary("a b", "");
//- a metric name must match [a-zA-Z_:][a-zA-Z0-9_:]*, or be declared as UTF-8
//^ Desc::unknown("grüße", "")
static BAD: Desc = Desc::unknown("grüße", "");
//- a metric name must match [a-zA-Z_:][a-zA-Z0-9_:]*, or be declared as UTF-8
//^ Desc::state_set("a.b", "")
static BAD: Desc = Desc::state_set("a.b", "");
//- namespace and subsystem must match [a-zA-Z_:][a-zA-Z0-9_:]*
//^ Desc::gauge("a", "").namespace("n-s")
static BAD: Desc = Desc::gauge("a", "").namespace("n-s");
//- namespace and subsystem must match [a-zA-Z_:][a-zA-Z0-9_:]*
//^ Desc::gauge("a", "").namespace("1")
static BAD: Desc = Desc::gauge("a", "").namespace("1");
//- namespace and subsystem must match [a-zA-Z_:][a-zA-Z0-9_:]*
//^ Desc::gauge("a", "").subsystem("s s")
static BAD: Desc = Desc::gauge("a", "").subsystem("s s");
//- the name (without `_total`) must end in `_` and the unit
//^ Desc::gauge("depth", "").unit("meters")
static BAD: Desc = Desc::gauge("depth", "").unit("meters");
//- the name (without `_total`) must end in `_` and the unit
//^ Desc::gauge("depthmeters", "").unit("meters")
static BAD: Desc = Desc::gauge("depthmeters", "").unit("meters");
//- the name (without `_total`) must end in `_` and the unit
//^ Desc::counter("busy_total", "").unit("total")
static BAD: Desc = Desc::counter("busy_total", "").unit("total");
//- info metrics and state sets have no unit
//^ Desc::info("build_info", "").unit("info")
static BAD: Desc = Desc::info("build_info", "").unit("info");
//- info metrics and state sets have no unit
//^ Desc::state_set("mode_x", "").unit("x")
static BAD: Desc = Desc::state_set("mode_x", "").unit("x");
//- a prefix must match [a-zA-Z_:][a-zA-Z0-9_:]*
//^ Registry::new(&[]).prefix("a-")
static BAD: Registry = Registry::new(&[]).prefix("a-");
//- a prefix must match [a-zA-Z_:][a-zA-Z0-9_:]*
//^ Registry::new(&[]).prefix("0_")
static BAD: Registry = Registry::new(&[]).prefix("0_");
//+
static GOOD: Desc = Desc::counter("seconds_total", "").namespace("wait").subsystem("0").unit("seconds");
static UTF8: Desc = Desc::utf8(Kind::Counter, "http.grüße_total", "");
static EMPTY: Registry = Registry::new(&[]).prefix("");
