//! What the router told the application's log, against what the requests got.

use std::error::Error;

use crate::stand::Stand;

pub(crate) fn stage(stand: &mut Stand) -> Result<(), Box<dyn Error>> {
    stand.must_be_all("answers by the version named", stand.attributed, stand.sent);
    stand.must_be_all("outcomes recorded", stand.log.outcomes(), stand.sent);
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
