//! The reports of all servers, added up.

use std::collections::BTreeSet;

use super::{Content, FleetEvidence, FleetReport, Incarnation, ReportsError};

/// What became of a report.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Taken {
    /// It counts.
    Counted,
    /// It was there already, or a later whole report of the process was.
    Known,
}

/// The reports of all servers of a release, by server and incarnation.
///
/// They may come late, twice and out of order. Of whole reports the latest of each process counts,
/// of those of what is new each counts once. Processes that have ended still count. Stored with
/// the roll-out, it lets another leader go on.
///
/// The sum is what one server would have counted of all that has arrived, for evidence that adds
/// up ([`FleetEvidence`]): a sticky unit counts once, wherever it was seen.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        try_from = "stored::RawReports<E>",
        into = "stored::RawReports<E>",
        bound(
            serialize = "E: Clone + serde::Serialize",
            deserialize = "E: serde::Deserialize<'de>"
        )
    )
)]
pub struct Reports<E> {
    /// In the order of their sources.
    kept: Vec<Kept<E>>,
}

/// What is kept of one process.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
struct Kept<E> {
    source: Incarnation,
    /// The latest whole report, or the sum of those of what is new.
    evidence: E,
    numbers: Numbers,
}

/// Which reports have come.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
enum Numbers {
    /// The number of the whole one that is kept.
    Whole(u64),
    /// All below the first number have come, and these beyond it.
    New(u64, BTreeSet<u64>),
}

impl<E> Default for Reports<E> {
    fn default() -> Reports<E> {
        Reports::new()
    }
}

impl<E> Reports<E> {
    /// Returns the reports of nobody.
    #[must_use]
    pub const fn new() -> Reports<E> {
        Reports { kept: Vec::new() }
    }

    /// Iterates over the processes that have reported, ended ones too, and what each has counted.
    pub fn sources(&self) -> impl Iterator<Item = (&Incarnation, &E)> {
        self.kept.iter().map(|kept| (&kept.source, &kept.evidence))
    }

    /// Returns the numbers of reports that must have been lost or are still under way.
    ///
    /// None for a process that hands in whole reports: the next one has it all.
    #[must_use]
    pub fn missing(&self, source: &Incarnation) -> Vec<u64> {
        let kept = self.kept.iter().find(|kept| kept.source == *source);
        match kept.map(|kept| &kept.numbers) {
            Some(Numbers::New(next, beyond)) => {
                let last = beyond.last().copied().unwrap_or(*next);
                (*next..last).filter(|at| !beyond.contains(at)).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl<E: FleetEvidence> Reports<E> {
    /// Takes a report, at whatever moment it comes.
    ///
    /// # Errors
    /// [`ReportsError`] if the process has handed in the other kind of reports, or if what is new
    /// does not add up with what it handed in before; then nothing is taken.
    pub fn take(&mut self, report: &FleetReport<E>) -> Result<Taken, ReportsError<E::Refused>> {
        let (source, number) = (&report.source, report.number);
        let (Content::Whole(evidence) | Content::New(evidence)) = &report.content;
        let is_whole = matches!(report.content, Content::Whole(_));
        let place = self.kept.binary_search_by(|kept| kept.source.cmp(source));
        let gap = match place {
            Ok(place) => {
                let kept = self.kept.get_mut(place);
                return kept.map_or(Ok(Taken::Known), |kept| {
                    kept.take(number, is_whole, evidence)
                });
            }
            Err(gap) => gap,
        };
        let numbers = match is_whole {
            true => Numbers::Whole(number),
            false => Numbers::none().with(number),
        };
        let kept = Kept {
            source: source.clone(),
            evidence: evidence.clone(),
            numbers,
        };
        self.kept.insert(gap, kept);
        Ok(Taken::Counted)
    }

    /// Returns what one server would have counted of all that has arrived, none if nothing has.
    ///
    /// # Errors
    /// [`ReportsError::Evidence`] if a server's evidence is of another kind.
    pub fn sum(&self) -> Result<Option<E>, ReportsError<E::Refused>> {
        let Some((first, others)) = self.kept.split_first() else {
            return Ok(None);
        };
        let mut sum = first.evidence.clone();
        for kept in others {
            let added = sum.add(&kept.evidence);
            added.map_err(|why| kept.refused(why))?;
        }
        Ok(Some(sum))
    }
}

impl<E: FleetEvidence> Kept<E> {
    fn take(
        &mut self,
        number: u64,
        is_whole: bool,
        evidence: &E,
    ) -> Result<Taken, ReportsError<E::Refused>> {
        match &self.numbers {
            Numbers::Whole(latest) if is_whole => {
                if number <= *latest {
                    return Ok(Taken::Known);
                }
                self.numbers = Numbers::Whole(number);
                self.evidence = evidence.clone();
                Ok(Taken::Counted)
            }
            Numbers::New(next, beyond) if !is_whole => {
                if number < *next || beyond.contains(&number) {
                    return Ok(Taken::Known);
                }
                let added = self.evidence.add(evidence);
                added.map_err(|why| self.refused(why))?;
                self.numbers = self.numbers.clone().with(number);
                Ok(Taken::Counted)
            }
            _ => Err(ReportsError::OtherKind {
                server: self.source.server.clone(),
                incarnation: self.source.incarnation,
                number,
            }),
        }
    }

    fn refused(&self, why: E::Refused) -> ReportsError<E::Refused> {
        ReportsError::Evidence {
            server: self.source.server.clone(),
            incarnation: self.source.incarnation,
            why,
        }
    }
}

impl Numbers {
    const fn none() -> Numbers {
        Numbers::New(0, BTreeSet::new())
    }

    fn with(self, number: u64) -> Numbers {
        let (mut next, mut beyond) = match self {
            Numbers::New(next, beyond) => (next, beyond),
            whole @ Numbers::Whole(_) => return whole,
        };
        beyond.insert(number);
        while beyond.remove(&next) {
            next += 1;
        }
        Numbers::New(next, beyond)
    }
}

#[cfg(feature = "serde")]
mod stored {
    use super::{Kept, Numbers, Reports};
    use crate::stats::state::StateError;

    const NAME: &str = "the reports of a fleet";
    const VERSION: u32 = 1;

    #[derive(serde::Serialize, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct RawReports<E> {
        version: u32,
        sources: Vec<Kept<E>>,
    }

    impl<E> From<Reports<E>> for RawReports<E> {
        fn from(reports: Reports<E>) -> RawReports<E> {
            RawReports {
                version: VERSION,
                sources: reports.kept,
            }
        }
    }

    impl<E> TryFrom<RawReports<E>> for Reports<E> {
        type Error = StateError;

        fn try_from(raw: RawReports<E>) -> Result<Reports<E>, StateError> {
            StateError::check_version(NAME, raw.version, VERSION)?;
            let is_sorted = raw
                .sources
                .is_sorted_by(|one, other| one.source < other.source);
            StateError::require(
                is_sorted,
                NAME,
                "a process is listed twice, or not in order",
            )?;
            let is_packed = |kept: &Kept<E>| match &kept.numbers {
                Numbers::Whole(_) => true,
                Numbers::New(next, beyond) => beyond.first().is_none_or(|first| first > next),
            };
            let holds = raw.sources.iter().all(is_packed);
            StateError::require(holds, NAME, "numbers that have come are said to be missing")?;
            Ok(Reports { kept: raw.sources })
        }
    }
}
