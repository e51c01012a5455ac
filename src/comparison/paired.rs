//! A comparison that is ready to use.

use core::fmt;
use std::collections::BTreeMap;

use parking_lot::Mutex;

use super::{Agreement, Difference, Tally};
use crate::shadow::{Comparison, Pair};

type Reduce<T, P> = Box<dyn Fn(&T) -> P + Send + Sync>;
type Comparator<P> = Box<dyn Fn(&P, &P) -> Difference + Send + Sync>;

/// A projection of an answer, or the class of an error.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Projected<P>(Result<P, String>);

/// A comparison of shadows with primaries by projections, with a tally per pair of versions.
///
/// Comparators, labels and scores are for requests that both versions answered; errors are counted
/// by class. Only threads that run shadows, and readers, wait for the lock of the tallies.
///
/// ```
/// # use core::convert::Infallible;
/// # use std::sync::Arc;
/// # use switchstand::{Model, Policy, Router, Share};
/// use switchstand::comparison::{Difference, PairedComparison};
/// # struct Times(f64);
/// # impl Model for Times {
/// #     type Input = f64;
/// #     type Output = f64;
/// #     type Error = Infallible;
/// #     fn predict(&self, input: &f64) -> Result<f64, Infallible> { Ok(input * self.0) }
/// # }
/// let comparison = PairedComparison::new(|score: &f64| *score, |_: &Infallible| String::new())
///     .comparing("exact", Difference::unless_equal)
///     .comparing("within 10 %", |a, b| Difference::unless_near(0.1, *a, *b))
///     .score(|score| *score);
/// let comparison = Arc::new(comparison);
/// let router = Router::builder("ranker")
///     .comparison(Arc::clone(&comparison))
///     .build("v1", Times(2.0))?;
/// # router.deploy("v2", Times(2.1))?;
/// router.release(Policy::shadow("look", "v2", Share::ALL))?;
/// for task in router.predict("user-42", &10.0).shadows {
///     task.run();
/// }
/// let tally = comparison.tally("v1", "v2").unwrap();
/// assert_eq!(tally.agreement("exact").unwrap().disagreement(), Some(1.0));
/// assert_eq!(tally.agreement("within 10 %").unwrap().disagreement(), Some(0.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PairedComparison<Output, Error, P> {
    project: Reduce<Output, P>,
    class: Reduce<Error, String>,
    comparators: Vec<(String, Comparator<P>)>,
    label: Option<Reduce<P, String>>,
    score: Option<Reduce<P, f64>>,
    worst: usize,
    seed: u64,
    tallies: Mutex<BTreeMap<[String; 2], Tally<P>>>,
}

impl<Output, Error, P: Clone> PairedComparison<Output, Error, P> {
    /// Returns a comparison that reduces answers by `project` and errors to classes by `class`.
    ///
    /// There should be few classes: the first 1,024 pairs of classes of at most 256 bytes are
    /// counted separately, and [`Tally::errors_beyond`] counts the others together.
    #[must_use]
    pub fn new(
        project: impl Fn(&Output) -> P + Send + Sync + 'static,
        class: impl Fn(&Error) -> String + Send + Sync + 'static,
    ) -> PairedComparison<Output, Error, P> {
        PairedComparison {
            project: Box::new(project),
            class: Box::new(class),
            comparators: Vec::new(),
            label: None,
            score: None,
            worst: 0,
            seed: 0,
            tallies: Mutex::new(BTreeMap::new()),
        }
    }

    /// Adds a comparator under a name; it replaces an earlier one of that name.
    ///
    /// Differences of two comparators are never mixed, because they cannot be ranked together.
    #[must_use]
    pub fn comparing(
        mut self,
        name: &str,
        comparator: impl Fn(&P, &P) -> Difference + Send + Sync + 'static,
    ) -> PairedComparison<Output, Error, P> {
        self.comparators.retain(|(earlier, _)| earlier != name);
        self.comparators
            .push((name.to_owned(), Box::new(comparator)));
        self
    }

    /// Counts pairs of labels, for Cohen's kappa and the confusion matrix of A against B.
    #[must_use]
    pub fn label(
        mut self,
        label: impl Fn(&P) -> String + Send + Sync + 'static,
    ) -> PairedComparison<Output, Error, P> {
        self.label = Some(Box::new(label));
        self
    }

    /// Accumulates the paired difference of a score.
    #[must_use]
    pub fn score(
        mut self,
        score: impl Fn(&P) -> f64 + Send + Sync + 'static,
    ) -> PairedComparison<Output, Error, P> {
        self.score = Some(Box::new(score));
        self
    }

    /// Keeps up to `count` of the worst disagreements per comparator; `seed` draws among equals.
    ///
    /// Without this call none is kept.
    #[must_use]
    pub fn keeping_worst(mut self, count: usize, seed: u64) -> PairedComparison<Output, Error, P> {
        self.worst = count;
        self.seed = seed;
        self
    }

    /// Returns a copy of a shadow's tally with a primary; `None` before their first pair.
    #[must_use]
    pub fn tally(&self, primary: &str, shadow: &str) -> Option<Tally<P>> {
        let key = [primary.to_owned(), shadow.to_owned()];
        self.tallies.lock().get(&key).cloned()
    }

    /// Returns a copy of all tallies, by the labels of primary and shadow.
    #[must_use]
    pub fn tallies(&self) -> BTreeMap<[String; 2], Tally<P>> {
        self.tallies.lock().clone()
    }
}

impl<Output, Error, P> Comparison<Output, Error> for PairedComparison<Output, Error, P>
where
    Output: 'static,
    Error: 'static,
    P: Clone + Send + Sync + 'static,
{
    type Projection = Projected<P>;

    fn project(&self, answer: &Result<Output, Error>) -> Projected<P> {
        Projected(match answer {
            Ok(output) => Ok((self.project)(output)),
            Err(error) => Err((self.class)(error)),
        })
    }

    fn compare(&self, pair: Pair<'_, Projected<P>>) {
        // The application's code runs before the lock is taken.
        let both = match (&pair.primary.0, &pair.shadow.0) {
            (Ok(primary), Ok(shadow)) => Ok([primary, shadow]),
            (primary, shadow) => Err([primary, shadow].map(|side| side.as_ref().err().cloned())),
        };
        let both = both.map(|sides| {
            let [primary, shadow] = sides;
            let differences: Vec<_> = self
                .comparators
                .iter()
                .map(|(name, comparator)| (name, comparator(primary, shadow)))
                .collect();
            let labels = self.label.as_ref().map(|label| sides.map(label));
            let scores = self.score.as_ref().map(|score| sides.map(score));
            (sides, differences, labels, scores)
        });
        let key = [pair.primary_version, pair.shadow_version].map(str::to_owned);
        let mut tallies = self.tallies.lock();
        let tally = tallies.entry(key).or_insert_with(Tally::new);
        tally.count(&pair);
        match both {
            Err(classes) => tally.error(classes),
            Ok((sides, differences, labels, scores)) => {
                let empty = || Agreement::new(self.worst, self.seed);
                for (name, difference) in differences {
                    tally.difference(name, empty, pair.unit, difference, sides);
                }
                if let Some(labels) = labels {
                    tally.label(labels);
                }
                if let Some(scores) = scores {
                    tally.score(scores);
                }
            }
        }
    }
}

impl<Output, Error, P> fmt::Debug for PairedComparison<Output, Error, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.comparators.iter().map(|(name, _)| name);
        f.debug_struct("PairedComparison")
            .field("comparators", &names.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
