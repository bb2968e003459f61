//! What all libraries are given.

/// The default bounds of Go's library.
pub(crate) const BOUNDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
pub(crate) const LABELS: [&str; 3] = ["service_id", "route_name", "status_cod"];
pub(crate) const NAME: &str = "http_requests";
pub(crate) const HELP: &str = "Requests served.";

/// A hundred bounds, from 0.12 to 12.
pub(crate) fn hundred() -> Vec<f64> {
    (1..=100).map(|bound| f64::from(bound) * 0.12).collect()
}

/// A sequence of numbers that looks random.
pub(crate) fn random(count: usize) -> impl Iterator<Item = u64> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(0x1234_5678_9abc_def1);
        let mixed = (state ^ (state >> 32)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        mixed ^ (mixed >> 33)
    })
    .take(count)
}

/// 4,096 values between 0 and 12.
pub(crate) fn values() -> Vec<f64> {
    random(4_096).map(|bits| 12.0 * fraction(bits)).collect()
}

/// Between 0 and 1.
pub(crate) fn fraction(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// A counter value of one to nine digits.
pub(crate) fn count(bits: u64) -> u64 {
    bits % 10_u64.pow(1 + (bits >> 60) as u32 % 9)
}

/// The label values of a child: three texts of ten bytes, each with so many values that together there are `children`.
#[derive(Clone, Debug)]
pub(crate) struct Child(pub(crate) [String; 3]);

impl Child {
    pub(crate) fn texts(&self) -> [&str; 3] {
        self.0.each_ref().map(String::as_str)
    }
}

/// `children` different children.
pub(crate) fn children(children: usize) -> Vec<Child> {
    let side = (1..).find(|side: &usize| side.pow(3) >= children).unwrap_or(1);
    let text = |letter, value| format!("{letter}-{value:08}");
    (0..children).map(|at| Child([text('a', at / (side * side)), text('b', at / side % side), text('c', at % side)])).collect()
}

/// 4,096 of them in random order.
pub(crate) fn shuffled(children: &[Child]) -> Vec<Child> {
    random(4_096).filter_map(|bits| children.get(bits as usize % children.len())).cloned().collect()
}

/// Indices of three enums of ten values.
pub(crate) fn ordinals() -> Vec<[u8; 3]> {
    random(4_096).map(|bits| [0, 8, 16].map(|at| ((bits >> at) % 10) as u8)).collect()
}

/// The texts of the values of such an enum.
#[rustfmt::skip]
pub(crate) const TEXTS: [&str; 10] = [
    "value-0000", "value-0001", "value-0002", "value-0003", "value-0004",
    "value-0005", "value-0006", "value-0007", "value-0008", "value-0009",
];

/// Declares an enum of ten values for a library that derives its labels.
macro_rules! ten {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum $name { V0, V1, V2, V3, V4, V5, V6, V7, V8, V9 }

        impl $name {
            pub(crate) const ALL: [Self; 10] =
                [Self::V0, Self::V1, Self::V2, Self::V3, Self::V4, Self::V5, Self::V6, Self::V7, Self::V8, Self::V9];
        }
    };
}
pub(crate) use ten;

/// Declares label sets for a library that derives them: of one text, of three, and of three enums of ten values, `Ten`.
macro_rules! owned {
    ($derive:ident) => {
        #[derive(Clone, Debug, Hash, PartialEq, Eq, $derive)]
        struct One {
            route_name: String,
        }

        impl One {
            fn new([route_name]: [&str; 1]) -> Self {
                Self { route_name: route_name.to_owned() }
            }
        }

        #[derive(Clone, Debug, Hash, PartialEq, Eq, $derive)]
        struct Three {
            service_id: String,
            route_name: String,
            status_cod: String,
        }

        impl Three {
            fn new(labels: [&str; 3]) -> Self {
                let [service_id, route_name, status_cod] = labels.map(str::to_owned);
                Self { service_id, route_name, status_cod }
            }
        }

        #[derive(Clone, Debug, Hash, PartialEq, Eq, $derive)]
        struct Enums {
            service_id: Ten,
            route_name: Ten,
            status_cod: Ten,
        }

        impl Enums {
            fn new(labels: [usize; 3]) -> Self {
                let [service_id, route_name, status_cod] = labels.map(|label| Ten::ALL[label]);
                Self { service_id, route_name, status_cod }
            }
        }
    };
}
pub(crate) use owned;
