//! The reports of all servers, added up.

use std::collections::BTreeSet;

use super::{
    Content, FleetEvidence, FleetReport, Incarnation, ReportsError,
    folded::{Folded, KEPT},
};

/// What happened to a report.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Taken {
    /// It counts.
    Counted,
    /// It, or a later whole report of the process, was already there.
    Known,
    /// The process ended so long ago that it is only kept as part of a sum. The report is left out.
    TooLate,
}

/// The reports of all servers of a release, by server and incarnation.
///
/// They may come late, twice and out of order. Of whole reports the latest of each process counts;
/// of reports of what is new each counts once. Processes that have ended still count. Store it with
/// the roll-out, so that another leader can continue.
///
/// Memory is bounded: of each server the latest 8 processes are kept separately. Earlier ones, and
/// those that have [ended](Reports::end), are kept as one sum.
///
/// The sum is what one server would have counted from all reports that have arrived
/// ([`FleetEvidence`]): a sticky unit counts once, on whatever servers it was seen.
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
    release: String,
    /// In the order of their sources.
    kept: Vec<Kept<E>>,
    /// Those that are kept in a sum alone.
    folded: Option<Folded<E>>,
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

impl<E> Reports<E> {
    /// Returns an empty set of reports of a release.
    #[must_use]
    pub fn new(release: &str) -> Reports<E> {
        Reports {
            release: release.to_owned(),
            kept: Vec::new(),
            folded: None,
        }
    }

    /// Iterates over the processes that are kept separately, and what each has counted.
    pub fn sources(&self) -> impl Iterator<Item = (&Incarnation, &E)> {
        self.kept.iter().map(|kept| (&kept.source, &kept.evidence))
    }

    /// Returns the numbers of reports that were lost or are still on the way.
    ///
    /// Empty for a process with whole reports, because the next one has everything.
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
    /// Takes a report.
    ///
    /// # Errors
    /// [`ReportsError`] for a report of another release, if the process has sent the other kind of
    /// reports, or if the report does not add up with earlier ones; then nothing is taken.
    pub fn take(&mut self, report: &FleetReport<E>) -> Result<Taken, ReportsError<E::Refused>> {
        let (source, number) = (&report.source, report.number);
        if report.release != self.release {
            return Err(ReportsError::OtherRelease {
                server: source.server.clone(),
                found: report.release.clone(),
                expected: self.release.clone(),
            });
        }
        let (Content::Whole(evidence) | Content::New(evidence)) = &report.content;
        if self
            .folded
            .as_ref()
            .is_some_and(|folded| folded.has(source))
        {
            return Ok(Taken::TooLate);
        }
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
        self.fold_the_oldest_of(&source.server);
        Ok(Taken::Counted)
    }

    /// Notes that a process has ended and that no report of it is on the way.
    ///
    /// It still counts, as part of a sum; later reports of it, and of earlier processes of its
    /// server, are [too late](Taken::TooLate). Use it for servers whose names are not used again.
    ///
    /// # Errors
    /// [`ReportsError::Evidence`] if it does not add up; it is kept apart then.
    pub fn end(&mut self, source: &Incarnation) -> Result<(), ReportsError<E::Refused>> {
        while let Some(place) = self.kept.iter().position(|kept| {
            kept.source.server == source.server && kept.source.incarnation <= source.incarnation
        }) {
            self.fold(place)?;
        }
        Ok(())
    }

    /// Keeps no more processes of a server apart than there is room for.
    fn fold_the_oldest_of(&mut self, server: &str) {
        let is_its = |kept: &Kept<E>| kept.source.server == server;
        let number = self.kept.iter().filter(|kept| is_its(kept)).count();
        if number > KEPT
            && let Some(place) = self.kept.iter().position(is_its)
        {
            // Evidence that does not add up stays apart; the sum then names its process.
            let _ = self.fold(place);
        }
    }

    fn fold(&mut self, place: usize) -> Result<(), ReportsError<E::Refused>> {
        let Some(kept) = self.kept.get(place) else {
            return Ok(());
        };
        let added = Folded::add(&mut self.folded, &kept.source, &kept.evidence);
        added.map_err(|why| kept.refused(why))?;
        self.kept.remove(place);
        Ok(())
    }

    /// Returns the sum of all that has arrived; `None` if nothing has.
    ///
    /// # Errors
    /// [`ReportsError::Evidence`] if a server's evidence is of another kind.
    pub fn sum(&self) -> Result<Option<E>, ReportsError<E::Refused>> {
        let mut sum = self.folded.as_ref().map(|folded| folded.sum.clone());
        for kept in &self.kept {
            match &mut sum {
                Some(sum) => {
                    let added = sum.add(&kept.evidence);
                    added.map_err(|why| kept.refused(why))?;
                }
                None => sum = Some(kept.evidence.clone()),
            }
        }
        Ok(sum)
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
    use super::{Folded, Kept, Numbers, Reports};
    use crate::stats::state::StateError;

    const NAME: &str = "the reports of a fleet";
    /// Before version 3 reports did not say which release they were of.
    const VERSION: u32 = 3;

    #[derive(serde::Serialize, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct RawReports<E> {
        version: u32,
        release: String,
        sources: Vec<Kept<E>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        folded: Option<Folded<E>>,
    }

    impl<E> From<Reports<E>> for RawReports<E> {
        fn from(reports: Reports<E>) -> RawReports<E> {
            RawReports {
                version: VERSION,
                release: reports.release,
                sources: reports.kept,
                folded: reports.folded,
            }
        }
    }

    impl<E> TryFrom<RawReports<E>> for Reports<E> {
        type Error = StateError;

        fn try_from(raw: RawReports<E>) -> Result<Reports<E>, StateError> {
            StateError::check_version(NAME, raw.version, VERSION)?;
            let is_folded = |kept: &Kept<E>| {
                let folded = raw.folded.as_ref();
                folded.is_some_and(|folded| folded.has(&kept.source))
            };
            let counts_once = !raw.sources.iter().any(is_folded);
            StateError::require(counts_once, NAME, "a process is kept apart and in the sum")?;
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
            Ok(Reports {
                release: raw.release,
                kept: raw.sources,
                folded: raw.folded,
            })
        }
    }
}
