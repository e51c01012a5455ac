//! What the types do not allow: a shadow's output in a response, and the wrong kind of truth.

#[test]
#[ignore = "builds every dependency once more; the errors' words are those of Rust 1.95"]
fn s1_no_output_of_a_shadow_reaches_a_response() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/s1_*.rs");
    #[cfg(feature = "stats")]
    cases.compile_fail("tests/ui/s7_*.rs");
}
