//! The reports of a server's process.

/// A server's process: its name, and which of its starts it is.
///
/// What a process has counted is lost with it unless it was reported, and its successor counts from
/// zero. So the two are different sources: to keep only the latest report of each server's name
/// would lose the first one's evidence.
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
    /// Its number among the reports of this process, from 0.
    pub number: u64,
    /// What was counted.
    pub content: Content<E>,
}

/// The numbered reports of a process in one release; reports of what is new are kept until they
/// have arrived.
///
/// A whole report replaces the one before, so it may be lost. A report of what is new may not: it
/// is kept here and sent again until the leader says that it has stored it.
#[derive(Clone, Debug)]
pub struct Outbox<E> {
    release: String,
    source: Incarnation,
    next: u64,
    kept: Vec<FleetReport<E>>,
}

impl<E: Clone> Outbox<E> {
    /// Returns the outbox of a process that has reported nothing of a release.
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
    /// Continue to count in empty evidence. A process uses either whole reports or these, never
    /// both.
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
    /// Do not call it when the leader has only received it: if the leader dies, the report is lost.
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
