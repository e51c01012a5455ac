//! The safe test of two proportions in blocks.

use crate::comparison::{Outcome, object};
use crate::reading::Case;
use serde_json::Value;
use switchstand::stats::Counts;
use switchstand::stats::anytime::SafeTwoProportions;

pub(crate) fn adapt(case: &Case) -> Outcome {
    let g = case.input.number("g")?;
    let mut test = SafeTwoProportions::with_prior(g).map_err(|e| e.to_string())?;
    let mut ln_e = Vec::new();
    for block in case.input.array("blocks")? {
        let [a, b] = [0, 1].map(|arm| counts(&block[arm]));
        test.record(&a?, &b?).map_err(|e| e.to_string())?;
        ln_e.push(test.ln_e());
    }
    Ok(object([
        ("ln_e", ln_e.into()),
        ("p", test.p().value.into()),
    ]))
}

fn counts(arm: &Value) -> Result<Counts, String> {
    let read = |index: usize| arm[index].as_u64().ok_or("an arm has two counts");
    Counts::new(read(0)?, read(1)?).map_err(|e| e.to_string())
}
