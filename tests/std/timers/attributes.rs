//! Functions that are measured by attributes.

use std::fmt::{Debug, Display};
use std::future::Future;
use std::num::{IntErrorKind, ParseIntError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, LazyLock};

use picometer_std::{Counter, FamilyOf, Gauge, Histogram, Labels, Metric, count_errors, in_progress, timed};

use super::{is_send, poll};

#[derive(Labels)]
struct Call<'a> {
    function: &'a str,
}

static SECONDS: LazyLock<FamilyOf<Histogram, Call>> = LazyLock::new(|| FamilyOf::<Histogram, Call>::new("call_seconds", "Calls."));
static ERRORS: LazyLock<FamilyOf<Counter, Call>> = LazyLock::new(|| FamilyOf::<Counter, Call>::new("call_errors_total", "Errors."));
static RUNNING: LazyLock<FamilyOf<Gauge<i64>, Call>> = LazyLock::new(|| FamilyOf::<Gauge<i64>, Call>::new("calls_in_progress", "Calls."));
static ALL_SECONDS: LazyLock<Metric<Histogram>> = LazyLock::new(|| Metric::new("all_seconds", "All."));

fn seconds(function: &str) -> u64 {
    SECONDS.with(Call { function }).count()
}

fn errors(function: &str) -> u64 {
    ERRORS.with(Call { function }).get()
}

fn running(function: &str) -> i64 {
    RUNNING.with(Call { function }).get()
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[timed(SECONDS.with(Call { function: "early" }))]
#[in_progress(RUNNING.with(Call { function: "early" }))]
#[count_errors(ERRORS.with(Call { function: "early" }))]
fn early(text: &str, deep: bool) -> Result<u32, ParseIntError> {
    assert_eq!(running("early"), 1);
    if text == "seven" {
        return Ok(7);
    }
    let number: u32 = text.parse()?;
    if deep { Err("x".parse::<u32>().unwrap_err()) } else { Ok(number) }
}

#[test]
fn returns_and_question_marks_are_seen() {
    assert_eq!(early("seven", false), Ok(7));
    assert_eq!(early("8", false), Ok(8));
    assert!(early("x", false).is_err() && early("9", true).is_err());
    assert_eq!((seconds("early"), errors("early"), running("early")), (4, 2, 0));
}

#[timed(SECONDS.labelled(Call { function: "panics" }))]
#[in_progress(RUNNING.with(Call { function: "panics" }))]
fn panics() -> ! {
    panic!("as it should")
}

#[test]
fn panics_end_a_call() {
    assert!(catch_unwind(AssertUnwindSafe(|| panics())).is_err());
    assert_eq!((seconds("panics"), running("panics")), (1, 0));
}

#[timed(SECONDS.with(Call { function }))]
#[count_errors(ERRORS.with(Call { function }))]
async fn named(function: &'static str, text: String) -> Result<u8, Box<dyn std::error::Error + Send + Sync>> {
    tokio::task::yield_now().await;
    if text.is_empty() {
        return Err("it is empty".into());
    }
    let number: u8 = text.parse()?;
    Ok(number)
}

#[test]
fn async_functions_are_measured_over_their_awaits() {
    let task = |text: &str| is_send(named("named", text.into()));
    assert_eq!(block_on(async { tokio::spawn(task("7")).await.unwrap().unwrap() }), 7);
    assert!(block_on(task("")).is_err() && block_on(task("x")).is_err());
    assert_eq!((seconds("named"), errors("named")), (3, 2));
    poll(task("7"));
    assert_eq!((seconds("named"), errors("named")), (4, 2), "a future that is dropped took time, and is no error");
    drop(task("7"));
    assert_eq!(seconds("named"), 4, "it never began");
}

struct Database {
    rows: Vec<u32>,
    seconds: Arc<Metric<Histogram>>,
    errors: Metric<Counter>,
}

impl Database {
    #[timed(self.seconds)]
    #[in_progress(RUNNING.with(Call { function: "query" }))]
    #[count_errors(self.errors)]
    async fn query<'a>(&'a self, id: &str) -> Result<&'a u32, ParseIntError> {
        tokio::task::yield_now().await;
        let id: usize = id.parse()?;
        Ok(&self.rows[id])
    }

    #[timed(self.seconds.clone())]
    #[count_errors(ERRORS.with(Call { function: "change" }))]
    fn change(&mut self, id: usize) -> Result<&mut u32, String> {
        self.rows.get_mut(id).ok_or_else(|| format!("there is no row {id}"))
    }

    #[count_errors(ERRORS.with(Call { function: "rows" }))]
    fn rows(&self) -> Result<impl Iterator<Item = u32> + use<'_>, ParseIntError> {
        let least: u32 = "2".parse()?;
        Ok(self.rows.iter().copied().filter(move |&row| row >= least))
    }

    #[timed(ALL_SECONDS)]
    fn into_rows(self) -> Vec<u32> {
        self.rows
    }

    #[timed(self.seconds)]
    fn both<'a, T>(self: &'a Arc<Self>, other: &'a T) -> impl Display + use<'a, T>
    where
        T: Display + ?Sized,
    {
        format!("{other} of {}", self.rows.len())
    }
}

#[test]
fn methods_are_measured() {
    let database =
        Database { rows: vec![1, 2, 3], seconds: Arc::new(Metric::new("a_seconds", "A.")), errors: Metric::new("a_total", "A.") };
    let mut database = Arc::new(database);
    let own = database.clone();
    assert_eq!(block_on(async { tokio::spawn(async move { own.query("1").await.cloned() }).await.unwrap() }), Ok(2));
    assert!(block_on(database.query("x")).is_err());
    assert_eq!(database.both("2").to_string(), "2 of 3");
    assert!(database.rows().unwrap().eq([2, 3]));
    let changed = Arc::get_mut(&mut database).unwrap();
    *changed.change(0).unwrap() = 9;
    assert!(changed.change(3).is_err());
    assert_eq!((database.seconds.count(), database.errors.get(), running("query"), errors("change")), (5, 1, 0, 1));
    let before = ALL_SECONDS.count();
    assert_eq!(Arc::into_inner(database).unwrap().into_rows(), [9, 2, 3]);
    assert_eq!(ALL_SECONDS.count(), before + 1);
}

#[timed(SECONDS.with(Call { function: "generic" }))]
#[count_errors(ERRORS.with(Call { function: "generic" }), if = |error: &E| format!("{error:?}") != "1",)]
fn generic<T, E: Debug, F: Fn(T) -> Result<T, E>, const N: usize>(call: F, values: [T; N]) -> Result<Vec<T>, E>
where
    T: Copy,
{
    values.into_iter().map(call).collect()
}

#[test]
fn generic_functions_and_conditions_work() {
    assert_eq!(generic(Ok::<_, u8>, [1, 2]), Ok(vec![1, 2]));
    assert!(generic(|_| Err::<u8, _>(1), [1]).is_err() && generic(|_| Err::<u8, _>(2), [1]).is_err());
    assert_eq!((seconds("generic"), errors("generic")), (3, 1));
}

trait Work {
    async fn work(&self) -> Result<u8, ()>;

    #[timed(SECONDS.with(Call { function: "provided" }))]
    fn provided(&self) -> usize {
        1
    }
}

impl Work for u8 {
    #[timed(SECONDS.with(Call { function: "work" }))]
    #[count_errors(ERRORS.with(Call { function: "work" }))]
    async fn work(&self) -> Result<Self, ()> {
        tokio::task::yield_now().await;
        if *self == 0 { Err(()) } else { Ok(*self) }
    }
}

#[test]
fn traits_have_measured_functions() {
    assert_eq!((block_on(3_u8.work()), block_on(0_u8.work())), (Ok(3), Err(())));
    assert_eq!(3_u8.provided(), 1);
    assert_eq!((seconds("work"), errors("work"), seconds("provided")), (2, 1, 1));
}

/// What `#[async_trait]` makes of an async function.
#[timed(SECONDS.with(Call { function: "boxed" }))]
#[count_errors(ERRORS.with(Call { function: "boxed" }))]
fn boxed<'a>(text: &'a str) -> Pin<Box<dyn Future<Output = Result<u8, ParseIntError>> + Send + 'a>> {
    Box::pin(async move {
        if let Some(result) = None::<Result<u8, ParseIntError>> {
            return result;
        }
        tokio::task::yield_now().await;
        text.parse()
    })
}

#[test]
fn boxed_async_blocks_are_measured_as_async_functions() {
    drop(boxed("7"));
    assert_eq!(seconds("boxed"), 0);
    assert_eq!(block_on(boxed("7")), Ok(7));
    assert_eq!(block_on(boxed("")).unwrap_err().kind(), &IntErrorKind::Empty);
    assert_eq!((seconds("boxed"), errors("boxed")), (2, 1));
}

#[timed(SECONDS.with(Call { function: "block" }))]
#[count_errors(ERRORS.with(Call { function: "block" }))]
fn block(text: &str) -> impl Future<Output = Result<u8, ParseIntError>> {
    async move {
        tokio::task::yield_now().await;
        text.parse()
    }
}

#[test]
fn futures_of_one_block_are_measured_as_async_functions() {
    drop(block("7"));
    assert_eq!(seconds("block"), 0);
    assert_eq!(block_on(block("7")), Ok(7));
    assert!(block_on(block("")).is_err());
    assert_eq!((seconds("block"), errors("block")), (2, 1));
}

macro_rules! measured {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($argument:ident: $kind:ty),*) -> $returned:ty $body:block) => {
        $(#[$meta])*
        $vis fn $name($($argument: $kind),*) -> $returned $body
    };
}
measured! {
    #[timed(SECONDS.with(Call { function: "made" }))]
    #[count_errors(ERRORS.with(Call { function: "made" }), crate = picometer_std)]
    pub(super) fn made(text: &str) -> Result<u8, ParseIntError> {
        Ok(text.parse::<u8>()? + 1)
    }
}

#[test]
fn functions_of_macros_are_measured() {
    assert!(made("7") == Ok(8) && made("x").is_err());
    assert_eq!((seconds("made"), errors("made")), (2, 1));
}
