//! The router at one moment, as a roll-out sees it.

use super::ByHand;
use crate::{
    deployment::{VersionId, VersionState},
    fingerprint::Fingerprint,
    share::Share,
};

/// The router's state under its lock.
#[derive(Debug)]
pub(crate) struct Seen<'a> {
    /// The policy in force.
    pub(crate) fingerprint: Fingerprint,
    pub(crate) release: &'a str,
    pub(crate) live: &'a str,
    pub(crate) has_standby: bool,
    /// The candidate, if it is deployed, and the share that it sheds.
    pub(crate) candidate: Option<(VersionId, VersionState, Share)>,
    /// Who last put a policy in force, if it was no roll-out.
    pub(crate) policy_by: Option<ByHand>,
    /// Who last rejected, retired or reclaimed the candidate.
    pub(crate) removed_by: Option<ByHand>,
    /// Who last accepted the candidate.
    pub(crate) accepted_by: Option<ByHand>,
    /// Who last swapped to the candidate.
    pub(crate) swapped_by: Option<ByHand>,
    /// Another roll-out whose policy is in force: its release and its candidate.
    pub(crate) another: Option<(String, String)>,
}

/// What a roll-out remembers about this router. It is not part of the release, and is not stored.
#[derive(Clone, Debug, Default)]
pub(super) struct Sight {
    /// The candidate's deployment; none before the first look.
    pub(super) candidate: Option<VersionId>,
    /// The live version at the last look.
    pub(super) live: Option<String>,
    /// Whether the policy of the phase is not in force here and must be brought back.
    pub(super) is_lost: bool,
    /// Whether the phase begins again. Its start time does not show this if both beginnings have
    /// the same time.
    pub(super) begins_anew: bool,
    /// Whether the phase goes on once that is brought back: it was in force before the restart.
    pub(super) goes_on: bool,
    /// Whether somebody else's policy is in force.
    pub(super) is_foreign: bool,
    /// Another roll-out that is open.
    pub(super) another: Option<(String, String)>,
    /// A reading of the clock that is not accepted yet.
    pub(super) suspect: Option<crate::timestamp::Timestamp>,
    /// Whether nothing was evaluated since a replay; then times are those of the trail.
    pub(super) is_replayed: bool,
    /// What the last evaluation was handed and could not use.
    pub(super) refused: Vec<super::Refused>,
}

impl PartialEq for Sight {
    /// Returns true: two roll-outs are equal whatever they have seen.
    fn eq(&self, _other: &Sight) -> bool {
        true
    }
}
