//! Fisher's exact test.

use crate::comparison::{Outcome, object};
use crate::reading::Case;
use switchstand::stats::{Alternative, Counts, Refusal, exact};

pub(crate) fn adapt(case: &Case) -> Outcome {
    let refused = |refusal: Refusal| refusal.to_string();
    let rows = case.input.count_rows("table")?;
    let (&[a, b], &[c, d]) = (&rows[0][..], &rows[1][..]) else {
        return Err("the table is not 2 x 2".to_owned());
    };
    // The file's alternative looks at the first row.
    let candidate = Counts::new(a, a + b).map_err(refused)?;
    let control = Counts::new(c, c + d).map_err(refused)?;
    let p = |alternative| exact::fisher(&control, &candidate, alternative).map_err(refused);
    let two_sided = p(Alternative::TwoSided)?;
    let mid = exact::fisher_mid_p(&control, &candidate, Alternative::TwoSided).map_err(refused)?;
    Ok(object([
        ("p_two_sided", two_sided.value.into()),
        ("ln_p_two_sided", two_sided.ln_p.into()),
        ("p_greater", p(Alternative::Greater)?.value.into()),
        ("p_less", p(Alternative::Less)?.value.into()),
        ("mid_p_two_sided", mid.value.into()),
        (
            "odds_ratio_sample",
            exact::sample_odds_ratio(&control, &candidate).into(),
        ),
    ]))
}
