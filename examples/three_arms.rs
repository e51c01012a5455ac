//! A published experiment of three arms, read out.
//!
//! This is the e-mail test that Kevin Hillstrom published in 2008: 64,000 customers of a shop. A
//! third of them, drawn at random, got an e-mail about men's merchandise, a third one about
//! women's, a third none,
//! <https://blog.minethatdata.com/2008/03/minethatdata-e-mail-analytics-and-data.html>.
//! The counts are those of its file. The example `ab_readout` uses them too, and compares the
//! result with published figures.

use switchstand::experiment::{Experiment, ExperimentError, Kind, Metric, ReadOut, Setup};
use switchstand::stats::Worse;

/// An arm's customers, those who visited the shop within two weeks, and those who bought.
const ARMS: [(&str, u64, u64, u64); 3] = [
    ("no e-mail", 21_306, 2_262, 122),
    ("men's", 21_307, 3_894, 267),
    ("women's", 21_387, 3_238, 189),
];

/// Reads the experiment out.
pub(crate) fn read_out() -> Result<ReadOut, ExperimentError> {
    let visits = Metric::goal("visits", Kind::CommonRate, Worse::Lower, 0.005);
    let purchases = Metric::goal("purchases", Kind::Rate, Worse::Lower, 0.001);
    let arms = ARMS.map(|(arm, ..)| (arm, 1));
    let experiment = Experiment::new(Setup::new("e-mails 2008", arms, [visits, purchases])?);
    let [visits, purchases] = [
        experiment.metric("visits")?,
        experiment.metric("purchases")?,
    ];
    let mut customers = 0_u64..;
    for (arm, size, visited, bought) in ARMS {
        let arm = experiment.arm(arm)?;
        for (place, customer) in (0..size).zip(&mut customers) {
            experiment.expose_arm(arm, customer)?;
            experiment.record(visits, customer, f64::from(u8::from(place < visited)))?;
            if place < bought {
                experiment.record(purchases, customer, 1.0)?;
            }
        }
    }
    experiment.read_out()
}
