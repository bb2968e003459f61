//! Driver for the SMSC LAN9118, a 10/100 Ethernet controller on a memory bus. Register names are the data sheet's.
//!
//! It is polled; the receive interrupt only ends the sleep. Where QEMU's model and the chip differ the comments say so.

use picometer_firmware::metrics::{self, Direction};
use picometer_firmware::nic::FRAME_BYTES;

/// The core's clock on this board.
pub(super) const CLOCK_HZ: u32 = 25_000_000;
/// The chip's interrupt on this board.
pub(super) const IRQ: usize = 13;
/// Ours to choose: locally administered.
pub(super) const MAC: [u8; 6] = [0x02, 0x70, 0x69, 0x63, 0x6f, 0x01];

const BASE: usize = 0x4020_0000;

/// Registers of the chip, as offsets.
#[derive(Clone, Copy)]
#[repr(usize)]
enum Register {
    /// Received frames, word by word.
    RxData = 0x00,
    /// Frames to send, word by word: two command words, then the bytes.
    TxData = 0x20,
    /// Takes the status of the next received frame.
    RxStatus = 0x40,
    /// Takes the status of a frame that was sent.
    TxStatus = 0x48,
    /// What the interrupt line does.
    IrqCfg = 0x54,
    /// What has happened; writing a one clears it.
    IntSts = 0x58,
    /// Which of it interrupts.
    IntEn = 0x5c,
    /// Reads as 0x87654321 when the bus is in order.
    ByteTest = 0x64,
    /// At which fill levels the FIFOs interrupt.
    FifoInt = 0x68,
    /// How frames are received.
    RxCfg = 0x6c,
    /// Turns sending on.
    TxCfg = 0x70,
    /// Reset, and how the memory is divided.
    HwCfg = 0x74,
    /// Bits 23..16: received frames that wait.
    RxFifoInf = 0x7c,
    /// Bits 23..16: statuses of sent frames that wait; 15..0: free bytes.
    TxFifoInf = 0x80,
    /// Bit 0: the chip is ready.
    PmtCtrl = 0x84,
    /// Frames that found no room. Reading clears it. QEMU: always 0.
    RxDrop = 0xa0,
    /// Command to a MAC register.
    MacCsrCmd = 0xa4,
    /// Data for a MAC register.
    MacCsrData = 0xa8,
    /// Flow control.
    AfcCfg = 0xac,
}

/// Registers of the MAC, behind two of the above.
#[derive(Clone, Copy)]
enum Mac {
    Control = 1,
    AddressHigh = 2,
    AddressLow = 3,
    MiiAccess = 6,
    MiiData = 7,
}

/// A frame has been received.
const INT_RSFL: u32 = 1 << 3;

fn read(register: Register) -> u32 {
    // SAFETY: an aligned register of a chip that is on this board, at an address that is no memory.
    unsafe { ((BASE + register as usize) as *const u32).read_volatile() }
}

fn write(register: Register, value: u32) {
    // SAFETY: as in `read`; no register makes the chip touch the program's memory.
    unsafe { ((BASE + register as usize) as *mut u32).write_volatile(value) };
}

/// Waits for something that takes the chip microseconds, or for ever if there is no chip: then gives up.
fn wait(ready: impl Fn() -> bool) -> bool {
    (0..100_000).any(|_| ready())
}

fn write_mac(register: Mac, value: u32) {
    write(Register::MacCsrData, value);
    write(Register::MacCsrCmd, 1 << 31 | register as u32);
    wait(|| read(Register::MacCsrCmd) & 1 << 31 == 0);
}

fn write_phy(register: u32, value: u32) {
    write_mac(Mac::MiiData, value);
    // The built-in PHY has address 1; bit 1: write, bit 0: go.
    write_mac(Mac::MiiAccess, 1 << 11 | register << 6 | 2 | 1);
}

/// Lets the next frame interrupt, and tells whether one is waiting already.
pub(super) fn arm() -> bool {
    // Acknowledge first and look afterwards: a frame that comes in between is seen, one that comes later interrupts.
    write(Register::IntSts, INT_RSFL);
    write(Register::IntEn, INT_RSFL);
    frames_waiting() > 0
}

/// Silences the chip: the level stays until the frames are taken.
pub(super) fn disarm() {
    write(Register::IntEn, 0);
}

fn frames_waiting() -> u32 {
    read(Register::RxFifoInf) >> 16 & 0xff
}

/// The chip and a buffer for one frame each way.
pub(super) struct Chip {
    receive: [u8; BUFFER_BYTES],
    transmit: [u8; BUFFER_BYTES],
}

/// A frame with the checksum that the chip leaves on it, in whole words.
const BUFFER_BYTES: usize = (FRAME_BYTES + 4).next_multiple_of(4);

impl Chip {
    pub(super) const fn new() -> Self {
        Self { receive: [0; BUFFER_BYTES], transmit: [0; BUFFER_BYTES] }
    }

    /// Brings the chip up. False if there is none.
    pub(super) fn start(&mut self) -> bool {
        // A write wakes the chip if it sleeps.
        write(Register::ByteTest, 0);
        if !wait(|| read(Register::PmtCtrl) & 1 != 0) || read(Register::ByteTest) != 0x8765_4321 {
            return false;
        }
        disarm();
        write(Register::HwCfg, 1);
        if !wait(|| read(Register::HwCfg) & 1 == 0) || !wait(|| read(Register::PmtCtrl) & 1 != 0) {
            return false;
        }
        // 5 KiB for sending; bit 20 (store and forward) must be set.
        write(Register::HwCfg, 5 << 16 | 1 << 20);
        write(Register::AfcCfg, 0x006e_3740);
        write(Register::RxCfg, 0);
        // Interrupt on the first received frame (level 0), never for room to send.
        write(Register::FifoInt, 0x4800_0000);
        write(Register::IntSts, u32::MAX);
        // Enabled, active high, push-pull. QEMU: without the last two the line is inverted and never falls.
        write(Register::IrqCfg, 0x111);
        // The PHY: reset, offer 10 and 100 Mbit/s, negotiate.
        write_phy(0, 0x8000);
        write_phy(4, 0x01e1);
        write_phy(0, 0x1200);
        let [a, b, c, d, e, f] = MAC;
        write_mac(Mac::AddressLow, u32::from_le_bytes([a, b, c, d]));
        write_mac(Mac::AddressHigh, u32::from_le_bytes([e, f, 0, 0]));
        write(Register::TxCfg, 1 << 1);
        // Full duplex, sender and receiver on.
        write_mac(Mac::Control, 1 << 20 | 1 << 3 | 1 << 2);
        true
    }

    /// Takes one frame from the FIFO into the buffer. None: it was not worth keeping.
    fn take(&mut self) -> Option<usize> {
        let status = read(Register::RxStatus);
        let length = (status >> 16 & 0x3fff) as usize;
        let damaged = status & (1 << 15) != 0;
        let fits = length <= BUFFER_BYTES;
        // Also what is not wanted has to be read word by word: QEMU's fast-forward loses count of the FIFO.
        let mut room = self.receive.chunks_exact_mut(4);
        for _ in 0..length.div_ceil(4) {
            let word = read(Register::RxData);
            if let Some(place) = room.next() {
                place.copy_from_slice(&word.to_le_bytes());
            }
        }
        if damaged || !fits {
            metrics::FRAME_DROPS.with(Direction::Receive).inc();
            return None;
        }
        length.checked_sub(4)
    }

    fn can_send(&self) -> bool {
        // The statuses of sent frames must be taken, or their FIFO fills up and sending stops.
        while read(Register::TxFifoInf) >> 16 & 0xff != 0 {
            read(Register::TxStatus);
        }
        (read(Register::TxFifoInf) & 0xffff) as usize >= BUFFER_BYTES + 8
    }
}

impl Chip {
    /// Takes the next frame that is worth keeping; its length in [`frames`](Self::frames).
    pub(super) fn next(&mut self) -> Option<usize> {
        // A stack may answer a frame while it looks at it; without room for the answer the frame waits.
        while frames_waiting() > 0 && self.can_send() {
            if let Some(length) = self.take() {
                return Some(length);
            }
        }
        metrics::FRAME_DROPS.with(Direction::Receive).inc_by(read(Register::RxDrop));
        None
    }

    /// The frame that was taken last, and room to answer it.
    pub(super) fn frames(&mut self, length: usize) -> (&mut [u8], Sending<'_>) {
        (&mut self.receive[..length], Sending(&mut self.transmit))
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
        let len = len.min(BUFFER_BYTES);
        let result = f(&mut self.0[..len]);
        // One buffer that is the first and the last of its frame; the chip pads and adds the checksum.
        write(Register::TxData, 1 << 13 | 1 << 12 | len as u32);
        write(Register::TxData, len as u32);
        for word in self.0.chunks_exact(4).take(len.div_ceil(4)) {
            write(Register::TxData, u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
        }
        result
    }
}
