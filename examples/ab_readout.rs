//! Reads out a real randomised experiment: the placebo-controlled part of the 1954 field trial
//! of Salk's poliomyelitis vaccine.
//!
//! In 84 areas of eleven states children were assigned at random, double-blind, to the vaccine
//! or to a placebo. Counts of children and of paralytic cases: Francis and others, "An
//! evaluation of the 1954 poliomyelitis vaccine trials: summary report", American Journal of
//! Public Health 45 (5, part 2), 1-63, 1955. The report itself was not read: the counts were
//! taken from a secondary source and compared with a second one, the data set "Polio" of Kyle
//! Siegrist's "Random", <https://www.randomservices.org/random/data/Polio.html>, as reproduced
//! in a published validation of a statistics package; both agree.
//!
//! Run it with `cargo run --example ab_readout`.
#![allow(clippy::print_stdout, reason = "an example shows its result")]

use switchstand::stats::compare::two_arms;
use switchstand::stats::planning::{Design, proportions as plan};
use switchstand::stats::{Alpha, Counts, proportions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let placebo = Counts::new(115, 201_229)?;
    let vaccine = Counts::new(33, 200_745)?;

    println!("Salk vaccine, field trial of 1954, paralytic cases among inoculated children\n");
    println!(
        "{}\n",
        two_arms(&placebo, &vaccine, [1.0, 1.0], Alpha::ONE_PERCENT)?
    );

    // Vaccine efficacy is what the ratio of rates lacks to 1.
    let ratio = proportions::risk_ratio(&placebo, &vaccine, Alpha::ONE_PERCENT)?;
    println!(
        "efficacy {:.0} %, 99 % interval {:.0} % to {:.0} %",
        100.0 * (1.0 - ratio.ratio),
        100.0 * (1.0 - ratio.interval.upper),
        100.0 * (1.0 - ratio.interval.lower),
    );

    // Why the trial had to be so large: polio struck about 50 children of 100 000 a year.
    let design = Design::new(Alpha::ONE_PERCENT, 0.9)?;
    let size = plan::sample_size(50e-5, 25e-5, &design)?;
    println!(
        "to see a rate of 50 in 100 000 halved, with power {} at alpha 1 %: {} children per arm",
        design.power(),
        size.control(),
    );
    Ok(())
}
