//! The guard's default, a mixture over a grid of rate ratios.

use crate::comparison::{Outcome, Produced, Tolerance, object};
use crate::reading::{Case, Fields};
use switchstand::stats::guard::{
    CandidateShare, Margins, RateMethod, RateTest, RatioGrid, Side, StageTally,
};
use switchstand::stats::{Alpha, Refusal};

/// Why an input is refused, or why the case could not be read.
enum Failure {
    Refused(&'static str),
    Unread(String),
}

pub(crate) fn adapt(case: &Case) -> Outcome {
    match run(&case.input) {
        Ok(produced) => Ok(produced),
        Err(Failure::Refused(kind)) => Ok(Produced::refused(kind)),
        Err(Failure::Unread(why)) => Err(why),
    }
}

fn run(input: &Fields) -> Result<Produced, Failure> {
    let margins = Margins::new(input.number("r_harm")?, input.number("r_safe")?)?;
    let grid = RatioGrid::new(&input.numbers("grid_harm")?, &input.numbers("grid_safe")?);
    let alpha = Alpha::new(input.number("alpha")?)?;
    let test = RateTest::new(margins, RateMethod::Grid(grid), alpha, alpha)?;
    let mut tally = StageTally::new();
    let mut after_stage = Vec::new();
    for stage in input.objects("stages")? {
        let share = CandidateShare::new(stage.number("share")?)?;
        let counts = [
            (Side::Candidate, stage.count("s_c")?),
            (Side::Control, stage.count("s_b")?),
        ];
        for (side, events) in counts {
            tally.record_many(side, share, events)?;
        }
        let evidence = (test.harm(&tally).ln_e, test.safe(&tally).ln_e);
        after_stage.push(Produced::from(evidence));
    }
    let (harm, safe) = (test.harm(&tally), test.safe(&tally));
    Ok(object([
        ("ln_l_harm", logarithms(&test.harm_terms(&tally))),
        ("ln_l_safe", logarithms(&test.safe_terms(&tally))),
        ("ln_e_harm", harm.ln_e.into()),
        ("ln_e_safe", safe.ln_e.into()),
        ("p_harm", harm.p().value.into()),
        ("p_safe", safe.p().value.into()),
        ("alarm_harm", harm.is_significant().into()),
        ("alarm_safe", safe.is_significant().into()),
        ("after_stage", Produced::List(after_stage)),
    ]))
}

fn logarithms(terms: &[(f64, f64)]) -> Produced {
    terms.iter().map(|(_, ln)| *ln).collect::<Vec<_>>().into()
}

/// The file states 1e-12 max(1, |expected|) + 5e-15 N on the logarithms, the same on p as a
/// relative difference.
pub(crate) fn tolerance(case: &Case, path: &str) -> Tolerance {
    let stages = case.input.objects("stages").unwrap_or_default();
    let read = |stage: &Fields, key: &str| stage.number(key).unwrap_or(0.0);
    let events: f64 = stages
        .iter()
        .map(|stage| read(stage, "s_c") + read(stage, "s_b"))
        .sum();
    let amount = 1e-12 + 5e-15 * events;
    if path.starts_with("p_") {
        Tolerance::relative(amount)
    } else {
        Tolerance::relative(1e-12).or_absolute(amount)
    }
}

impl From<String> for Failure {
    fn from(why: String) -> Failure {
        Failure::Unread(why)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure::Refused(match refusal {
            Refusal::NonFinite { .. } => "non_finite",
            Refusal::OutOfRange { what: "alpha", .. } => "invalid_alpha",
            Refusal::OutOfRange {
                what: "the candidate's share",
                ..
            } => "invalid_share",
            Refusal::OutOfRange { .. } => "invalid_ratio",
            other => return Failure::Unread(other.to_string()),
        })
    }
}
