//! How often a margin that is reached is said to hold.

use super::{LAWS, Law, limit, means};

/// The candidate is worse by the margin, so to say that it holds is wrong.
fn margin_is_said_to_hold(law: Law, share: f64, planned: f64, cap: u64, runs: u64) -> f64 {
    let said = (0..runs).filter(|&seed| means(law, share, planned, cap, 0.0, seed).holds);
    said.count() as f64 / runs as f64
}

#[test]
fn x1_a_margin_that_is_reached_is_seldom_said_to_hold() {
    for (law, share) in [
        (Law::Normal, 0.5),
        (Law::Exponential, 0.5),
        (Law::Normal, 0.1),
    ] {
        let said = margin_is_said_to_hold(law, share, 200.0, 300, 400);
        assert!(said <= limit(0.05, 400), "{law:?} {share}: {said}");
    }
}

#[test]
#[ignore = "1,000 runs of each cell take a minute; it writes figures of the guide"]
fn x1_the_long_simulation_of_margins_writes_figures_of_the_guide() {
    let runs = 1_000;
    for (name, law) in LAWS {
        let cells = [
            (0.5, 4_000.0, 6_000),
            (0.1, 400.0, 1_000),
            (0.01, 4_000.0, 6_000),
        ];
        let said = cells
            .map(|(share, planned, cap)| margin_is_said_to_hold(law, share, planned, cap, runs));
        let worst = said.iter().copied().fold(0.0, f64::max);
        println!("{name}: {worst:.4}");
        assert!(worst <= limit(0.05, runs), "{name}: {said:?}");
    }
}
