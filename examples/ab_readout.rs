//! Reads out two real randomised experiments, one of two arms and one of three, and a computed one
//! whose metric is adjusted by the past.
//!
//! First, the placebo-controlled part of the 1954 field trial of Salk's polio vaccine. In 84 areas
//! of eleven states, children were assigned at random, double-blind, to the vaccine or to a
//! placebo. Counts of children and of paralytic cases: Francis and others, "An evaluation of the
//! 1954 poliomyelitis vaccine trials: summary report", American Journal of Public Health 45 (5,
//! part 2), 1-63, 1955. The report itself was not read. The counts come from a secondary source
//! and agree with a second one: the data set "Polio" of Kyle Siegrist's "Random",
//! <https://www.randomservices.org/random/data/Polio.html>, as a published validation of a
//! statistics package quotes it.
//!
//! Second, the e-mail test that Kevin Hillstrom published in 2008: 64,000 customers of a shop. A
//! third of them, drawn at random, got an e-mail about men's merchandise, a third one about
//! women's, a third none,
//! <https://blog.minethatdata.com/2008/03/minethatdata-e-mail-analytics-and-data.html>. The counts
//! are those of its file. They are compared with an analysis of the same file for one look,
//! unadjusted: <https://github.com/AdityaDabrase/ab-testing-email-marketing>.
//!
//! Third, a metric that is adjusted by the past. No experiment was found that published adjusted
//! figures and whose values of single units may be passed on. So the units are computed, and the
//! result is compared with theory: an effect of 0.3, and half of the variance saved at a
//! correlation of 0.7. Other tests compare the method with another implementation.
//!
//! Run it with `cargo run --example ab_readout`.
#![allow(
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "an example shows its result"
)]

mod three_arms;

use switchstand::experiment::{Experiment, ExperimentError, Kind, Metric, ReadOut, Setup};
use switchstand::stats::compare::two_arms;
use switchstand::stats::covariate::PreRelease;
use switchstand::stats::planning::{Design, proportions as plan};
use switchstand::stats::{Alpha, Counts, Worse, proportions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    polio()?;
    println!();
    e_mails()?;
    println!();
    with_a_past()?;
    Ok(())
}

fn polio() -> Result<(), Box<dyn std::error::Error>> {
    let placebo = Counts::new(115, 201_229)?;
    let vaccine = Counts::new(33, 200_745)?;

    println!("Salk vaccine, field trial of 1954, paralytic cases among inoculated children\n");
    println!("{}\n", as_an_experiment(&placebo, &vaccine)?);
    println!(
        "published: 57 cases of 100,000 with the placebo, 16 with the vaccine; efficacy 71 %\n"
    );
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

/// Reads the trial out as an experiment would that had been looked at every day.
fn as_an_experiment(placebo: &Counts, vaccine: &Counts) -> Result<ReadOut, ExperimentError> {
    let cases = Metric::goal("cases", Kind::Rate, Worse::Higher, 0.000_1);
    let arms = [("placebo", 1), ("vaccine", 1)];
    let setup = Setup::new("polio 1954", arms, [cases])?.with_alpha(Alpha::ONE_PERCENT);
    let experiment = Experiment::new(setup);
    let cases = experiment.metric("cases")?;
    let mut children = 0_u64..;
    for (arm, counts) in [("placebo", placebo), ("vaccine", vaccine)] {
        let arm = experiment.arm(arm)?;
        for (place, child) in (0..counts.trials()).zip(&mut children) {
            experiment.expose_arm(arm, child)?;
            if place < counts.successes() {
                experiment.record(cases, child, 1.0)?;
            }
        }
    }
    experiment.read_out()
}

fn e_mails() -> Result<(), ExperimentError> {
    println!("{}\n", three_arms::read_out()?);
    println!("published, points of a hundred and 95 % intervals for one look:");
    println!("  visits     men's +7.66, women's +4.52");
    println!("  purchases  men's +0.68 (0.50 to 0.86), women's +0.31 (0.15 to 0.47)");
    Ok(())
}

fn with_a_past() -> Result<(), ExperimentError> {
    let spent = Metric::goal("spent", Kind::Mean, Worse::Lower, 0.1).adjusted();
    let setup = Setup::new("computed", [("v1", 1), ("v2", 1)], [spent])?;
    let experiment = Experiment::new(setup);
    let spent = experiment.metric("spent")?;
    let arms = [experiment.arm("v1")?, experiment.arm("v2")?];
    for user in 0..8_000_u64 {
        let place = usize::from(user % 2 == 1);
        let (past, own) = (scattered(2 * user), scattered(2 * user + 1));
        experiment.record_before(spent, user, PreRelease::new(past))?;
        experiment.expose_arm(arms[place], user)?;
        let value = 10.0 + 0.7 * past + 0.51_f64.sqrt() * own + 0.3 * place as f64;
        experiment.record(spent, user, value)?;
    }
    println!("{}\n", experiment.read_out()?);
    println!("in truth: an effect of 0.3; by theory 0.7^2 = 49 % of the variance saved");
    Ok(())
}

/// Returns a number without trace of its place, of mean 0 and deviation 1.
fn scattered(place: u64) -> f64 {
    let evenly = |step: u64| {
        let mixed = (place * 3 + step + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ mixed >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    };
    // Three even ones, of variance 1/12 each.
    2.0 * (0..3).map(|step| evenly(step) - 0.5).sum::<f64>()
}
