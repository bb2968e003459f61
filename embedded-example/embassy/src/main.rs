//! The example firmware on embassy: the same metrics, simulated device and backlog as `picometer-firmware`, on embassy's executor,
//! clock and network stack, with the executor's own metrics.
//!
//! [`net`] has the network chip wake embassy's stack, and keeps clients that find no free socket. [`clients`] decides which client
//! leaves for them. [`http`] serves a socket, one client after the other, by `http::Responder::serve`. [`clock`] is the time. The rest
//! is that of the other firmware: its library, and by path what only boards have.
#![no_std]
#![no_main]
#![deny(unsafe_code)]

mod clients;
mod clock;
mod http;
mod interrupts;
#[allow(unsafe_code)]
#[path = "../../src/cortex_m3/lan9118.rs"]
mod lan9118;
#[allow(unsafe_code)]
#[path = "../../src/cortex_m3/memory.rs"]
mod memory;
mod net;
#[allow(unsafe_code)]
#[path = "../../src/cortex_m3/routines.rs"]
mod routines;

use cortex_m_rt::entry;
use embassy_executor::{Executor, Spawner};
use embassy_net::{Config, Ipv4Cidr, StackResources, StaticConfigV4};
use embassy_time::{Instant, Timer};
use picometer::Registry;
use picometer_embassy::Tasks;
use picometer_firmware::addressing::{ADDRESS, GATEWAY};
use picometer_firmware::door::CONNECTIONS;
use picometer_firmware::door::Callers;
use picometer_firmware::metrics::{self, State};
use picometer_firmware::simulation::Simulation;
use static_cell::{ConstStaticCell, StaticCell};

use clients::Clients;

picometer_embassy::trace! {
    /// `device`, `http` twice, `net` and `room`, in ticks of embassy's clock.
    static TASKS: Tasks<5, { embassy_time::TICK_HZ as u32 }, 1> = Tasks::new(|| Instant::now().as_ticks());
}

/// The executor's metrics behind those of the device.
static METRICS: Registry<'_> = Registry::new(&[&metrics::METRICS, &TASKS]);

/// The high-water mark of the stack is searched for this often.
const STACK_CHECK_MS: u64 = 1_000;

#[entry]
fn main() -> ! {
    static EXECUTOR: StaticCell<Executor> = StaticCell::new();
    EXECUTOR.init(Executor::new()).run(|spawner| {
        // Without a network chip there is nothing to do, or without memory for a task.
        let _ = start(spawner);
    })
}

/// Sets everything up. What it needs of the stack is free again when the tasks run.
#[inline(never)]
fn start(spawner: Spawner) -> Option<()> {
    let boot = memory::boot();
    metrics::STATE.set(State::Booting);
    metrics::BOOTS.inc_by(boot.count);
    metrics::RESET_REASON.set(boot.reason);
    metrics::STATIC_RAM.set(memory::static_bytes());
    metrics::STACK_SIZE.set(memory::stack_bytes());

    static CHIP: ConstStaticCell<lan9118::Chip> = ConstStaticCell::new(lan9118::Chip::new());
    let chip = CHIP.take();
    clock::start();
    if !chip.start() {
        return None;
    }
    interrupts::unmask();

    static CALLERS: ConstStaticCell<Callers> = ConstStaticCell::new(Callers::new());
    static CLIENTS: StaticCell<Clients> = StaticCell::new();
    let clients: &Clients = CLIENTS.init_with(Clients::new);
    static RESOURCES: StaticCell<StackResources<CONNECTIONS>> = StaticCell::new();
    let config = Config::ipv4_static(StaticConfigV4 {
        address: Ipv4Cidr::new(ADDRESS.address(), ADDRESS.prefix_len()),
        gateway: Some(GATEWAY),
        dns_servers: Default::default(),
    });
    // There is no source of randomness on this board; a product seeds from its own.
    let seed = u64::from(boot.count) << 32 | Instant::now().as_ticks();
    let driver = net::Nic::new(chip, CALLERS.take(), clients);
    let (stack, runner) = embassy_net::new(driver, config, RESOURCES.init_with(StackResources::new), seed);

    spawner.spawn(TASKS.named("net", net::run(runner, clients).ok()?));
    for (nth, place) in http::places()?.into_iter().enumerate() {
        spawner.spawn(TASKS.named("http", http::serve(stack, clients, nth, place).ok()?));
    }
    spawner.spawn(TASKS.named("room", clients::make_room(clients).ok()?));
    spawner.spawn(TASKS.named("device", device(seed as u32).ok()?));
    metrics::STATE.set(State::Serving);
    Some(())
}

/// What the device is there for.
#[embassy_executor::task]
async fn device(seed: u32) -> ! {
    let mut simulation = Simulation::new(seed);
    let mut stack_check_due = 0;
    loop {
        let now_ms = now_ms();
        metrics::UPTIME_SECONDS.set((now_ms / 1_000) as u32);
        if now_ms >= stack_check_due {
            stack_check_due = now_ms + STACK_CHECK_MS;
            metrics::STACK_USED.set(memory::stack_used());
        }
        let due_ms = simulation.poll(now_ms);
        Timer::at(Instant::from_millis(due_ms)).await;
    }
}

/// Milliseconds since the start.
fn now_ms() -> u64 {
    Instant::now().as_millis()
}

/// Says nothing: printing the message would add 8 KiB.
#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    // Ends in HardFault, where a debugger finds the stack as it was.
    cortex_m::asm::udf()
}
