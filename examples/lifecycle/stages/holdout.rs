//! A holdout keeps a few users out of every release, to measure what all releases do together.

use std::error::Error;

use switchstand::{Policy, Reason, Share};

use crate::{report::count, stand::Stand};

pub(crate) fn stage(stand: &mut Stand) -> Result<(), Box<dyn Error>> {
    // What is asked for, and what every user got.
    let share = Share::percent(5)?;
    let everybody = Policy::canary("digits-2026-11", "v2", Share::ALL);
    let answers = stand.release(everybody.with_holdout("holdout-2026", share))?;

    // What must hold.
    let held_out = answers.users_where(|answer| answer.reason == Reason::Holdout);
    stand.must_fit("users held out", held_out.len(), stand.users.len(), share)?;
    let on_v1 = answers.users_of("v1");
    stand.must("users on v1", count(on_v1.len()), on_v1 == held_out);
    Ok(())
}
