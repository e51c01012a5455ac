//! The reports that a server's process hands in.

/// A server's process: its name, and which of its starts it is.
///
/// What a process has counted dies with it unless it was handed in, and its successor counts
/// afresh. So the two are kept apart: whoever keeps "the latest of each server" by name alone
/// throws the first one's evidence away.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Incarnation {
    /// The server's name.
    pub server: String,
    /// Which start it is: above that of every earlier one, such as the time of the start.
    pub incarnation: u64,
}

impl Incarnation {
    /// Returns this start of this server.
    #[must_use]
    pub fn new(server: &str, incarnation: u64) -> Incarnation {
        Incarnation {
            server: server.to_owned(),
            incarnation,
        }
    }
}

/// What a report holds.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum Content<E> {
    /// All that the process has counted since its start.
    Whole(E),
    /// What it has counted since its last report.
    New(E),
}

/// A numbered report of one process.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct FleetReport<E> {
    /// The release that it is of.
    pub release: String,
    /// The process that it is from.
    pub source: Incarnation,
    /// Its number among the reports of this process, from 0 on.
    pub number: u64,
    /// What was counted.
    pub content: Content<E>,
}

/// The numbers of a process's reports of one release, and those that hold something new until they
/// have arrived.
///
/// A whole report replaces the one before, so it may be lost. One of what is new may not: it is
/// kept here, and handed in again until the leader says that it has it.
#[derive(Clone, Debug)]
pub struct Outbox<E> {
    release: String,
    source: Incarnation,
    next: u64,
    kept: Vec<FleetReport<E>>,
}

impl<E: Clone> Outbox<E> {
    /// Returns the outbox of a process that has handed in nothing of a release.
    #[must_use]
    pub fn new(release: &str, source: Incarnation) -> Outbox<E> {
        Outbox {
            release: release.to_owned(),
            source,
            next: 0,
            kept: Vec::new(),
        }
    }

    /// Returns a report of all that was counted since the start.
    pub fn whole(&mut self, evidence: E) -> FleetReport<E> {
        self.report(Content::Whole(evidence))
    }

    /// Returns a report of what was counted since the last one, and keeps it.
    ///
    /// Count on in fresh evidence. A process hands in whole reports or such, never both.
    pub fn new_since(&mut self, evidence: E) -> FleetReport<E> {
        let report = self.report(Content::New(evidence));
        self.kept.push(report.clone());
        report
    }

    /// Returns the reports that are not known to have arrived, in their order.
    #[must_use]
    pub fn kept(&self) -> &[FleetReport<E>] {
        &self.kept
    }

    /// Forgets a report that the leader has stored.
    ///
    /// Not one that it has merely received: a leader that dies takes it along.
    pub fn arrived(&mut self, number: u64) {
        self.kept.retain(|report| report.number != number);
    }

    fn report(&mut self, content: Content<E>) -> FleetReport<E> {
        let number = self.next;
        self.next += 1;
        FleetReport {
            release: self.release.clone(),
            source: self.source.clone(),
            number,
            content,
        }
    }
}
