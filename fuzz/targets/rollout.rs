#![no_main]

#[path = "../laws/bytes.rs"]
mod bytes;
#[path = "../laws/rollout.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| laws::check(bytes));
