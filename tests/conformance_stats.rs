//! Runs every file of reference vectors against the statistics.
//!
//! The folder is `tests/vectors/stats`, or the one that `VECTORS_DIR` names. One line per method
//! says how many of its cases passed. Every mismatch and every skipped case is a failure.
//! `conformance_stats/harness.rs` tells how to add a method.
#![cfg(feature = "stats")]

#[cfg(test)]
#[path = "conformance_stats/adapters.rs"]
mod adapters;
#[cfg(test)]
#[path = "conformance_stats/comparison.rs"]
#[allow(dead_code, reason = "offers more than the present adapters need")]
mod comparison;
#[cfg(test)]
#[path = "conformance_stats/harness.rs"]
mod harness;
#[cfg(test)]
#[path = "conformance_stats/reading.rs"]
#[allow(dead_code, reason = "offers more than the present adapters need")]
mod reading;

#[test]
fn t1_every_reference_vector_agrees() {
    let (folder, is_default) = match std::env::var_os("VECTORS_DIR") {
        Some(folder) => (folder.into(), false),
        None => (harness::default_folder(), true),
    };
    let report = harness::run(&folder, is_default);
    // Written past the capture of the test runner: the lines are wanted on success too.
    let mut out = std::io::stdout().lock();
    for line in &report.lines {
        std::io::Write::write_all(&mut out, format!("{line}\n").as_bytes()).unwrap();
    }
    assert!(
        report.failures.is_empty(),
        "\n{}",
        report.failures.join("\n")
    );
}
