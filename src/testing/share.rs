//! Whether a version gets the share of the units that it should.

use core::{fmt, ops::RangeInclusive};

use super::{CountTable, Population, TestError, ToPlan, fail};
use crate::{
    Share,
    stats::{Alpha, PValue, sample_ratio},
};

/// The chance that an assertion about shares fails for a policy that is right.
///
/// It is one in a million over the draws. The release's name and the population's seed fix them, so
/// a test that has passed once always passes.
pub const FALSE_ALARM: Alpha = match Alpha::new(1e-6) {
    Ok(alpha) => alpha,
    Err(_) => Alpha::ONE_PER_MILLE,
};

/// Asserts that a version answers a share of the units of a population.
///
/// The number of units is compared with the binomial law, exactly; [`FALSE_ALARM`] is the chance
/// that it fails by chance. Audience rules count like draws: if there are any, test the part of the
/// population that they leave to the draw ([`Population::only`]).
///
/// ```
/// use switchstand::Policy;
/// use switchstand::testing::{LIVE, Population, assert_share};
/// let policy = Policy::canary("ranker-2026-11", "v2", "5%".parse()?);
/// let users = Population::synthetic(10_000, 7);
/// assert_share(&policy, "v2", "5%", &users);
/// assert_share(&policy, LIVE, "95%", &users);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If the share is another, or with a [`TestError`] if it cannot be tested.
#[track_caller]
pub fn assert_share<S>(
    subject: &(impl ToPlan + ?Sized),
    version: &str,
    share: S,
    population: &Population,
) where
    S: TryInto<Share, Error: Into<TestError>>,
{
    match check_share(subject, version, share, population) {
        Ok(finding) if finding.holds() => {}
        Ok(finding) => fail(finding),
        Err(error) => fail(error),
    }
}

/// Compares the share of the units that a version answers with what it should be.
///
/// It is [`assert_share`] without the panic.
///
/// # Errors
/// [`TestError`] tells why the share cannot be tested.
pub fn check_share<S>(
    subject: &(impl ToPlan + ?Sized),
    version: &str,
    share: S,
    population: &Population,
) -> Result<ShareFinding, TestError>
where
    S: TryInto<Share, Error: Into<TestError>>,
{
    let share = share.try_into().map_err(Into::into)?;
    let table = CountTable::of(subject, population)?;
    let (answered, units) = (table.count_of(version), table.total());
    let accepted = accepted(units, share)?;
    let p = match p_value(answered, units, share)? {
        Some(p) => p,
        // A share of nobody or everybody leaves nothing to chance.
        None if accepted.contains(&answered) => PValue::new(1.0, 0.0),
        None => PValue::new(0.0, f64::NEG_INFINITY),
    };
    Ok(ShareFinding {
        version: version.to_owned(),
        share,
        answered,
        accepted,
        p,
        table,
    })
}

/// How many units a version answers, against how many it should.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ShareFinding {
    /// The version.
    pub version: String,
    /// The share that it should have.
    pub share: Share,
    /// The units that it answers.
    pub answered: u64,
    /// The numbers of units that are no evidence against the share.
    pub accepted: RangeInclusive<u64>,
    /// How surprising the number is if the share is right.
    pub p: PValue,
    /// The units of all versions.
    pub table: CountTable,
}

impl ShareFinding {
    /// Tells whether the number of units is no evidence against the share.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.accepted.contains(&self.answered)
    }
}

impl fmt::Display for ShareFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (least, most) = (self.accepted.start(), self.accepted.end());
        writeln!(
            f,
            "version {:?} answers {} of {} units where {} were asked for: {least} to {most} would \
             do, {} (exact binomial test, false alarms one in {:.0})",
            self.version,
            self.answered,
            self.table.total(),
            self.share,
            self.p,
            1.0 / FALSE_ALARM.get(),
        )?;
        write!(f, "{}", self.table)
    }
}

/// Returns the p-value of a number of units, none where nothing is left to chance.
fn p_value(answered: u64, units: u64, share: Share) -> Result<Option<PValue>, TestError> {
    if share == Share::NONE || share == Share::ALL {
        return Ok(None);
    }
    let weights = [share.as_fraction(), share.complement().as_fraction()];
    let counts = [answered, units.saturating_sub(answered)];
    Ok(Some(sample_ratio::exact_binomial(counts, weights)?))
}

/// Returns the numbers of units that are no evidence against the share.
fn accepted(units: u64, share: Share) -> Result<RangeInclusive<u64>, TestError> {
    if share == Share::NONE || share == Share::ALL {
        let exactly = if share == Share::NONE { 0 } else { units };
        return match units {
            0 => Err(too_few(units, share, "anything", 1)),
            _ => Ok(exactly..=exactly),
        };
    }
    let fraction = share.as_fraction();
    // Half of the chance is the other tail's.
    let tail = (FALSE_ALARM.get() / 2.0).ln();
    let needed = |missed: f64| (tail / (-missed).ln_1p()).ceil() as u64;
    let is_against = |count: u64| -> Result<bool, TestError> {
        let p = p_value(count, units, share)?;
        Ok(p.is_some_and(|p| p.value < FALSE_ALARM.get()))
    };
    if units == 0 || !is_against(0)? {
        return Err(too_few(units, share, "nobody", needed(fraction)));
    }
    if !is_against(units)? {
        return Err(too_few(units, share, "everybody", needed(1.0 - fraction)));
    }
    // The p-value falls from the expected number to both ends.
    let expected = (units as f64 * fraction).round() as u64;
    let (mut below, mut least) = (0, expected);
    while least - below > 1 {
        let middle = below.midpoint(least);
        if is_against(middle)? {
            below = middle;
        } else {
            least = middle;
        }
    }
    let (mut most, mut above) = (expected, units);
    while above - most > 1 {
        let middle = most.midpoint(above);
        if is_against(middle)? {
            above = middle;
        } else {
            most = middle;
        }
    }
    Ok(least..=most)
}

fn too_few(units: u64, share: Share, mistaken: &'static str, needed: u64) -> TestError {
    TestError::TooFewUnits {
        units,
        share,
        mistaken,
        needed,
    }
}
