//! What a plan describes, made of the library.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use picometer_std::recorder::Recorder;
use picometer_std::{Collector, Counter, Desc, DescParts, Encoder, Kind, Metric, Registry, Stop};

use super::oracle::Family;
use super::plan::{Action, Plan};
use super::subject::{Met, Subject, subject};

/// A collector that does what a good one does not, when it is asked to.
pub struct Foul {
    name: String,
    pub mode: AtomicU8,
}

impl Collector for Foul {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        let desc = Desc::try_new(DescParts { name: &self.name, help: "Foul.", ..DescParts::new(Kind::Gauge) }).expect("a good name");
        let mode = self.mode.load(Ordering::Relaxed);
        if mode == 2 {
            panic!("{FOUL}");
        }
        let mut family = out.family(&desc)?;
        family.gauge(&[("part", "1")], 1)?;
        match mode {
            1 => Err(Stop),
            3 => family.gauge(&[("part", "1")], 2),
            4 => family.gauge(&[("part", "2"), ("part", "3")], 2),
            _ => Ok(()),
        }
    }
}

/// What panics say that are meant.
pub const FOUL: &str = "a collector that panics on purpose";

/// What every page is of: the root, and perhaps a registry beside it.
pub struct Source {
    pub root: Registry,
    pub beside: Option<Registry>,
}

impl Source {
    fn new(root: &Registry, plan: &Plan) -> Result<Self, String> {
        let beside = plan.beside.then(Registry::new);
        if let Some(registry) = &beside {
            registry.register(Metric::<Counter>::new(BESIDE, "Beside.")).map_err(|error| error.to_string())?.inc_by(7);
            // Some of the root's, which are left out of it.
            let foul = Foul { name: "foul_0".to_owned(), mode: AtomicU8::new(0) };
            for family in plan.families.iter().filter(|family| family.registry == 0).take(2) {
                let own = Metric::<Counter>::new(&family.name, "Beside.");
                // Not all of those names are names of counters.
                let _ = registry.register(own);
            }
            registry.register(foul).map_err(|error| error.to_string())?;
        }
        Ok(Self { root: root.clone(), beside })
    }
}

impl Collector for Source {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        self.root.collect(out)?;
        self.beside.iter().try_for_each(|beside| beside.collect(out))
    }
}

/// The family of the registry beside the root that the root has not; it is 7.
pub const BESIDE: &str = "beside_total";

pub struct World {
    pub source: Source,
    /// The root and the nested ones.
    pub registries: Vec<Registry>,
    pub subjects: Vec<Arc<dyn Subject>>,
    pub foul: Vec<Arc<Foul>>,
    pub recorder: Recorder,
    pub clock: Arc<AtomicU64>,
}

impl World {
    /// The world, and what its families have to show.
    pub fn new(plan: &Plan) -> Result<(Self, Vec<Family>), String> {
        let clock = Arc::new(AtomicU64::new(1_000));
        let root = Registry::new();
        let mut registries = vec![root.clone()];
        let mut outer: Vec<(String, Vec<(String, String)>)> = vec![Default::default()];
        for nested in &plan.registries {
            let (prefix, labels) = outer[nested.parent].clone();
            let repeats = nested.label.is_some_and(|(name, _)| labels.iter().any(|(other, _)| *other == name));
            match registries[nested.parent].nested(nested.prefix, nested.label) {
                Ok(_) if repeats => return Err(format!("{nested:?} repeats a label of {labels:?}, and was taken")),
                Ok(registry) => {
                    registries.push(registry);
                    let labels = labels.into_iter().chain(nested.label.map(|(name, value)| (name.to_owned(), value.to_owned())));
                    outer.push((prefix + nested.prefix, labels.collect()));
                }
                Err(_) if repeats => {
                    registries.push(registries[nested.parent].clone());
                    outer.push((prefix, labels));
                }
                Err(error) => return Err(format!("{nested:?} was refused: {error}")),
            }
        }
        let mut subjects = Vec::new();
        let mut families = Vec::new();
        for plan in &plan.families {
            let (prefix, labels) = outer[plan.registry].clone();
            let name = format!("{prefix}{}", plan.name);
            let series = Default::default();
            families.push(Family { plan: plan.clone(), name, labels, series, overflow: None, registered: false });
            subjects.push(subject(plan, &clock));
        }
        let foul: Vec<_> = (0..plan.foul).map(|at| Arc::new(Foul { name: format!("foul_{at}"), mode: AtomicU8::new(0) })).collect();
        for foul in &foul {
            root.register_shared(foul.clone()).map_err(|error| error.to_string())?;
        }
        let recorder = Recorder::new(&root);
        let source = Source::new(&root, plan)?;
        Ok((Self { source, registries, subjects, foul, recorder, clock }, families))
    }

    pub fn now(&self) -> u64 {
        self.clock.load(Ordering::Relaxed)
    }
}

type Task = Box<dyn FnOnce(&World) + Send>;

enum Job {
    Run(Task),
    Hold { family: usize, values: Vec<String>, met: Sender<Met> },
    Release(Action),
    End,
}

/// A thread that does one thing at a time, when it is told to.
pub struct Thread {
    jobs: Sender<Job>,
    done: Receiver<Result<(), String>>,
    handle: Option<JoinHandle<()>>,
    /// How many series it holds, one inside the other.
    pub holds: usize,
}

impl Thread {
    pub fn start(world: &Arc<World>) -> Self {
        let (jobs, inbox) = channel();
        let (outbox, done) = channel();
        let world = world.clone();
        let handle = std::thread::spawn(move || while let Some(Some(_)) = serve(&world, &inbox, &outbox) {});
        Self { jobs, done, handle: Some(handle), holds: 0 }
    }

    fn told(&self, job: Job) -> Result<(), String> {
        self.jobs.send(job).map_err(|_| "the thread is gone".to_owned())?;
        match self.done.recv_timeout(std::time::Duration::from_secs(60)) {
            Ok(result) => result,
            Err(error) => Err(format!("the thread does not answer: {error}")),
        }
    }

    /// Runs it on the thread.
    pub fn run<R: Send + 'static>(&self, task: impl FnOnce(&World) -> R + Send + 'static) -> Result<R, String> {
        let result = Arc::new(Mutex::new(None));
        let place = result.clone();
        self.told(Job::Run(Box::new(move |world| *place.lock().unwrap() = Some(task(world)))))?;
        let value = result.lock().unwrap().take();
        value.ok_or_else(|| "the thread did nothing".to_owned())
    }

    /// Holds a series until [`release`](Self::release).
    pub fn hold(&mut self, family: usize, values: Vec<String>) -> Result<Met, String> {
        let (met, answer) = channel();
        self.told(Job::Hold { family, values, met })?;
        self.holds += 1;
        answer.recv().map_err(|_| "nothing was met".to_owned())
    }

    /// Does something with the series that was held last, and lets it go.
    pub fn release(&mut self, action: Action) -> Result<(), String> {
        self.holds -= 1;
        self.told(Job::Release(action))
    }

    pub fn end(mut self) -> Result<(), String> {
        let _ = self.jobs.send(Job::End);
        self.handle.take().map_or(Ok(()), |handle| handle.join().map_err(|_| "a thread panicked".to_owned()))
    }
}

/// Does what it is told until a series is to be let go (`Some(Some)`), or the thread ends (`None`).
fn serve(world: &World, inbox: &Receiver<Job>, outbox: &Sender<Result<(), String>>) -> Option<Option<Action>> {
    loop {
        match inbox.recv().ok()? {
            Job::Run(task) => {
                let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| task(world)));
                let _ = outbox.send(result.map_err(|panic| format!("a panic: {}", text(&*panic))));
            }
            Job::Hold { family, values, met: tell } => {
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                let mut over = false;
                world.subjects[family].hold(&values, &mut |met| {
                    let _ = tell.send(met);
                    let _ = outbox.send(Ok(()));
                    let action = serve(world, inbox, outbox);
                    over = action.is_none();
                    action.flatten()
                });
                if over {
                    return None;
                }
                let _ = outbox.send(Ok(()));
            }
            Job::Release(action) => return Some(Some(action)),
            Job::End => return None,
        }
    }
}

/// What a panic said.
pub fn text(panic: &(dyn std::any::Any + Send)) -> String {
    let said = panic.downcast_ref::<String>().cloned();
    said.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}
