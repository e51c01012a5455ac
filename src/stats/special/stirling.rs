//! The remainder of Stirling's formula, and deviances that do not cancel.

use super::tails::two_product_error;

pub(super) const LN_SQRT_TAU: f64 = 0.918_938_533_204_672_8;

/// The remainder at 1/2, 1, 3/2, ..., 19/2, from 40-digit arithmetic.
const AT_HALVES: [f64; 19] = [
    0.153_426_409_720_027_36,
    0.081_061_466_795_327_26,
    0.054_814_121_051_917_65,
    0.041_340_695_955_409_3,
    0.033_162_873_519_936_29,
    0.027_677_925_684_998_34,
    0.023_746_163_656_297_496,
    0.020_790_672_103_765_093,
    0.018_488_450_532_673_187,
    0.016_644_691_189_821_193,
    0.015_134_973_221_917_378,
    0.013_876_128_823_070_748,
    0.012_810_465_242_920_227,
    0.011_896_709_945_891_77,
    0.011_104_559_758_206_917,
    0.010_411_265_261_972_096,
    0.009_799_416_126_158_804,
    0.009_255_462_182_712_733,
    0.008_768_700_134_139_386,
];

/// Returns `ln Γ(x) - [(x - 1/2) ln x - x + ln √(2π)]` for `x > 0`.
///
/// From 10 on by the asymptotic series, DLMF 5.11.1, whose first term left out is below 2e-17;
/// at smaller multiples of one half from a table, elsewhere by its definition, within 3e-15.
pub fn stirling_remainder(x: f64) -> f64 {
    if x < 10.0 {
        let double = 2.0 * x;
        if double.fract() == 0.0
            && let Some(&remainder) = AT_HALVES.get((double as usize).wrapping_sub(1))
        {
            return remainder;
        }
        return libm::lgamma(x) - ((x - 0.5) * x.ln() - x + LN_SQRT_TAU);
    }
    let r = 1.0 / x;
    let s = r * r;
    r * (1.0 / 12.0
        - s * (1.0 / 360.0
            - s * (1.0 / 1260.0
                - s * (1.0 / 1680.0
                    - s * (1.0 / 1188.0
                        - s * (691.0 / 360_360.0 - s * (1.0 / 156.0 - s * 3617.0 / 122_400.0)))))))
}

/// Returns `u - ln(1 + u)` for `u > -1`, without cancellation near zero.
pub(super) fn log_deviation(u: f64) -> f64 {
    if !(-0.35..=0.55).contains(&u) {
        return u - u.ln_1p();
    }
    // ln(1 + u) = 2 atanh(r) with r = u / (2 + u), and u - 2r = u r.
    let r = u / (2.0 + u);
    let s = r * r;
    let mut tail = 0.0;
    let mut odd = 23.0;
    // The last of these eleven terms is below 2e-17 of the sum at the ends of the range.
    while odd > 2.0 {
        tail = tail * s + 1.0 / odd;
        odd -= 2.0;
    }
    r * (u - 2.0 * s * tail)
}

/// Returns `(shape1 + shape2) times the Kullback-Leibler divergence` of the mean from `x`.
///
/// With `n = a + b` this is `a ln(a / (n x)) + b ln(b / (n y))`, so that
/// `x^a y^b / B(a, b)` is `sqrt(a b / (2 π n)) exp(-deviance - remainders)`. The smaller one of
/// `x` and `y = 1 - x` is taken as exact.
pub(super) fn beta_deviance(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if x > y {
        return beta_deviance(b, a, y, x);
    }
    let excess = mean_excess(a, b, x);
    let first = if excess > 0.5 * a {
        // x is far below the mean: the ratio itself is well conditioned.
        let ratio = x * (1.0 + b / a);
        -excess / a - ratio.ln()
    } else {
        log_deviation(-excess / a)
    };
    a * first + b * log_deviation(excess / b)
}

/// Returns `a - (a + b) x` in doubled precision, rounded once.
pub(super) fn mean_excess(a: f64, b: f64, x: f64) -> f64 {
    let ax = a * x;
    let bx = b * x;
    let low = two_product_error(a, x, ax) + two_product_error(b, x, bx);
    let first = a - ax;
    let first_low = (a - first) - ax;
    let second = first - bx;
    let back = first - second;
    let second_low = (first - (second + back)) + (back - bx);
    second + (first_low + second_low - low)
}

/// Returns `a ln(a / m) + m - a`, the deviance of a Poisson count `a` from its mean `m`.
pub fn poisson_deviance(a: f64, m: f64) -> f64 {
    let excess = m - a;
    if excess < -0.5 * a {
        return excess + a * (a / m).ln();
    }
    a * log_deviation(excess / a)
}
