//! What a roll-out sees of the router that it acts on, as of one moment.

use super::ByHand;
use crate::{
    deployment::{VersionId, VersionState},
    fingerprint::Fingerprint,
    share::Share,
};

/// The router as it is while nobody else can change it.
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

/// What a roll-out remembers of this router; it is no part of the release, and is not stored.
#[derive(Clone, Debug, Default)]
pub(super) struct Sight {
    /// The candidate's deployment; none before the first look.
    pub(super) candidate: Option<VersionId>,
    /// The live version at the last look.
    pub(super) live: Option<String>,
    /// Whether what was in force is not in force here, and must be brought back.
    pub(super) is_lost: bool,
    /// Whether the phase counts anew: its time alone does not tell, where both began at one moment.
    pub(super) begins_anew: bool,
    /// Whether the phase goes on once that is brought back: it was in force before the restart.
    pub(super) goes_on: bool,
    /// Whether the policy in force is another's at this moment.
    pub(super) is_foreign: bool,
    /// Another roll-out that is open.
    pub(super) another: Option<(String, String)>,
    /// A reading of the clock that is not believed yet.
    pub(super) suspect: Option<crate::timestamp::Timestamp>,
    /// Whether nothing was evaluated since a replay: times are then those of the trail.
    pub(super) is_replayed: bool,
    /// What the last evaluation was handed and could not use.
    pub(super) refused: Vec<super::Refused>,
}

impl PartialEq for Sight {
    /// Returns true: what roll-outs have seen makes them no different.
    fn eq(&self, _other: &Sight) -> bool {
        true
    }
}
