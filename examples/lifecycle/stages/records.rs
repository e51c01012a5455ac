//! What the router told the application's log, against what the requests got.

use std::error::Error;

use switchstand::Ending;

use crate::{
    report::{count, percent},
    stand::Stand,
};

pub(crate) fn stage(stand: &mut Stand) -> Result<(), Box<dyn Error>> {
    stand.must_be_all("answers by the version named", stand.attributed, stand.sent);
    let outcomes = stand.log.outcomes();
    let logged: usize = outcomes.values().flatten().sum();
    stand.must_be_all("outcomes in the log", logged, stand.sent);
    for (version, of_version) in &outcomes {
        let said = Ending::ALL.iter().zip(of_version);
        let said: Vec<_> = said
            .map(|(ending, times)| format!("{} {ending}", count(*times)))
            .collect();
        stand.says(&format!("  {version}"), said.join(", "));
        // The router has counted the same, and nothing runs any more.
        let counts = stand.router.outcomes(version).ok_or("unknown version")?;
        let counted = Ending::ALL.map(|ending| counts.ended(ending) as usize);
        let is_same = counted == *of_version && counts.in_flight() == 0;
        stand.must("  as the router counted", is_same, is_same);
    }
    let (alike, read) = stand.log.alike_of_all();
    let (same, pairs) = stand.agreement.same_of_all();
    let value = format!("{} = {}", count(alike), percent(alike, read));
    let is_same = (alike, read) == (same, pairs);
    stand.must("shadows that agree, by the log alone", value, is_same);
    let sampled = stand.sampled;
    stand.must_be_all("shadow endings recorded", stand.log.shadows(), sampled);

    let changes = stand.log.changes();
    let in_order = changes
        .iter()
        .zip(1..)
        .all(|((generation, _), place)| *generation == place);
    let value = format!("{}, without a gap", changes.len());
    stand.must("changes recorded", value, in_order && !changes.is_empty());
    for (generation, change) in changes {
        stand.says(&format!("  generation {generation:>2}"), change);
    }
    Ok(())
}
