#![no_main]

#[path = "../laws/state.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    laws::check(bytes);
});
