//! Random tests run a number of cases. They print their seed, so that any run can be repeated.

use proptest::test_runner::{Config, RngSeed};

/// So many cases unless `PROPTEST_CASES` says otherwise; the seed of `PROPTEST_RNG_SEED`, or a new one.
pub(crate) fn config(cases: u32) -> Config {
    let mut config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    let seed = match config.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => uuid::Uuid::new_v4().as_u64_pair().0,
    };
    println!("PROPTEST_RNG_SEED={seed}");
    config.rng_seed = RngSeed::Fixed(seed);
    config
}
