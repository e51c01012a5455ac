//! Uniform asymptotic expansions for large shapes.
//!
//! A law with density `exp(-n φ)` is written in the variable `s` with `s²/2 = n φ`, its deviance.
//! There it is a normal law times a power series, whose tail is a sum of the normal law's
//! incomplete moments. This is Temme's representation (SIAM J. Math. Anal. 13, 1982,
//! doi:10.1137/0513016) integrated term by term. The series has its nearest singularities at
//! `s² = ±4πi` times the smaller shape, so a dozen terms reach the last bit where the deviance
//! is small beside the shapes.

use super::normal::erfcx;
use std::f64::consts::FRAC_1_SQRT_2;

const SQRT_HALF_PI: f64 = 1.253_314_137_315_500_3;
const FRAC_1_SQRT_TAU: f64 = 0.398_942_280_401_432_7;

/// Coefficients of `u / (t - 1)` in powers of `u`, where `u²/2 = t - 1 - ln t`.
const GAMMA: [f64; 28] = [
    1.0,
    -0.333_333_333_333_333_3,
    0.083_333_333_333_333_33,
    -0.014_814_814_814_814_815,
    0.001_157_407_407_407_407_3,
    0.000_352_733_686_067_019_4,
    -0.000_178_755_144_032_921_8,
    3.919_263_178_522_438e-05,
    -2.185_448_510_679_992e-06,
    -1.854_062_210_715_16e-06,
    8.296_711_340_953_087e-07,
    -1.766_595_273_682_607_8e-07,
    6.707_853_543_401_498e-09,
    1.026_180_978_424_030_9e-08,
    -4.382_036_018_453_353e-09,
    9.147_699_582_236_79e-10,
    -2.551_419_399_494_624_8e-11,
    -5.830_772_132_550_426e-11,
    2.436_194_802_066_741_5e-11,
    -5.027_669_280_114_175_5e-12,
    1.100_439_203_195_613_5e-13,
    3.371_763_262_400_985e-13,
    -1.392_388_722_418_162e-13,
    2.853_489_380_704_744_5e-14,
    -5.139_111_834_242_572e-16,
    -1.975_228_829_434_944_2e-15,
    8.099_521_156_704_561e-16,
    -1.652_253_121_639_816_2e-16,
];

/// Coefficients of `sqrt(z / (1 - exp(-z)))` in powers of `z`.
const STUDENT: [f64; 18] = [
    1.0,
    0.25,
    0.010_416_666_666_666_666,
    -0.002_604_166_666_666_666_5,
    -9.765_625e-05,
    5.154_079_861_111_111e-05,
    1.275_602_471_891_534_4e-06,
    -1.110_097_087_880_291e-06,
    -1.967_058_400_418_182_2e-08,
    2.483_631_988_471_567_7e-08,
    3.396_661_996_038_674_5e-10,
    -5.690_071_833_942_187e-10,
    -6.337_230_155_667_130_4e-12,
    1.325_131_515_587_890_3e-11,
    1.246_835_896_099_680_4e-13,
    -3.122_999_378_063_188_6e-13,
    -2.546_988_626_356_897e-15,
    7.426_702_350_918_158e-15,
];

/// Returns the gamma law's tail beyond deviance `s²/2`, without `exp(-s²/2 - remainder)`.
///
/// `shape` at least 20 and `s² <= 0.64 shape`; `upper` tells on which side of the mode.
pub(super) fn gamma_tail(s: f64, shape: f64, upper: bool) -> f64 {
    let step = if upper { 1.0 } else { -1.0 } / shape.sqrt();
    FRAC_1_SQRT_TAU * moment_sum(s, step, &GAMMA)
}

/// Number of coefficients of the beta law that are formed.
const BETA_TERMS: usize = 13;

/// Returns the beta law's tail beyond deviance `s²/2`, without `exp(-s²/2 - remainders)`.
///
/// The tail on the side of 0 for shapes `a` and `b` of at least 500 with
/// `s² <= 0.02 min(a, b)`. The coefficients follow from `V V' = s (1 + g V - V²/n)`, which is
/// the change of variable; the weight is `s / V`.
#[allow(
    clippy::indexing_slicing,
    reason = "all indices are below the arrays' length"
)]
pub(super) fn beta_lower_tail(s: f64, a: f64, b: f64) -> f64 {
    let n = a + b;
    let g = (a / n - b / n) / (a * (b / n)).sqrt();
    let mut v = [0.0; BETA_TERMS + 1];
    let mut square = [0.0; BETA_TERMS + 2];
    v[1] = 1.0;
    square[2] = 1.0;
    for k in 3..BETA_TERMS + 2 {
        square[k] = 2.0 / k as f64 * (g * v[k - 2] - square[k - 2] / n);
        let mut cross = 0.0;
        for i in 2..k - 1 {
            cross += v[i] * v[k - i];
        }
        v[k - 1] = 0.5 * (square[k] - cross);
    }
    let mut weight = [0.0; BETA_TERMS];
    weight[0] = 1.0;
    for m in 1..BETA_TERMS {
        let mut sum = 0.0;
        for j in 1..=m {
            sum += v[j + 1] * weight[m - j];
        }
        weight[m] = -sum;
    }
    FRAC_1_SQRT_TAU * moment_sum(s, 1.0, &weight)
}

/// Returns the t law's tail beyond deviance `s²/2`, without `exp(-s²/2)`.
///
/// With `s² = df ln(1 + t²/df)`, for `df >= 20` and `s² <= 0.7 df`.
pub(super) fn student_tail(s: f64, df: f64) -> f64 {
    let r = 1.0 / df;
    let q = r * r;
    // ln of Γ((df + 1)/2) / (Γ(df/2) sqrt(df/2)), from the Stirling series of both.
    let ln_ratio = -r
        * (1.0 / 4.0
            - q * (1.0 / 24.0
                - q * (1.0 / 20.0 - q * (17.0 / 112.0 - q * (31.0 / 36.0 - q * (691.0 / 88.0))))));
    let base = s * s * r;
    let mut moment = SQRT_HALF_PI * erfcx(s * FRAC_1_SQRT_2);
    let mut power = s * r;
    let mut sum = moment;
    let mut odd = 1.0;
    for c in STUDENT.iter().skip(1) {
        moment = power + odd * r * moment;
        power *= base;
        odd += 2.0;
        let term = c * moment;
        sum += term;
        // Signs change in pairs, sizes fall: what follows is below this term.
        if term.abs() < 1e-17 * sum {
            break;
        }
    }
    FRAC_1_SQRT_TAU * ln_ratio.exp() * sum
}

/// Returns `Σ c_k step^k m_k`, `m_k` the integral of `x^k exp((s² - x²)/2)` from `s` on.
fn moment_sum(s: f64, step: f64, coefficients: &[f64]) -> f64 {
    // m_k = s^(k-1) + (k-1) m_(k-2), all terms positive for s >= 0.
    let mut before = SQRT_HALF_PI * erfcx(s * FRAC_1_SQRT_2);
    let mut last = step;
    let base = s * step;
    let mut power = step * base;
    let mut k = 1.0;
    let mut sum = 0.0;
    let mut small = 0;
    for c in coefficients {
        let term = c * before;
        sum += term;
        // Two in a row: a single coefficient may be small by chance.
        small = if term.abs() < 1e-17 * sum.abs() {
            small + 1
        } else {
            0
        };
        if small == 2 {
            break;
        }
        let next = power + k * step * step * before;
        power *= base;
        k += 1.0;
        before = last;
        last = next;
    }
    sum
}
