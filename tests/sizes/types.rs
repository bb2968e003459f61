// Label sets and buckets of the types in the table.
labels! { enum Three as "three" { A = "a", B = "b", C = "c" } }
labels! { enum Four as "four" { A = "a", B = "b", C = "c", D = "d" } }
buckets! { Six: u32 / 1_000_000 = [100, 250, 500, 1_000, 2_500, 5_000]; }
#[cfg(feature = "protobuf")]
quantiles! { Usual = [0.5, 0.9, 0.99]; }
