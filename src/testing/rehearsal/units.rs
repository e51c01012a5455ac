//! Who gets the candidate, and who has met it.

use rand::rngs::ChaCha8Rng;
use rand_distr::{Binomial, Distribution};

use crate::{Plan, Unit, deployment::VersionId, testing::Population};

/// Whose answer a unit gets, and whether that is evidence.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// The live version, by the draw.
    Control,
    /// The candidate, by the draw.
    Drawn,
    /// The candidate, by a rule, a list, or because everybody gets it.
    Served,
    /// Another version, or the live one for a reason that is no draw.
    Apart,
}

/// Units that got the candidate at the same step, for the same kind of reason.
///
/// All units are equally busy, so how many have met the candidate is drawn for the whole group
/// at once. Units with a bad event have surely met it; they are known one by one.
#[derive(Default)]
struct Cohort {
    /// Units that have never met the candidate.
    never: u64,
    /// Units that have met it in an earlier phase only.
    before: u64,
    /// Units that have met it in this phase.
    now: u64,
}

/// What is known of a unit by its bad events on the candidate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Known {
    /// It had none: it is one of its cohort.
    No,
    /// It had one in an earlier phase.
    Before,
    /// It had one in this phase, so it has met the candidate in it.
    Now,
}

/// All units of one replication.
pub(super) struct Units {
    places: Vec<Place>,
    cohorts: Vec<(Cohort, bool)>,
    /// By unit.
    cohort_of: Vec<u16>,
    known: Vec<Known>,
    /// Units that had a bad event in this phase.
    known_now: Vec<usize>,
    /// Units with a bad event in an earlier phase and none in this, by whether they are evidence.
    earlier: [Cohort; 2],
    control: u64,
    control_met: u64,
    is_everybody: bool,
}

impl Units {
    pub(super) fn new(count: usize) -> Units {
        Units {
            places: vec![Place::Control; count],
            cohorts: Vec::new(),
            cohort_of: vec![0; count],
            known: vec![Known::No; count],
            known_now: Vec::new(),
            earlier: [Cohort::default(), Cohort::default()],
            control: 0,
            control_met: 0,
            is_everybody: false,
        }
    }

    pub(super) fn place(&self, unit: usize) -> Place {
        self.places.get(unit).copied().unwrap_or(Place::Apart)
    }

    /// Begins a step: those who got the live version so far may get the candidate now.
    pub(super) fn deal(&mut self, population: &Population, plan: &Plan, candidate: VersionId) {
        self.join(population, |unit| {
            let route = plan.route(unit);
            match (route.version() == candidate, route.is_randomised()) {
                (true, true) => Place::Drawn,
                (true, false) => Place::Served,
                (false, true) => Place::Control,
                (false, false) => Place::Apart,
            }
        });
    }

    /// Begins the phase in which everybody gets the candidate.
    pub(super) fn deal_to_all(&mut self, population: &Population) {
        self.join(population, |_| Place::Served);
        self.is_everybody = true;
    }

    /// Begins the phase in which everybody whom the policy lets in gets the candidate.
    pub(super) fn deal_to_those_let_in(
        &mut self,
        population: &Population,
        plan: &Plan,
        candidate: VersionId,
    ) {
        self.join(population, |unit| {
            match plan.route(unit).version() == candidate {
                true => Place::Served,
                false => Place::Apart,
            }
        });
        self.is_everybody = true;
    }

    fn join(&mut self, population: &Population, place_of: impl Fn(Unit<'_>) -> Place) {
        self.begin_phase();
        let number = self.cohorts.len() as u16;
        let mut joined = [0_u64; 2];
        let members = population.members().iter();
        for ((member, place), cohort) in members.zip(&mut self.places).zip(&mut self.cohort_of) {
            // A unit that has the candidate keeps it until it is rejected.
            if matches!(place, Place::Drawn | Place::Served) {
                continue;
            }
            *place = place_of(member.unit());
            match place {
                Place::Drawn => {
                    *cohort = number;
                    joined[0] += 1;
                }
                Place::Served => {
                    *cohort = number + 1;
                    joined[1] += 1;
                }
                Place::Control => self.control += 1,
                Place::Apart => {}
            }
        }
        for (never, is_evidence) in joined.into_iter().zip([true, false]) {
            let cohort = Cohort {
                never,
                ..Cohort::default()
            };
            self.cohorts.push((cohort, is_evidence));
        }
    }

    fn begin_phase(&mut self) {
        for (cohort, _) in &mut self.cohorts {
            cohort.before += core::mem::take(&mut cohort.now);
        }
        for cohort in &mut self.earlier {
            cohort.before += core::mem::take(&mut cohort.now);
        }
        for unit in core::mem::take(&mut self.known_now) {
            if let Some(known) = self.known.get_mut(unit) {
                *known = Known::Before;
            }
            let is_evidence = self.place(unit) == Place::Drawn;
            earlier_of(&mut self.earlier, is_evidence).before += 1;
        }
        self.control = 0;
        self.control_met = 0;
    }

    /// Lets each unit make a request with this probability.
    pub(super) fn serve(&mut self, probability: f64, rng: &mut ChaCha8Rng) {
        let mut some_of = |units: u64| match Binomial::new(units, probability) {
            Ok(law) if units > 0 => law.sample(rng),
            _ => 0,
        };
        let cohorts = self.cohorts.iter_mut().map(|(cohort, _)| cohort);
        for cohort in cohorts.chain(&mut self.earlier) {
            let (first, again) = (some_of(cohort.never), some_of(cohort.before));
            cohort.never -= first;
            cohort.before -= again;
            cohort.now += first + again;
        }
        self.control_met += some_of(self.control.saturating_sub(self.control_met));
    }

    /// Notes that the candidate gave a unit a bad answer.
    pub(super) fn note_bad(&mut self, unit: usize, rng: &mut ChaCha8Rng) {
        let is_evidence = self.place(unit) == Place::Drawn;
        let Some(known) = self.known.get_mut(unit) else {
            return;
        };
        let number = self.cohort_of.get(unit).copied().unwrap_or_default();
        let cohort = match known {
            Known::Now => return,
            Known::Before => Some(earlier_of(&mut self.earlier, is_evidence)),
            Known::No => self
                .cohorts
                .get_mut(usize::from(number))
                .map(|(cohort, _)| cohort),
        };
        // Which of its group the unit was is not known: any, with equal probability.
        if let Some(cohort) = cohort {
            cohort.take_one(rng);
        }
        *known = Known::Now;
        self.known_now.push(unit);
    }

    /// Notes that the control gave a bad answer, so at least one unit has met it.
    pub(super) fn note_control(&mut self) {
        self.control_met = self.control_met.max(1);
    }

    /// Returns the units of control and candidate that were served in this phase: those that the
    /// draw has placed, or all where everybody gets the candidate.
    pub(super) fn met_now(&self) -> (u64, u64) {
        let counts = |is_evidence: bool| is_evidence || self.is_everybody;
        let cohorts = self
            .cohorts
            .iter()
            .filter(|(_, is_evidence)| counts(*is_evidence));
        let cohorts = cohorts.map(|(cohort, _)| cohort);
        let earlier = self.earlier.iter().zip([true, false]);
        let earlier = earlier.filter(|(_, is_evidence)| counts(*is_evidence));
        let met = cohorts
            .chain(earlier.map(|(cohort, _)| cohort))
            .map(|cohort| cohort.now);
        let known = self.known_now.iter();
        let known = known.filter(|unit| counts(self.place(**unit) == Place::Drawn));
        (self.control_met, met.sum::<u64>() + known.count() as u64)
    }

    /// Returns the units that the candidate has served so far, for whatever reason.
    pub(super) fn met_ever(&self) -> u64 {
        let cohorts = self.cohorts.iter().map(|(cohort, _)| cohort);
        let met = cohorts
            .chain(&self.earlier)
            .map(|cohort| cohort.before + cohort.now);
        met.sum::<u64>() + self.known_now.len() as u64
    }
}

fn earlier_of([drawn, served]: &mut [Cohort; 2], is_evidence: bool) -> &mut Cohort {
    if is_evidence { drawn } else { served }
}

impl Cohort {
    /// Takes out one unit, any with equal probability.
    fn take_one(&mut self, rng: &mut ChaCha8Rng) {
        use rand::RngExt as _;
        let all = self.never + self.before + self.now;
        if all == 0 {
            return;
        }
        let place = rng.random_range(0..all);
        if place < self.never {
            self.never -= 1;
        } else if place < self.never + self.before {
            self.before -= 1;
        } else {
            self.now -= 1;
        }
    }
}
