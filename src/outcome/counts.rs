//! How many requests of a version ended in which way.

use core::fmt;

use super::Ending;

/// The counts of one version's requests, by how they ended.
///
/// At every moment each admitted request is in exactly one of in flight, answered, failed, refused
/// and given up, and moves once. It is counted for the version that was *drawn*, also if the live
/// version stepped in. No count ever decreases.
///
/// A reading takes the endings before the admissions. So the number in flight is never negative,
/// and never below the true number at any moment of the reading. If nothing moved meanwhile, the
/// reading is exact.
///
/// ```
/// use switchstand::{Ending, Router};
/// let router = Router::new("ranker", "v1", 2.0)?;
/// let answer = router.admit("user-42").call(|model| Ok::<f64, String>(model * 21.0));
/// assert_eq!(answer, Ok(42.0));
/// let asking = router.admit("user-43");
/// let counts = router.outcomes("v1").unwrap();
/// assert_eq!((counts.admitted(), counts.ended(Ending::Answered), counts.in_flight()), (2, 1, 1));
/// # drop(asking);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Default, Eq, PartialEq)]
#[must_use]
pub struct OutcomeCounts {
    pub(crate) admitted: u64,
    pub(crate) ended: [u64; 4],
    pub(crate) stood_in: [u64; 4],
    pub(crate) noted: [u64; 4],
}

impl OutcomeCounts {
    /// Returns how many requests were admitted to the version.
    #[must_use]
    pub const fn admitted(&self) -> u64 {
        self.admitted
    }

    /// Returns how many of the admitted requests ended in this way.
    #[must_use]
    pub fn ended(&self, ending: Ending) -> u64 {
        at(&self.ended, ending)
    }

    /// Returns how many of the admitted requests have not ended.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.admitted.saturating_sub(self.ended.iter().sum())
    }

    /// Returns how many requests this version ended in this way as the live version, after another
    /// version failed.
    ///
    /// These are not admitted requests of this version.
    #[must_use]
    pub fn stood_in(&self, ending: Ending) -> u64 {
        at(&self.stood_in, ending)
    }

    /// Returns how many requests that were only routed were noted to have ended in this way.
    ///
    /// See [`Router::note`](crate::Router::note). These are not admitted requests.
    #[must_use]
    pub fn noted(&self, ending: Ending) -> u64 {
        at(&self.noted, ending)
    }

    /// Returns how many requests that were admitted or noted ended in this way.
    #[must_use]
    pub fn total(&self, ending: Ending) -> u64 {
        self.ended(ending).saturating_add(self.noted(ending))
    }

    /// Adds the counts of another version, or of the same one at another time.
    pub(crate) fn add(&mut self, other: &OutcomeCounts) {
        self.admitted += other.admitted;
        for (own, other) in [
            (&mut self.ended, &other.ended),
            (&mut self.stood_in, &other.stood_in),
            (&mut self.noted, &other.noted),
        ] {
            for (own, other) in own.iter_mut().zip(other) {
                *own += other;
            }
        }
    }
}

impl fmt::Debug for OutcomeCounts {
    /// Names each way in which requests have ended.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = f.debug_map();
        names.entry(&"admitted", &self.admitted);
        for (what, counts) in [
            ("ended", &self.ended),
            ("stood in", &self.stood_in),
            ("noted", &self.noted),
        ] {
            for ending in Ending::ALL {
                let count = at(counts, ending);
                if count > 0 {
                    names.entry(&format!("{what}: {ending}"), &count);
                }
            }
        }
        names.finish()
    }
}

fn at(counts: &[u64; 4], ending: Ending) -> u64 {
    counts.get(ending.place()).copied().unwrap_or(0)
}
