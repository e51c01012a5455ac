//! Evidence that knows which null hypothesis it is against.

use core::fmt;
use core::marker::PhantomData;

use super::{EValue, mean, product};
use crate::stats::{Alpha, Refusal};

/// A null hypothesis, by a type of its own.
///
/// The type stands for one claim about the world, boundary included: "fails no more often" and
/// "fails no more than half as often again" are two.
pub trait Null {
    /// Is the claim in words, as in "the candidate fails no more often".
    const STATEMENT: &'static str;
}

/// Evidence against the null hypothesis `N`.
///
/// Evidence of a shadow and of the canary that follows it multiplies if both are against the same
/// claim, and does not compile otherwise. Whether a method's null hypothesis *is* the claim, is
/// what [`Against::new`] takes on trust: the shadow's paired test of "B is right no less often"
/// and the canary's of "B's error rate is no higher" are one claim only where shadowed and served
/// requests are drawn alike.
///
/// ```
/// use switchstand::stats::{Alpha, evidence::{Against, EValue, Null}};
///
/// struct FailsNoMoreOften;
/// impl Null for FailsNoMoreOften {
///     const STATEMENT: &'static str = "the candidate fails no more often";
/// }
///
/// let shadow = Against::<FailsNoMoreOften>::new(EValue::new(9.0)?);
/// let canary = Against::<FailsNoMoreOften>::new(EValue::new(12.0)?);
/// let release = shadow.and_then(canary)?;
/// assert!(release.is_significant(Alpha::ONE_PERCENT));
/// assert_eq!(
///     release.to_string(),
///     "e = 108.0 against the claim that the candidate fails no more often",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Evidence against another claim has another type:
/// ```compile_fail
/// # use switchstand::stats::evidence::{Against, EValue, Null};
/// # struct FailsNoMoreOften;
/// # impl Null for FailsNoMoreOften { const STATEMENT: &'static str = ""; }
/// # struct IsNoSlower;
/// # impl Null for IsNoSlower { const STATEMENT: &'static str = ""; }
/// let errors = Against::<FailsNoMoreOften>::new(EValue::ONE);
/// let latency = Against::<IsNoSlower>::new(EValue::ONE);
/// let nonsense = errors.and_then(latency);
/// ```
pub struct Against<N: Null> {
    e: EValue,
    null: PhantomData<fn() -> N>,
}

impl<N: Null> Against<N> {
    /// Returns the e-value as evidence against `N`.
    #[must_use]
    pub const fn new(e: EValue) -> Against<N> {
        let null = PhantomData;
        Against { e, null }
    }

    /// Returns the e-value.
    #[must_use]
    pub const fn e(self) -> EValue {
        self.e
    }

    /// Multiplies by evidence from later or independent data, as [`product`] does.
    ///
    /// # Errors
    /// [`Refusal::Overflow`] if the logarithm is not finite.
    pub fn and_then(self, later: Against<N>) -> Result<Against<N>, Refusal> {
        product(&[self.e, later.e]).map(Against::new)
    }

    /// Averages with evidence from whatever data, the same included, as [`mean`] does.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] if the logarithm is not finite.
    pub fn averaged(self, other: Against<N>) -> Result<Against<N>, Refusal> {
        mean(&[self.e, other.e]).map(Against::new)
    }

    /// Tells whether the evidence suffices to reject the claim, `e >= 1 / alpha`.
    #[must_use]
    pub fn is_significant(self, alpha: Alpha) -> bool {
        self.e.is_significant(alpha)
    }
}

impl<N: Null> Clone for Against<N> {
    fn clone(&self) -> Against<N> {
        *self
    }
}

impl<N: Null> Copy for Against<N> {}

impl<N: Null> PartialEq for Against<N> {
    fn eq(&self, other: &Against<N>) -> bool {
        self.e == other.e
    }
}

impl<N: Null> fmt::Debug for Against<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Against");
        debug.field("e", &self.e).field("null", &N::STATEMENT);
        debug.finish()
    }
}

impl<N: Null> fmt::Display for Against<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} against the claim that {}", self.e, N::STATEMENT)
    }
}
