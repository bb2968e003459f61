//! Every type of value at its ends.

use super::*;

fn ends<V: Value + core::fmt::Debug>(lowest: V, highest: V) {
    assert_eq!(highest.plus(V::ONE), highest);
    assert_eq!(lowest.minus(V::ONE), lowest);
    let atomic = V::NEW;
    assert_eq!(V::load(&atomic), V::ZERO);
    lowest.store(&atomic);
    assert_eq!(V::load(&atomic), lowest);
    V::update(&atomic, |_| None);
    assert_eq!(V::load(&atomic), lowest);
    V::update(&atomic, |_| Some(highest));
    assert_eq!(V::load(&atomic), highest);
}

#[test]
fn every_integer_keeps_its_ends() {
    ends(u32::MIN, u32::MAX);
    ends(i32::MIN, i32::MAX);
    ends(u64::MIN, u64::MAX);
    ends(i64::MIN, i64::MAX);
}

#[test]
fn every_value_adds_and_shows() {
    fn sum<V: Value>(values: &[V]) -> Number {
        let atomic = V::NEW;
        values.iter().for_each(|value| value.add_to(&atomic));
        V::load(&atomic).number()
    }
    assert_eq!(sum(&[1_u32, 2]).text(), "3");
    assert_eq!(sum(&[1_i32, -3]).text(), "-2");
    assert_eq!(sum(&[1_u64 << 40, 1]).text(), "1099511627777");
    assert_eq!(sum(&[-(1_i64 << 40)]).text(), "-1099511627776");
    assert_eq!(sum(&[0.5_f32, 0.25]).text(), "0.75");
    assert_eq!(sum(&[0.1_f64, 0.2]).text(), "0.30000000000000004");
    assert_eq!(sum(&[Scaled::<u32, 1_000>(1), Scaled(1_499)]).text(), "1.5");
    assert_eq!(sum(&[Scaled::<i64, 1_000>(-25_300)]).text(), "-25.3");
    assert_eq!(Scaled::<u32, 1_000>::ONE.number().text(), "1");
}

#[test]
fn counters_do_not_grow_by_less_than_nothing() {
    assert!(0.0.is_growth() && 1.5_f32.is_growth() && f64::MAX.is_growth());
    assert!(!(-0.1).is_growth() && !f32::NAN.is_growth() && !f64::INFINITY.is_growth());
}
