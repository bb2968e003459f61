//! Compares the firmware's own copies, fills, comparison and 64-bit division with plain Rust, on the processor that they are for.
//! Prints how much it compared; ends with exit code 1 at the first difference.
#![no_std]
#![no_main]

use core::hint::black_box;

use cortex_m_rt::entry;
use cortex_m_semihosting::hprintln;
use picometer_firmware_benches::end;

#[path = "../../../../embedded-example/src/cortex_m3/routines.rs"]
mod routines;

unsafe extern "C" {
    fn memcpy(to: *mut u8, from: *const u8, length: usize) -> *mut u8;
    fn memmove(to: *mut u8, from: *const u8, length: usize) -> *mut u8;
    fn memset(to: *mut u8, byte: i32, length: usize) -> *mut u8;
    fn memcmp(one: *const u8, other: *const u8, length: usize) -> i32;
    fn __aeabi_memset(to: *mut u8, length: usize, byte: i32);
    fn __aeabi_memclr(to: *mut u8, length: usize);
}

const LENGTH: usize = 40;
const PLACES: usize = 5;
const BYTES: usize = LENGTH + 2 * PLACES;
type Memory = [u8; BYTES];

fn pattern() -> Memory {
    core::array::from_fn(|index| index as u8 * 7 + 1)
}

/// What a copy has to do, by volatile bytes, so that it does not become a call of what is compared.
fn by_hand(memory: &Memory, from: usize, to: usize, length: usize) -> Memory {
    let mut expected = *memory;
    for index in 0..length {
        // SAFETY: a reference into an array of this function.
        unsafe { core::ptr::write_volatile(&mut expected[to + index], memory[from + index]) };
    }
    expected
}

fn same(one: &Memory, other: &Memory) -> bool {
    one.iter().zip(other).all(|(one, other)| black_box(*one) == black_box(*other))
}

fn check(right: bool, what: &str, numbers: [u64; 3]) {
    if !right {
        hprintln!("{} of {:?}", what, numbers);
        end(false);
    }
}

/// Every length up to 40 bytes, from and to every alignment, apart and overlapping by every distance.
fn copies() -> u32 {
    let mut compared = 0;
    for length in 0..=LENGTH {
        for from in 0..PLACES {
            for to in 0..PLACES {
                let numbers = [length as u64, from as u64, to as u64];
                let source = pattern();
                let mut memory = [0; BYTES];
                // SAFETY: both ranges lie in their arrays, which are two.
                let returned = unsafe { memcpy(memory.as_mut_ptr().add(to), source.as_ptr().add(from), length) };
                check(returned == memory[to..].as_mut_ptr(), "result of memcpy", numbers);
                let right = memory.iter().enumerate().all(|(index, &byte)| {
                    let copied = (to..to + length).contains(&index);
                    byte == if copied { source[index - to + from] } else { 0 }
                });
                check(right, "memcpy", numbers);

                let mut memory = pattern();
                let base = memory.as_mut_ptr();
                // SAFETY: both ranges lie in the array.
                let returned = unsafe { memmove(base.add(to), base.add(from), length) };
                check(returned == memory[to..].as_mut_ptr(), "result of memmove", numbers);
                check(same(&memory, &by_hand(&pattern(), from, to, length)), "memmove", numbers);
                compared += 2;
            }
        }
    }
    compared
}

fn fills() -> u32 {
    let mut compared = 0;
    for length in 0..=LENGTH {
        for to in 0..PLACES {
            for byte in [0, 1, 0x7f, 0x80, 0xff] {
                for (nth, what) in ["memset", "__aeabi_memset", "__aeabi_memclr"].into_iter().enumerate() {
                    let mut memory = pattern();
                    // SAFETY: the range lies in the array.
                    let place = unsafe { memory.as_mut_ptr().add(to) };
                    // More than a byte is given: the rest must be ignored.
                    let given = byte | 0x5a5a_5a00;
                    // SAFETY: the range of `length` bytes behind `place` lies in the array.
                    unsafe {
                        match nth {
                            0 => check(memset(place, given, length) == place, "result of memset", [0; 3]),
                            1 => __aeabi_memset(place, length, given),
                            _ => __aeabi_memclr(place, length),
                        }
                    }
                    let filled = if nth == 2 { 0 } else { byte as u8 };
                    let right = memory
                        .iter()
                        .zip(&pattern())
                        .enumerate()
                        .all(|(index, (&now, &before))| now == if (to..to + length).contains(&index) { filled } else { before });
                    check(right, what, [length as u64, to as u64, byte as u64]);
                    compared += 1;
                }
            }
        }
    }
    compared
}

fn comparisons() -> u32 {
    let mut compared = 0;
    for length in 0..=LENGTH {
        for place in 0..length + 1 {
            for change in [1_u8, 0x7f, 0x80, 0xff] {
                let (one, mut other) = (pattern(), pattern());
                other[place] = other[place].wrapping_add(change);
                // SAFETY: both ranges lie in their arrays.
                let order = unsafe { memcmp(one.as_ptr(), other.as_ptr(), length) };
                let expected = if place < length { one[place].cmp(&other[place]) } else { core::cmp::Ordering::Equal };
                check(order.cmp(&0) == expected, "memcmp", [length as u64, place as u64, change.into()]);
                compared += 1;
            }
        }
    }
    compared
}

/// Numbers with few and many bits, and their neighbours, divided by each other: checked by multiplication.
fn divisions() -> u32 {
    let mut compared = 0;
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut number = |index: u32| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        match index % 4 {
            0 => 1 << (index / 4 % 64),
            1 => (1_u64 << (index / 4 % 64)).wrapping_sub(1),
            2 => u64::MAX - u64::from(index / 4 % 5),
            _ => random >> (index / 4 % 64),
        }
    };
    for nth in 0..256 {
        let dividend = number(nth);
        for index in 0..260 {
            let divisor = number(index);
            if divisor == 0 {
                continue;
            }
            let (quotient, rest) = (black_box(dividend) / black_box(divisor), black_box(dividend) % black_box(divisor));
            let product = u128::from(quotient) * u128::from(divisor) + u128::from(rest);
            check(rest < divisor && product == u128::from(dividend), "division", [dividend, divisor, quotient]);
            compared += 1;
        }
    }
    compared
}

#[entry]
fn main() -> ! {
    let (copies, fills, comparisons, divisions) = (copies(), fills(), comparisons(), divisions());
    hprintln!("{} copies, {} fills, {} comparisons, {} divisions", copies, fills, comparisons, divisions);
    end(copies > 2_000 && fills > 2_000 && comparisons > 2_000 && divisions > 60_000)
}
