//! The guard's truncated Beta mixture, and Wald's likelihood ratio.

use crate::comparison::{Outcome, Tolerance, object};
use crate::reading::Case;
use switchstand::stats::Alpha;
use switchstand::stats::guard::{
    BetaPrior, CandidateShare, Margins, RateMethod, RateTest, Side, StageTally,
};

pub(crate) fn adapt(case: &Case) -> Outcome {
    let input = &case.input;
    let number = |key: &str| input.number(key);
    let share = CandidateShare::new(number("share")?).map_err(|e| e.to_string())?;
    let test = |harm: f64, safe: f64, method: RateMethod| {
        let margins = Margins::new(harm, safe).map_err(|e| e.to_string())?;
        RateTest::new(margins, method, Alpha::ONE_PERCENT, Alpha::ONE_PERCENT)
            .map_err(|e| e.to_string())
    };
    let prior = BetaPrior::Parameters {
        a: number("prior_a")?,
        b: number("prior_b")?,
    };
    let mixture = test(
        number("r_harm")?,
        number("r_safe")?,
        RateMethod::TruncatedBeta(prior),
    )?;
    let sprt = test(1.0, number("r_alt")?, RateMethod::Sprt)?;
    let mut tally = StageTally::new();
    let mut record = |side, key: &str| {
        let events = input.count(key)?;
        tally
            .record_many(side, share, events)
            .map_err(|e| e.to_string())
    };
    record(Side::Candidate, "s_c")?;
    record(Side::Control, "s_b")?;
    let theta = |key: &str| {
        share
            .event_probability(input.number(key)?)
            .map_err(|e| e.to_string())
    };
    Ok(object([
        ("theta_harm", theta("r_harm")?.into()),
        ("theta_safe", theta("r_safe")?.into()),
        ("ln_e_harm", mixture.harm(&tally).ln_e.into()),
        ("ln_e_safe", mixture.safe(&tally).ln_e.into()),
        ("sprt_llr", sprt.harm(&tally).ln_e.into()),
    ]))
}

/// The file states 1e-12 max(1, |expected|) + 5e-15 (s_c + s_b + a + b) on the logarithms.
pub(crate) fn tolerance(case: &Case, path: &str) -> Tolerance {
    if path.starts_with("theta") {
        return Tolerance::relative(1e-12);
    }
    let read = |key: &str| case.input.number(key).unwrap_or(0.0);
    let size: f64 = ["s_c", "s_b", "prior_a", "prior_b"].map(read).iter().sum();
    Tolerance::relative(1e-12).or_absolute(1e-12 + 5e-15 * size)
}
