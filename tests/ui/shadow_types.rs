//! What the types do not allow: a shadow's output in a response, and the wrong kind of truth.

#[cfg(test)]
mod tests {
    #[test]
    #[ignore = "builds every dependency once more; the errors' words are those of Rust 1.95"]
    fn s1_no_output_of_a_shadow_reaches_a_response() {
        trybuild::TestCases::new().compile_fail("s1_*.rs");
    }

    #[test]
    #[ignore = "builds every dependency once more; the errors' words are those of Rust 1.95"]
    fn s7_outcomes_of_an_action_are_not_compared_through_a_shadow() {
        trybuild::TestCases::new().compile_fail("s7_*.rs");
    }
}
