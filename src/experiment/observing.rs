//! What an experiment records about a router's requests.

use super::{Experiment, recording::Draw, row::Fold};
use crate::{observer::Observer, outcome::Outcome};

/// Takes exposures, and the metrics that are fed by requests, from the router to which the
/// experiment is attached.
///
/// A unit that was drawn and admitted is exposed, however the request ended and whichever version
/// answered: to leave out units whose version failed would leave out the failures. A request of
/// another release or policy, or one that was not drawn, is counted [apart](super::Apart).
impl Observer for Experiment {
    fn outcome(&self, outcome: &Outcome<'_>) {
        let Some(key) = outcome.unit() else {
            return;
        };
        let place = self.digester.place(key);
        let Ok(arm) = self.drawn_or_apart(Draw::from(outcome), place) else {
            return;
        };
        let (ending, took) = (outcome.ending(), outcome.took());
        let _ = self.with_row(key, place, 1, |row| {
            row.expose(arm);
            for metric in &self.places {
                if metric.is_itemised || metric.is_bucketed {
                    continue;
                }
                let Some(value) = metric.source.value(ending, took) else {
                    continue;
                };
                row.change(metric.slot, |slot| {
                    slot.add(value, place, Fold::of(metric.kind))
                });
            }
        });
        for metric in self.places.iter().filter(|metric| metric.is_bucketed) {
            if let Some(value) = metric.source.value(ending, took) {
                self.add_in_bucket(*metric, key, place, value, 0);
            }
        }
        if self.is_timed {
            self.observe_timed(outcome, key, place);
        }
    }
}
