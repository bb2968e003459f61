//! The message of the specification, and answers.

use super::*;

/// T4 of the specification, whose scope and unit ours have not.
#[test]
fn a_sum_is_that_of_the_specification() {
    const UP: Desc = Desc::counter("up_total", "Ups.");
    let resource = [("service.name".to_owned(), "dev".to_owned())];
    let mut requests = Requests::new(&resource, Timestamp::from_seconds(1_700_000_000), Timestamp::from_seconds(1_699_999_990), 10);
    requests.begin(&UP).unwrap();
    if let Some(head) = &mut requests.head {
        head.unit = "1".into();
    }
    requests.metric(&UP, &[("a", "b")], &Point::number(3_u32)).unwrap();
    let done = requests.finish();
    let hex: String = done[0].1.iter().map(|byte| format!("{byte:02x}")).collect();
    // The message of the scope is eight bytes longer, and with it all that it is in.
    let expected = concat!(
        "0a640a170a150a0c736572766963652e6e616d6512050a0364657612490a0b0a097069636f6d65746572",
        "123a0a02757012045570732e1a01313a2b0a2511001c1ee2fb9c97171900002a36fe9c97172100000000000008403a080a016112030a016210021801"
    );
    assert_eq!(hex, expected);
    assert_eq!(done[0].0, 1);
}

#[test]
fn answers() {
    assert_eq!(rejected(b""), None);
    assert_eq!(rejected(b"\x0a\x00"), Some((0, String::new())));
    assert_eq!(rejected(b"\x0a\x06\x08\x05\x12\x02no"), Some((5, "no".into())));
    assert_eq!(rejected(b"\x0a\x7f\x08"), None);
    assert_eq!(rejected(&[0xff; 30]), None);
}

#[test]
fn families_are_parted_between_requests_only() {
    const A: Desc = Desc::gauge("a", "");
    let mut requests = Requests::new(&[], Timestamp::from_seconds(1), Timestamp::from_seconds(1), 2);
    for _ in 0..3 {
        requests.begin(&A).unwrap();
        for label in ["x", "y"] {
            requests.metric(&A, &[("l", label)], &Point::number(1.5)).unwrap();
        }
    }
    requests.begin(&A).unwrap();
    assert!(requests.finish().iter().map(|(points, _)| *points).eq([2, 2, 2]));
}
