//! Numbers as text.

use super::*;
use std::string::ToString;

fn always(number: Number) -> NumberText {
    let mut text = NumberText::new();
    number.write(Dot::Always, &mut text);
    text
}

#[test]
fn integers_are_written_digit_by_digit() {
    for value in [0, 7, 10, 99, 100, 12_345, u64::from(u32::MAX), 4_294_967_296, 1_000_000_000, 10_000_000_000_000_000_000, u64::MAX] {
        assert_eq!(Number::from(value).text(), value.to_string().as_str());
        assert_eq!(always(Number::from(value)), value.to_string().as_str());
    }
    let powers = (0..20).map(|power| 10_u64.pow(power)).chain((0..64).map(|bit| 1 << bit));
    for value in powers.flat_map(|power| [power - 1, power, power + 1]) {
        assert_eq!(Number::from(value).text(), value.to_string().as_str());
    }
    for value in [-1, -10, i64::MIN, 0, i64::MAX] {
        assert_eq!(Number::from(value).text(), value.to_string().as_str());
    }
    assert_eq!(Number::from(true).text(), "1");
}

#[test]
fn floats_follow_the_table_of_the_specification() {
    // exposition formats F1 to F4
    let table = [
        (0.0, "0", "0.0"),
        (-0.0, "0", "0.0"),
        (1.0, "1", "1.0"),
        (-1.0, "-1", "-1.0"),
        (2.5, "2.5", "2.5"),
        (10.0, "10", "10.0"),
        (0.00012, "0.00012", "0.00012"),
        (0.0001, "0.0001", "0.0001"),
        (1e-5, "1e-05", "1e-05"),
        (99_999.0, "99999", "99999.0"),
        (100_000.0, "100000", "100000.0"),
        (999_999.0, "999999", "999999.0"),
        (999_999.5, "999999.5", "999999.5"),
        (1e6, "1e+06", "1e+06"),
        (1_234_567.0, "1.234567e+06", "1.234567e+06"),
        (12_345_678.9, "1.23456789e+07", "1.23456789e+07"),
        (1e21, "1e+21", "1e+21"),
        (1e100, "1e+100", "1e+100"),
        (5e-324, "5e-324", "5e-324"),
        (f64::MAX, "1.7976931348623157e+308", "1.7976931348623157e+308"),
        (f64::MIN, "-1.7976931348623157e+308", "-1.7976931348623157e+308"),
        (2.938_735_877_055_719e-39, "2.938735877055719e-39", "2.938735877055719e-39"),
        (0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"),
        (f64::NAN, "NaN", "NaN"),
        (-f64::NAN, "NaN", "NaN"),
        (f64::INFINITY, "+Inf", "+Inf"),
        (f64::NEG_INFINITY, "-Inf", "-Inf"),
    ];
    for (value, plain, open_metrics) in table {
        assert_eq!(Number::from(value).text(), plain);
        assert_eq!(always(Number::from(value)), open_metrics);
        #[cfg(target_pointer_width = "64")]
        Number::from(value).show(Dot::Always, |text| assert_eq!(text, open_metrics.as_bytes()));
    }
}

#[test]
fn every_way_to_write_a_float_agrees() {
    // The digits of the standard library, which are the shortest too, laid out by hand.
    fn reference(value: f64) -> std::string::String {
        let scientific = std::format!("{value:e}");
        let (digits, exponent) = scientific.split_once('e').unwrap();
        let exponent: i32 = exponent.parse().unwrap();
        if (-4..6).contains(&exponent) {
            return std::format!("{value}");
        }
        let sign = if exponent < 0 { '-' } else { '+' };
        std::format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
    }
    let check = |value: f64| {
        let expected = reference(value);
        assert_eq!(Number::from(value).text(), expected.as_str());
        #[cfg(target_pointer_width = "64")]
        Number::from(value).show(Dot::AsNeeded, |text| assert_eq!(text, expected.as_bytes()));
        let dotted = if expected.contains(['.', 'e']) { expected } else { expected + ".0" };
        assert_eq!(always(Number::from(value)), dotted.as_str());
    };
    let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
    for turn in 0..crate::tests::MANY {
        bits = bits.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
        // Not larger: halfway between two shortest decimals either is right.
        let scale = 10_f64.powi((turn % 17) as i32 - 7);
        let value = (bits >> 11) as f64 / (1_u64 << 53) as f64 * scale;
        check(value);
        check(-value.max(f64::MIN_POSITIVE));
        for places in [1.0, 10.0, 100.0, 1e3, 1e4] {
            check((value * places).ceil() / places);
        }
    }
}

#[test]
fn single_floats_are_shortest_as_single_floats() {
    assert_eq!(Number::from(0.1_f32).text(), "0.1");
    assert_eq!(Number::from(21.5_f32).text(), "21.5");
    assert_eq!(Number::from(-0.0_f32).text(), "0");
    assert_eq!(Number::from(f32::MAX).text(), "3.4028235e+38");
    assert_eq!(Number::from(f32::NAN).text(), "NaN");
    assert_eq!(Number::from(f32::NEG_INFINITY).text(), "-Inf");
    assert_eq!(Number::from(0.1_f32).as_f64(), f64::from(0.1_f32));
}

#[test]
fn every_float_reads_back_as_itself() {
    let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..crate::tests::MANY {
        bits = bits.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
        let value = f64::from_bits(bits);
        if value.is_finite() {
            assert_eq!(Number::from(value).text().as_str().parse::<f64>().unwrap(), value);
            assert_eq!(always(Number::from(value)).as_str().parse::<f64>().unwrap(), value);
        }
        let single = f32::from_bits(bits as u32);
        if single.is_finite() {
            assert_eq!(Number::from(single).text().as_str().parse::<f32>().unwrap(), single);
        }
    }
}

#[test]
fn scaled_integers_are_exact() {
    assert_eq!(Number::scaled(0, 1_000_000).text(), "0");
    assert_eq!(always(Number::scaled(0, 1_000)), "0.0");
    assert_eq!(Number::scaled(1_500, 1_000_000).text(), "0.0015");
    assert_eq!(Number::scaled(10, 1_000_000).text(), "1e-05");
    assert_eq!(always(Number::scaled(3_000_000, 1_000_000)), "3.0");
    assert_eq!(Number::scaled(u64::MAX, 1_000_000).text(), "1.8446744073709551615e+13");
    assert_eq!(Number::scaled(u64::MAX, 1).text(), "1.8446744073709551615e+19");
    assert_eq!(Number::scaled_signed(-25_300, 1_000).text(), "-25.3");
    assert_eq!(Number::scaled_signed(i64::MIN, 1).text(), "-9.223372036854775808e+18");
    assert_eq!(Number::scaled(1_500, 1_000_000).as_f64(), 0.0015);
    assert_eq!(Number::scaled_signed(-1_500, 1_000).as_f64(), -1.5);
}

#[test]
fn odd_scales_are_rounded_to_nine_places() {
    assert_eq!(Number::scaled(16_384, 32_768).text(), "0.5");
    assert_eq!(Number::scaled(1, 3).text(), "0.333333333");
    assert_eq!(Number::scaled(2, 3).text(), "0.666666667");
    assert_eq!(Number::scaled(84_000_000, 84_000_000).text(), "1");
    assert_eq!(Number::scaled(u64::MAX, 3).text(), "6.148914691236517205e+18");
    assert_eq!(Number::scaled(5, 0).text(), "5");
}

#[test]
fn signs() {
    let smallest = f64::from_bits(1);
    for number in [Number::from(-1), Number::scaled_signed(-1, 10), (-smallest).into(), f64::NEG_INFINITY.into(), (-1.5_f32).into()] {
        assert!(number.is_negative(), "{number}");
    }
    assert!(Number::from(f32::NEG_INFINITY).is_negative() && Number::from(Timestamp::from_millis(-1)).is_negative());
    for number in [Number::from(0), Number::scaled_signed(0, 10), Number::scaled(u64::MAX, 10), smallest.into(), (-0.0).into()] {
        assert!(!number.is_negative(), "{number}");
    }
    for number in [Number::from(f64::NAN), (-f64::NAN).into(), (-f32::NAN).into(), (-0.0_f32).into(), u64::MAX.into()] {
        assert!(!number.is_negative(), "{number}");
    }
}

#[test]
fn moments_are_exact_seconds() {
    let table = [
        (Timestamp::new(0, 0), "0"),
        (Timestamp::new(1_520_879_607, 789_000_000), "1520879607.789"),
        (Timestamp::new(123, 456_000_000), "123.456"),
        (Timestamp::new(1, 1_000_000), "1.001"),
        (Timestamp::new(1, 1), "1.000000001"),
        (Timestamp::new(1, 999_999_999), "1.999999999"),
        (Timestamp::from_millis(-1), "-0.001"),
        (Timestamp::new(-1, 500_000_000), "-0.5"),
        (Timestamp::new(-2, 0), "-2"),
        (Timestamp::new(-2, 250_000_000), "-1.75"),
        (Timestamp::new(i64::MIN, 0), "-9223372036854775808"),
        (Timestamp::new(i64::MAX, 0), "9223372036854775807"),
    ];
    for (moment, expected) in table {
        assert_eq!(Number::from(moment).text(), expected);
        assert_eq!(always(moment.into()), expected);
    }
    assert_eq!(Number::from(Timestamp::new(-2, 250_000_000)).as_f64(), -1.75);
}

#[test]
fn bounds_are_canonical_floats_in_every_format() {
    let bound = |number: Number| {
        let mut text = NumberText::new();
        number.write_bound(&mut text);
        text
    };
    assert_eq!(bound(Number::from(1_u32)), "1.0");
    assert_eq!(bound(Number::from(-1)), "-1.0");
    assert_eq!(bound(Number::from(1_048_576_u32)), "1.048576e+06");
    assert_eq!(bound(Number::from(0.005)), "0.005");
    assert_eq!(bound(Number::from(f64::INFINITY)), "+Inf");
}
