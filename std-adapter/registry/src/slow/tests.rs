use super::*;

struct Fails;

impl Collector for Fails {
    fn collect(&self, _: &mut dyn Encoder) -> Result<(), Stop> {
        Err(Stop)
    }
}

#[test]
fn errors_are_told_while_the_lock_is_held() {
    let slow = Slow::new("fails", Fails);
    assert!(slow.values(Instant::now()).is_none());
    assert_eq!(slow.errors(), 1);
    let held = slow.shared.lock();
    assert_eq!(slow.errors(), 1);
    drop(held);
}
