//! Compares the JSON decoder with the oracle of its property tests, on the fuzzer's inputs.

#![no_main]

#[path = "../../event/tests/oracle/mod.rs"]
mod oracle;

libfuzzer_sys::fuzz_target!(|payload: &[u8]| {
    if let Err(difference) = oracle::compare(payload) {
        panic!("{difference}");
    }
});
