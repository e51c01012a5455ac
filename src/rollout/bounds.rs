//! Whether a schedule's guards can be evaluated.

use super::{
    Check, Climb, Guard, GuardSource, Phase, Schedule, ScheduleError, evidence::may_be_bad,
    guard::Readings,
};
use crate::share::Share;

/// Checks that each guard applies to a step, and that no step can be left without evidence.
///
/// It is called when a release begins, because ladder and guards may change until then.
pub(super) fn check_steps(schedule: &Schedule) -> Result<(), ScheduleError> {
    let shares = schedule.ladder.shares();
    let stage = schedule.shadow.iter().flat_map(|stage| &stage.guards);
    let of_stage = stage.map(|guard| (guard, &[] as &[Share]));
    let of_ramp = schedule.guards.iter().map(|guard| (guard, shares));
    for (guard, shares) in of_ramp.chain(of_stage) {
        if let Some([from, to]) = guard.shares()
            && !shares.iter().any(|share| guard.looks_at(*share))
        {
            let steps: Vec<String> = shares.iter().map(Share::to_string).collect();
            return Err(ScheduleError::NoStep {
                guard: guard.name().to_owned(),
                from,
                to,
                steps: match steps.is_empty() {
                    true => "no share at all, as of a shadow".to_owned(),
                    false => steps.join(", "),
                },
            });
        }
    }
    for (step, share) in schedule.ladder.compared().iter().enumerate() {
        let is_on_evidence = schedule.climb_at(Phase::Ramping { step }) == Climb::OnEvidence;
        let mut guards = schedule
            .guards
            .iter()
            .filter(|guard| guard.looks_at(*share));
        if is_on_evidence && !guards.any(leads) {
            return Err(ScheduleError::NothingToClimbOn);
        }
    }
    Ok(())
}

/// Tells whether evidence of the guard can lead to the next step.
pub(super) const fn leads(guard: &Guard) -> bool {
    guard.acts() && guard.check().compares()
}

pub(super) fn check_bounds(guard: &Guard) -> Result<(), ScheduleError> {
    let finite = |what, bound: f64| match bound.is_finite() {
        true => Ok(()),
        false => Err(ScheduleError::NonFinite {
            what,
            guard: guard.name().to_owned(),
        }),
    };
    match *guard.check() {
        Check::Rate(_) => Ok(()),
        Check::Limit { limit, .. } => finite("limit", limit),
        Check::Quantile { order, harm, safe } => {
            finite("order", order)?;
            finite("harm margin", harm)?;
            finite("safe margin", safe)?;
            let guard = || guard.name().to_owned();
            if !(order > 0.0 && order < 1.0) {
                return Err(ScheduleError::Order {
                    guard: guard(),
                    order,
                });
            }
            if !(-0.99..=99.0).contains(&harm) || !(-0.99..=99.0).contains(&safe) {
                return Err(ScheduleError::Margin {
                    guard: guard(),
                    harm,
                    safe,
                });
            }
            match safe < harm {
                true => Err(ScheduleError::SafeBelowHarm { guard: guard() }),
                false => Ok(()),
            }
        }
        Check::Effect { harm, safe, .. } => {
            finite("harm bound", harm)?;
            finite("safe bound", safe)?;
            if safe < harm {
                let guard = guard.name().to_owned();
                return Err(ScheduleError::SafeBelowHarm { guard });
            }
            Ok(())
        }
    }
}

/// Checks that a guard's numbers are of the kind that it looks at.
pub(super) fn check_source(guard: &Guard) -> Result<(), ScheduleError> {
    let name = || guard.name().to_owned();
    let fits = match (guard.check(), guard.source()) {
        (_, GuardSource::Reported) => true,
        (Check::Rate(_), GuardSource::Endings(bad)) => {
            !bad.is_empty() && bad.iter().copied().all(may_be_bad)
        }
        (Check::Quantile { .. }, GuardSource::Took) => true,
        (Check::Limit { .. }, GuardSource::TookAt(order)) => *order > 0.0 && *order < 1.0,
        _ => false,
    };
    if !fits {
        return Err(ScheduleError::OtherSource {
            guard: name(),
            from: guard.source().words(),
            wanted: guard.check().wants(),
        });
    }
    let Readings { bad, of } = guard.readings();
    match bad >= 1 && bad <= of && of <= Readings::MOST {
        true => Ok(()),
        false => Err(ScheduleError::Readings {
            guard: name(),
            bad,
            of,
        }),
    }
}
