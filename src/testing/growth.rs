//! Whether any unit loses a version when one policy replaces another.

use core::fmt;

use super::{Member, TestError, fail, never::MAX_KINDS, never::too_many};
use crate::{
    Policy,
    policy::{Changes, Move},
};

/// Asserts that the second policy takes no version from a unit of the first.
///
/// Units may move from the live version to another, and nowhere else; both policies are taken to be
/// in force over the same live version. It is exhaustive, as [`assert_never`](super::assert_never)
/// is. Overrides are not considered.
///
/// Here an arm that names the live version is a version like any other. If a policy has one, use
/// [`find_loss_while_live`].
///
/// ```
/// use switchstand::{Policy, attr};
/// use switchstand::testing::assert_only_grows;
/// let canary = |share: &str| Ok::<_, switchstand::release::ShareError>(
///     Policy::canary("ranker-2026-11", "v2", share.parse()?),
/// );
/// assert_only_grows(&canary("1%")?, &canary("5%")?);
/// assert_only_grows(&canary("5%")?, &canary("5%")?.or_for(attr("tier").is("internal")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If a unit loses a version; the message names one. Or with a [`TestError`], if that cannot be
/// decided.
#[track_caller]
pub fn assert_only_grows(before: &Policy, after: &Policy) {
    match find_loss(before, after, None) {
        Ok(None) => {}
        Ok(Some(loss)) => fail(loss),
        Err(error) => fail(error),
    }
}

/// Returns units that lose a version other than `live`, if any do.
///
/// They lose it when the second policy follows the first.
///
/// # Errors
/// [`TestError`] tells why that cannot be found out.
pub fn find_loss_while_live(
    before: &Policy,
    after: &Policy,
    live: &str,
) -> Result<Option<LosingUnit>, TestError> {
    find_loss(before, after, Some(live))
}

fn find_loss(
    before: &Policy,
    after: &Policy,
    live: Option<&str>,
) -> Result<Option<LosingUnit>, TestError> {
    before.check_form()?;
    after.check_form()?;
    let changes = Changes::between(before, after, live)?;
    let kinds = Policy::kinds_of_units(&[before, after], None, MAX_KINDS).map_err(too_many)?;
    for kind in kinds {
        let mut moves = changes.moves_of(&kind.unit());
        moves.retain(|moved| moved.from.as_deref() != live && moved.from.is_some());
        if !moves.is_empty() {
            return Ok(Some(LosingUnit {
                member: Member::of(kind),
                moves,
            }));
        }
    }
    super::never::followed(&[before, after], None).map(|()| None)
}

/// A unit that loses a version.
///
/// It represents all units that the rules do not distinguish from it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LosingUnit {
    /// The unit. Its key is that of a list of a policy, or stands for any other.
    pub member: Member,
    /// Which shares of such units lose which version, and to which.
    pub moves: Vec<Move>,
}

impl fmt::Display for LosingUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "of units such as {}", self.member)?;
        for (place, moved) in self.moves.iter().enumerate() {
            write!(f, "{}{moved}", if place == 0 { ": " } else { ", " })?;
        }
        Ok(())
    }
}
