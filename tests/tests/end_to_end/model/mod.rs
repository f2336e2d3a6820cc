//! Random programs of operations on the extension, compared with a simple model in memory.

mod listening;
mod memory;
mod program;
mod run;
mod text;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use musicstream_tests::database::Database;
use musicstream_tests::progress::Progress;

use run::Subject;

/// Default of `MUSICSTREAM_MODEL_PROGRAMS`, the number of programs in a run.
const PROGRAMS: u32 = 200;

#[test]
pub(crate) fn random_programs_agree_with_the_model() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .map(|text| text.parse::<u64>().unwrap())
    };
    let programs =
        number("MUSICSTREAM_MODEL_PROGRAMS").map_or(PROGRAMS, |programs| programs as u32);
    let seed = number("MUSICSTREAM_MODEL_SEED").unwrap_or_else(rand::random);
    println!("{programs} programs; repeat with MUSICSTREAM_MODEL_SEED={seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(
        Config {
            cases: programs,
            failure_persistence: None, // the seed is printed
            max_shrink_iters: 2_000,
            ..Config::default()
        },
        TestRng::from_seed(RngAlgorithm::ChaCha, &bytes),
    );
    let database = Database::without_coming_days();
    let subject = std::cell::RefCell::new(Subject::new(database.client()));
    let progress = std::cell::RefCell::new(Progress::start("programs", u64::from(programs)));
    let run_count = std::cell::Cell::new(0);
    runner
        .run(&program::program(), |program| {
            run_count.set(run_count.get() + 1);
            progress.borrow_mut().done(run_count.get());
            subject
                .borrow_mut()
                .run(&program)
                .map_err(TestCaseError::fail)
        })
        .unwrap_or_else(|failure| panic!("{failure}\nrepeat with MUSICSTREAM_MODEL_SEED={seed}"));
}
