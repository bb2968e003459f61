//! Keys, and which values they are of.

use super::*;

fn bare<const N: usize>(names: [&str; N]) -> Names<N> {
    let mut names = Names::new(names);
    names.make_bare();
    names
}

#[test]
fn keys_show_escaped_text_and_the_values_that_were_given() {
    let long = "x".repeat(70_000);
    let table: [([&str; 3], &str); 5] = [
        (["1", "2", "3"], r#"a="1",b.c="2",d="3""#),
        (["", "é", ""], r#"a="",b.c="é",d="""#),
        (["plain é", "back\\slash \"quote\"\n", ""], r#"a="plain é",b.c="back\\slash \"quote\"\n",d="""#),
        ([&long, "", "z"], &format!(r#"a="{long}",b.c="",d="z""#)),
        ([&long[..127], &long[..128], &long[..16_384]], &format!(r#"a="{}",b.c="{}",d="{}""#, &long[..127], &long[..128], &long[..16_384])),
    ];
    for bare in [false, true] {
        let names = Names::new(["a", "b.c", "d"]);
        let mut names = names;
        if bare {
            names.make_bare();
        }
        let all = table.map(|(values, _)| names.key(&values).unwrap());
        for ((values, text), key) in table.iter().zip(&all) {
            let short = values.iter().all(|value| value.len() < 128 && !value.contains(['\\', '"', '\n']));
            assert_eq!(names.values(key), *values);
            assert_eq!(names.rendered(key), (!bare || !short).then_some(*text));
            #[cfg(target_pointer_width = "64")]
            assert_eq!(names.rendered_in(key, &mut [0; 512]), Some(*text));
            assert_eq!(all.iter().filter(|other| names.is(other, values)).count(), 1);
            assert!(Short::of(values).is_none_or(|short| all.iter().all(|other| names.is_short(other, &short) == (other == key))));
            assert!(names.is(key, values) && !names.is(key, &["1", "2", ""]) && !names.is(FOREIGN, values));
            let labels = Labelled { names: &names, legacy: true, key };
            assert_eq!(labels.is_plain(), short);
            assert_eq!(labels.label(1), Some(Label { name: "b.c", value: values[1] }));
            assert_eq!(labels.label(3), None);
            assert_eq!(Labelled { legacy: false, ..labels }.rendered(), None);
        }
    }
    let none = Names::new([]);
    assert_eq!(none.rendered(&none.key(&[]).unwrap()), Some(""));
    assert!(none.is(&none.key(&[]).unwrap(), &[]));
}

#[test]
fn a_length_is_more_than_a_byte() {
    for names in [Names::new(["a", "b"]), bare(["a", "b"])] {
        let key = names.key(&["1", "2"]).unwrap();
        let rest = "x".repeat(255);
        for values in
            [[format!("1{rest}"), "2".into()], ["1".into(), format!("2{rest}")], [format!("1\",b=\"2\"{rest}")[..257].into(), "2".into()]]
        {
            assert!(!names.is(&key, &values.each_ref().map(|value| &**value)));
        }
    }
    let long = "n".repeat(70_000);
    let names = Names::new([&long, "b"]);
    let key = names.key(&["1", "2"]).unwrap();
    assert_eq!(names.rendered(&key), Some(&*format!("{long}=\"1\",b=\"2\"")));
    assert!(names.is(&key, &["1", "2"]) && !names.is(&key, &["1", "3"]));
}

#[test]
fn short_values_are_compared_whole() {
    let texts = ["12345678", "12345679", "123456789", "1234567890123456", "1234567800000000", "é2345678", "\"\\345678", "x"];
    for names in [Names::new(["a", "b.c", "d"]), bare(["a", "b.c", "d"])] {
        let all = || texts.iter().flat_map(|a| texts.iter().map(move |b| [*a, *b, "abcdefghij"]));
        for asked in all() {
            let short = Short::of(&asked);
            assert_eq!(short.is_none(), asked.contains(&"x"));
            for own in all() {
                let key = names.key(&own).unwrap();
                let is_plain = !key.starts_with(char::from(ESCAPED));
                assert!(short.as_ref().is_none_or(|short| names.is_short(&key, short) == (is_plain && asked == own)));
                assert_eq!(names.is(&key, &asked), asked == own);
            }
        }
        assert!(!names.is_short(FOREIGN, &Short::of(&["12345678"; 3]).unwrap()));
    }
    let seven = ["12345678"; 7];
    let names = Names::new(["a", "b", "c", "d", "e", "f", "g"]);
    assert!(names.is_short(&names.key(&seven).unwrap(), &Short::of(&seven).unwrap()));
}

#[test]
fn where_one_value_ends_makes_a_difference() {
    for names in [Names::new(["a", "b"]), bare(["a", "b"])] {
        assert!(!names.is(&names.key(&["ab", "c"]).unwrap(), &["a", "bc"]));
        assert!(!names.is(&names.key(&["ab\n", "c"]).unwrap(), &["ab", "\nc"]));
    }
}

#[test]
fn texts_of_every_length_are_compared_whole() {
    let text: Vec<u8> = (0..50).collect();
    for len in 0..50 {
        let own = &text[..len];
        assert!(same(own, own) && !same(own, &text[..len + 1]));
        for at in 0..len {
            let mut other = own.to_vec();
            other[at] ^= 0x80;
            assert!(!same(own, &other), "{len} bytes that differ at {at}");
        }
    }
}
