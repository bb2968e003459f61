//! Driver for the Ethernet controller that is built into TI's LM3S6965 (Stellaris). Register names are the data
//! sheet's.
//!
//! It is polled; the receive interrupt only ends the sleep. QEMU models neither the PHY nor the address filter.

use picometer_firmware::metrics::{self, Direction};
use picometer_firmware::nic::FRAME_BYTES;

/// The core's clock at reset: the 12 MHz oscillator with its tolerance, as QEMU has it.
pub(super) const CLOCK_HZ: u32 = 12_500_000;
/// The controller's interrupt.
pub(super) const IRQ: usize = 42;
/// Ours to choose: locally administered.
pub(super) const MAC: [u8; 6] = [0x02, 0x70, 0x69, 0x63, 0x6f, 0x02];

const BASE: usize = 0x4004_8000;

/// Registers of the controller, as offsets.
#[derive(Clone, Copy)]
#[repr(usize)]
enum Register {
    /// What has happened; writing a one clears it.
    Ris = 0x00,
    /// Which of it interrupts. All of it after a reset.
    Im = 0x04,
    /// Bit 0: receive; 3: reject damaged frames; 4: empty the FIFO.
    Rctl = 0x08,
    /// Bit 0: send; 1: pad; 2: add the checksum; 4: full duplex.
    Tctl = 0x0c,
    /// Both FIFOs, word by word.
    Data = 0x10,
    /// The hardware address, first four bytes.
    Ia0 = 0x14,
    /// Its last two.
    Ia1 = 0x18,
    /// How much must be in the FIFO before sending begins; 0x3f: nothing before `Tr`.
    Thr = 0x1c,
    /// Bits 5..0: received frames that wait.
    Np = 0x34,
    /// Bit 0: send what is in the FIFO; reads as 1 until it has left.
    Tr = 0x38,
}

/// Run-mode clock gating: bit 28 feeds the MAC, bit 30 the PHY.
const RCGC2: *mut u32 = 0x400f_e108 as *mut u32;

/// A frame has been received.
const INT_RX: u32 = 1 << 0;
/// The receive FIFO overflowed.
const INT_OVERFLOW: u32 = 1 << 3;

fn read(register: Register) -> u32 {
    // SAFETY: an aligned register of this chip, at an address that is no memory.
    unsafe { ((BASE + register as usize) as *const u32).read_volatile() }
}

fn write(register: Register, value: u32) {
    // SAFETY: as in `read`; no register makes the controller touch the program's memory.
    unsafe { ((BASE + register as usize) as *mut u32).write_volatile(value) };
}

/// Lets the next frame interrupt, and tells whether one is waiting already.
pub(super) fn arm() -> bool {
    // Acknowledge first and look afterwards: a frame that comes in between is seen, one that comes later interrupts.
    write(Register::Ris, INT_RX);
    write(Register::Im, INT_RX);
    frames_waiting() > 0
}

/// Silences the controller: the level stays until the frames are taken.
pub(super) fn disarm() {
    write(Register::Im, 0);
}

fn frames_waiting() -> u32 {
    read(Register::Np) & 0x3f
}

/// The controller and a buffer for one frame each way.
pub(super) struct Chip {
    receive: [u8; BUFFER_BYTES],
    transmit: [u8; BUFFER_BYTES],
}

/// The length that the controller puts before a frame.
const LENGTH_BYTES: usize = 2;
/// That length, the frame, and its checksum, in whole words.
const BUFFER_BYTES: usize = (LENGTH_BYTES + FRAME_BYTES + 4).next_multiple_of(4);

impl Chip {
    pub(super) const fn new() -> Self {
        Self { receive: [0; BUFFER_BYTES], transmit: [0; BUFFER_BYTES] }
    }

    /// Brings the controller up. It is on the chip: there is always one.
    pub(super) fn start(&mut self) -> bool {
        // SAFETY: a register of this chip; only adds clocks, and runs before anything else uses them.
        unsafe { RCGC2.write_volatile(RCGC2.read_volatile() | 1 << 28 | 1 << 30) };
        disarm();
        write(Register::Rctl, 0);
        write(Register::Rctl, 1 << 4);
        write(Register::Ris, u32::MAX);
        let [a, b, c, d, e, f] = MAC;
        write(Register::Ia0, u32::from_le_bytes([a, b, c, d]));
        write(Register::Ia1, u32::from_le_bytes([e, f, 0, 0]));
        write(Register::Thr, 0x3f);
        write(Register::Tctl, 1 << 4 | 1 << 2 | 1 << 1 | 1);
        write(Register::Rctl, 1 << 3 | 1);
        true
    }

    /// Takes one frame from the FIFO into the buffer. None: it was not worth keeping.
    fn take(&mut self) -> Option<usize> {
        // The first word holds the length, which counts itself and the checksum, and the first two bytes.
        let mut word = read(Register::Data);
        let length = (word & 0xffff) as usize;
        let mut room = self.receive.chunks_exact_mut(4);
        for index in 0..length.div_ceil(4) {
            if index > 0 {
                word = read(Register::Data);
            }
            if let Some(place) = room.next() {
                place.copy_from_slice(&word.to_le_bytes());
            }
        }
        if length > BUFFER_BYTES {
            metrics::FRAME_DROPS.with(Direction::Receive).inc();
            return None;
        }
        length.checked_sub(LENGTH_BYTES + 4)
    }

    fn can_send(&self) -> bool {
        read(Register::Tr) & 1 == 0
    }
}

impl Chip {
    /// Takes the next frame that is worth keeping; its length in [`frames`](Self::frames).
    pub(super) fn next(&mut self) -> Option<usize> {
        if read(Register::Ris) & INT_OVERFLOW != 0 {
            // How many frames were lost is not said: one at least.
            write(Register::Ris, INT_OVERFLOW);
            metrics::FRAME_DROPS.with(Direction::Receive).inc();
        }
        // A stack may answer a frame while it looks at it; without room for the answer the frame waits.
        while frames_waiting() > 0 && self.can_send() {
            if let Some(length) = self.take() {
                return Some(length);
            }
        }
        None
    }

    /// The frame that was taken last, and room to answer it.
    pub(super) fn frames(&mut self, length: usize) -> (&mut [u8], Sending<'_>) {
        (&mut self.receive[LENGTH_BYTES..LENGTH_BYTES + length], Sending(&mut self.transmit))
    }

    /// Room for a frame, if there is any.
    pub(super) fn sending(&mut self) -> Option<Sending<'_>> {
        self.can_send().then_some(Sending(&mut self.transmit))
    }
}

/// The buffer for a frame to send.
pub(super) struct Sending<'a>(&'a mut [u8; BUFFER_BYTES]);

impl Sending<'_> {
    /// Sends what is written into a frame of this length.
    pub(super) fn send<R>(self, len: usize, f: impl FnOnce(&mut [u8]) -> R) -> R {
        let len = len.min(BUFFER_BYTES - LENGTH_BYTES);
        let result = f(&mut self.0[LENGTH_BYTES..LENGTH_BYTES + len]);
        // The length leaves out the Ethernet header.
        let payload = (len as u16).saturating_sub(14);
        self.0[..LENGTH_BYTES].copy_from_slice(&payload.to_le_bytes());
        for word in self.0.chunks_exact(4).take((LENGTH_BYTES + len).div_ceil(4)) {
            write(Register::Data, u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
        }
        write(Register::Tr, 1);
        result
    }
}
