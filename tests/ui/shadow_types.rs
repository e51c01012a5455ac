//! What the types do not allow: a shadow's output in a response, the wrong kind of truth, and
//! mistakes that the compiler can see.

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

    #[test]
    #[ignore = "builds every dependency once more; the errors' words are those of Rust 1.95"]
    fn mistakes_that_the_compiler_sees_are_refused() {
        trybuild::TestCases::new().compile_fail("mistakes_*.rs");
    }
}
