//! Laws of the special functions.
#![cfg(feature = "stats")]

use proptest::prelude::*;
use switchstand::stats::special::*;

fn close(found: f64, expected: f64, relative: f64) -> bool {
    (found - expected).abs() <= relative * expected.abs() || found == expected
}

/// Shapes over many magnitudes.
fn shape() -> impl Strategy<Value = f64> {
    (-0.7..9.0).prop_map(|e: f64| 10f64.powf(e))
}

/// Probabilities over many magnitudes, on both sides.
fn probability() -> impl Strategy<Value = f64> {
    prop_oneof![
        0.0..1.0,
        (-200.0..-1.0).prop_map(|e: f64| 10f64.powf(e)),
        (-15.0..-1.0).prop_map(|e: f64| 1.0 - 10f64.powf(e))
    ]
}

/// Any bit pattern, and the numbers at which branches lie.
fn anything() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        prop::sample::select(vec![
            0.0,
            -0.0,
            0.5,
            1.0,
            2.0,
            5e-324,
            1e-308,
            1e-16,
            20.0,
            1e15,
            1e300,
            f64::MAX,
            -1.0,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            f64::EPSILON,
            1.0 - f64::EPSILON / 2.0
        ])
    ]
}

fn is_probability_or_nan(p: f64) -> bool {
    p.is_nan() || (0.0..=1.0).contains(&p)
}

fn is_ln_probability_or_nan(p: f64) -> bool {
    p.is_nan() || p <= 0.0
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn probabilities_never_leave_their_range(
        x in anything(), a in anything(), b in anything(), k in any::<u64>(), n in any::<u64>(),
    ) {
        for p in [
            normal_cdf(x), normal_sf(x), gamma_p(a, x), gamma_q(a, x), chi2_cdf(x, a),
            chi2_sf(x, a), beta_cdf(x, a, b), beta_sf(x, a, b), t_cdf(x, a), t_sf(x, a),
            f_sf(x, a, b), noncentral_t_sf(x, a, b), binomial_pmf(k, n, x), binomial_cdf(k, n, x),
            binomial_sf(k, n, x), poisson_pmf(k, x), poisson_cdf(k, x), poisson_sf(k, x),
            kolmogorov_sf(x), hypergeometric_pmf(k / 8, n, n / 3, n / 2),
            hypergeometric_cdf(k / 8, n, n / 3, n / 2), hypergeometric_sf(k / 8, n, n / 3, n / 2),
            beta_quantile(x, a, b), beta_isf(x, a, b),
        ] {
            prop_assert!(is_probability_or_nan(p), "{p} of {x} {a} {b} {k} {n}");
        }
        for p in [
            ln_normal_cdf(x), ln_normal_sf(x), ln_gamma_p(a, x), ln_gamma_q(a, x),
            ln_chi2_sf(x, a), ln_beta_cdf(x, a, b), ln_beta_sf(x, a, b), ln_t_sf(x, a),
            ln_binomial_cdf(k, n, x), ln_binomial_sf(k, n, x),
        ] {
            prop_assert!(is_ln_probability_or_nan(p), "{p} of {x} {a} {b} {k} {n}");
        }
        for q in [gamma_quantile(x, a), chi2_quantile(x, a)] {
            prop_assert!(q.is_nan() || q >= 0.0, "{q} of {x} {a}");
        }
        // These have no range to leave; they must come back.
        let _ = (t_quantile(x, a), normal_quantile(x), normal_isf(x), ln_gamma(x), ln_beta(a, b));
        let _ = (erfc(x), erfcx(x), ln_add_exp(a, b), ln_sub_exp(a, b), ln_choose(n, k));
    }

    #[test]
    fn nan_in_gives_nan_out(a in shape(), b in shape()) {
        let nan = f64::NAN;
        for value in [
            normal_cdf(nan), ln_normal_sf(nan), normal_quantile(nan), gamma_p(nan, a),
            gamma_q(a, nan), beta_cdf(nan, a, b), beta_cdf(0.5, nan, b), beta_sf(0.5, a, nan),
            t_sf(nan, a), t_sf(1.0, nan), ln_t_sf(nan, a), t_quantile(nan, a), f_sf(nan, a, b),
            t_quantile(0.9, nan), noncentral_t_sf(nan, a, b), binomial_cdf(1, 2, nan),
            poisson_sf(1, nan), kolmogorov_sf(nan), erfcx(nan), ln_beta(nan, a), ln_beta(a, nan),
            ln_gamma(nan), beta_quantile(nan, a, b), gamma_quantile(nan, a),
        ] {
            prop_assert!(value.is_nan());
        }
    }

    #[test]
    fn nothing_is_nan_inside_of_the_domain(
        a in shape(), b in shape(), p in probability(), x in 0.0f64..1.0, z in -40.0f64..40.0,
    ) {
        for value in [
            beta_cdf(x, a, b), ln_beta_cdf(x, a, b), ln_beta_sf(x, a, b), beta_quantile(p, a, b),
            gamma_p(a, a * x * 2.0), ln_gamma_q(a, a * x * 2.0), gamma_quantile(p, a),
            t_sf(z, a), ln_t_sf(z, a), t_quantile(p, a), f_sf(x * 4.0, a, b),
            noncentral_t_sf(z, a, z / 2.0), normal_quantile(p), ln_beta(a, b), poisson_cdf(7, a),
        ] {
            prop_assert!(!value.is_nan());
        }
    }

    #[test]
    fn the_tails_sum_to_one(a in shape(), b in shape(), x in 0.0f64..1.0, z in -9.0f64..9.0) {
        let x_gamma = a * 2.0 * x;
        let k = (x * 60.0) as u64;
        for (cdf, sf) in [
            (normal_cdf(z), normal_sf(z)),
            (beta_cdf(x, a, b), beta_sf(x, a, b)),
            (gamma_p(a, x_gamma), gamma_q(a, x_gamma)),
            (t_cdf(z, a), t_sf(z, a)),
            (binomial_cdf(k, 60, x), binomial_sf(k, 60, x)),
            (poisson_cdf(k, x * 60.0), poisson_sf(k, x * 60.0)),
            (hypergeometric_cdf(k, 200, 90, 60), hypergeometric_sf(k, 200, 90, 60)),
        ] {
            prop_assert!((cdf + sf - 1.0).abs() < 4e-15, "{cdf} + {sf}");
        }
    }

    #[test]
    fn the_logarithm_is_that_of_the_probability(
        a in shape(), b in shape(), x in 0.01f64..0.99, z in -30.0f64..30.0,
    ) {
        for (ln, p) in [
            (ln_normal_sf(z), normal_sf(z)),
            (ln_beta_cdf(x, a, b), beta_cdf(x, a, b)),
            (ln_beta_sf(x, a, b), beta_sf(x, a, b)),
            (ln_gamma_p(a, 2.0 * a * x), gamma_p(a, 2.0 * a * x)),
            (ln_gamma_q(a, 2.0 * a * x), gamma_q(a, 2.0 * a * x)),
            (ln_t_sf(z, a), t_sf(z, a)),
            (ln_binomial_cdf(3, 50, x), binomial_cdf(3, 50, x)),
            (ln_binomial_sf(3, 50, x), binomial_sf(3, 50, x)),
        ] {
            prop_assert!(p < 1e-300 || close(ln, p.ln(), 1e-12) || (ln - p.ln()).abs() < 1e-12);
        }
    }

    #[test]
    fn a_distribution_never_decreases(
        a in shape(), b in shape(), x in 0.0f64..1.0, step in 1e-6f64..0.2,
    ) {
        // Rounding may turn neighbours around: by an ulp of the larger tail, no more.
        let rises = |low: f64, high: f64| low <= high * (1.0 + 1e-11) || low - high < 1e-15;
        let y = (x + step * (1.0 - x)).min(1.0);
        prop_assert!(rises(beta_cdf(x, a, b), beta_cdf(y, a, b)));
        prop_assert!(rises(beta_sf(y, a, b), beta_sf(x, a, b)));
        prop_assert!(rises(gamma_p(a, 3.0 * a * x), gamma_p(a, 3.0 * a * y)));
        prop_assert!(rises(gamma_q(a, 3.0 * a * y), gamma_q(a, 3.0 * a * x)));
        prop_assert!(rises(t_sf(20.0 * y - 8.0, a), t_sf(20.0 * x - 8.0, a)));
        prop_assert!(rises(normal_cdf(20.0 * x - 8.0), normal_cdf(20.0 * y - 8.0)));
        prop_assert!(rises(kolmogorov_sf(3.0 * y), kolmogorov_sf(3.0 * x)));
    }

    #[test]
    fn a_quantile_leaves_its_probability_below(
        a in (-0.3f64..4.0).prop_map(|e| 10f64.powf(e)),
        b in (-0.3f64..4.0).prop_map(|e| 10f64.powf(e)),
        p in prop_oneof![0.001f64..0.999, (-30.0f64..-3.0).prop_map(|e| 10f64.powf(e))],
    ) {
        prop_assert!(close(normal_cdf(normal_quantile(p)), p, 1e-12));
        prop_assert!(close(normal_sf(normal_isf(p)), p, 1e-12));
        prop_assert!(close(t_cdf(t_quantile(p, a), a), p, 1e-11));
        let x = gamma_quantile(p, a);
        prop_assert!(x < 1e-290 || close(gamma_p(a, x), p, 1e-11));
        let x = beta_quantile(p, a, b);
        // Near 1 the quantile's own rounding moves the probability.
        prop_assert!(!(1e-290..=0.9).contains(&x) || close(beta_cdf(x, a, b), p, 1e-10));
        let x = beta_isf(p, a, b);
        prop_assert!(!(1e-290..=0.9).contains(&x) || close(beta_sf(x, a, b), p, 1e-10));
    }

    #[test]
    fn the_beta_law_mirrors(a in shape(), b in shape(), x in 0.0f64..1.0) {
        // x is rounded so that 1 - x is exact.
        let x = (x * 1048576.0).floor() / 1048576.0;
        prop_assert!(close(beta_cdf(x, a, b), beta_sf(1.0 - x, b, a), 1e-12));
        prop_assert!(close(ln_beta(a, b), ln_beta(b, a), 0.0));
    }

    #[test]
    fn neighbouring_shapes_satisfy_the_recurrence(
        a in (-0.3f64..4.0).prop_map(|e| 10f64.powf(e).floor().max(1.0)),
        b in (-0.3f64..4.0).prop_map(|e| 10f64.powf(e).floor().max(1.0)),
        x in 0.0f64..1.0,
    ) {
        // I_x(a, b) - I_x(a + 1, b) = x^a y^b / (a B(a, b)), DLMF 8.17.20.
        let step = (a * x.ln() + b * (-x).ln_1p() - ln_beta(a, b)).exp() / a;
        let difference = beta_cdf(x, a, b) - beta_cdf(x, a + 1.0, b);
        prop_assert!((difference - step).abs() < 1e-11 * step + 1e-14);
        // P(a, x) - P(a + 1, x) = x^a e^-x / Γ(a + 1), DLMF 8.8.5.
        let m = 2.0 * a * x;
        let step = (a * m.ln() - m - ln_gamma(a + 1.0)).exp();
        let difference = gamma_p(a, m) - gamma_p(a + 1.0, m);
        prop_assert!((difference - step).abs() < 1e-10 * step + 1e-14);
    }

    #[test]
    fn masses_sum_to_the_distribution(n in 1u64..80, k in 0u64..80, p in 0.001f64..0.999) {
        let sum: f64 = (0..=k).map(|j| binomial_pmf(j, n, p)).sum();
        prop_assert!(close(sum, binomial_cdf(k, n, p), 1e-12));
        let mu = p * 50.0;
        let sum: f64 = (0..=k).map(|j| poisson_pmf(j, mu)).sum();
        prop_assert!(close(sum, poisson_cdf(k, mu), 1e-12));
        let sum: f64 = (0..=k).map(|j| hypergeometric_pmf(j, 2 * n + 7, n, n + 3)).sum();
        prop_assert!(close(sum, hypergeometric_cdf(k, 2 * n + 7, n, n + 3), 1e-12));
    }
}

#[test]
fn a_wide_hypergeometric_law_agrees_with_its_symmetry() {
    // With as many successes as failures, X and draws - X have the same law. Here the masses
    // are integrated, not summed.
    let (population, successes, draws) = (400_000_000, 200_000_000, 100_000_000);
    let below = hypergeometric_cdf(49_990_000, population, successes, draws);
    let above = hypergeometric_sf(50_009_999, population, successes, draws);
    assert!(close(below, above, 1e-12), "{below} {above}");
    let mass = hypergeometric_pmf(50_000_000, population, successes, draws);
    let half = hypergeometric_cdf(50_000_000, population, successes, draws);
    assert!(close(half, 0.5 + 0.5 * mass, 1e-13), "{half}");
}

#[test]
fn values_of_an_independent_40_digit_computation_agree() {
    // Computed once in 40-digit arithmetic; none of them is in the frozen vectors.
    for (found, expected) in [
        (beta_cdf(0.05, 51.5, 951.0), 0.43823303349449677),
        (ln_beta_sf(0.05, 51.5, 951.0), -0.576668165425752),
        (beta_cdf(1e-06, 0.5, 1000000.0), 0.8427008448381964),
        (ln_beta_sf(1e-06, 0.5, 1000000.0), -1.8496058398045236),
        (beta_cdf(0.499, 30000.0, 30000.0), 0.31210360629398004),
        (ln_beta_sf(0.499, 30000.0, 30000.0), -0.3741170429322634),
        (beta_cdf(0.25, 0.5, 7.5), 0.9590310440441638),
        (ln_beta_sf(0.25, 0.5, 7.5), -3.194940670886057),
        (beta_cdf(0.93, 700.0, 40.0), 0.03490269616284508),
        (ln_beta_sf(0.93, 700.0, 40.0), -0.03552634973458516),
        (beta_cdf(0.01, 800.0, 90000.0), 0.9998870345887586),
        (ln_beta_sf(0.01, 800.0, 90000.0), -9.088428881317672),
        (beta_cdf(0.3, 12.25, 3.5), 3.8482633602216844e-05),
        (ln_beta_sf(0.3, 12.25, 3.5), -3.848337407775835e-05),
        (gamma_p(0.5, 3.0), 0.9856941215645704),
        (ln_gamma_q(0.5, 3.0), -4.24708474678559),
        (gamma_p(7.25, 2.5), 0.010607808866855924),
        (ln_gamma_q(7.25, 2.5), -0.010664472747323996),
        (gamma_p(33.0, 40.0), 0.8846964150660444),
        (ln_gamma_q(33.0, 40.0), -2.160186759961894),
        (gamma_p(1200.0, 1100.0), 0.0015312855782821733),
        (ln_gamma_q(1200.0, 1100.0), -0.0015324591942904896),
        (gamma_p(50000.0, 50500.0), 0.9871311596227663),
        (ln_gamma_q(50000.0, 50500.0), -4.352946364212648),
        (gamma_p(2.0, 60.0), 1.0),
        (ln_gamma_q(2.0, 60.0), -55.889126135826686),
        (t_sf(2.1, 9.0), 0.032559141206076024),
        (t_sf(1.3, 23.5), 0.10310399915441477),
        (t_sf(4.4, 21.0), 0.00012483385437814205),
        (t_sf(3.0, 5000.0), 0.001356554512142897),
        (t_sf(6.0, 1000000000.0), 9.865879822492458e-10),
        (t_sf(100000.0, 1.5), 1.1924482404598361e-08),
        (t_sf(0.25, 0.8), 0.42573324234491183),
        (f_sf(2.5, 3.0, 17.0), 0.09428280507894796),
        (noncentral_t_sf(2.0, 98.0, 2.8), 0.787285106749676),
        (noncentral_t_sf(2.3, 8.0, 1.0), 0.1420871068898069),
        (noncentral_t_sf(1.96, 4670.0, 3.4), 0.9250392569466191),
        (noncentral_t_sf(12.7, 1.0, 3.0), 0.1861967819923959),
        (noncentral_t_sf(8.0, 30.0, 1.0), 2.3151657456753278e-07),
        (hypergeometric_pmf(5, 100, 20, 30), 0.19182559242904654),
        (hypergeometric_sf(12, 1000, 50, 100), 0.0007040483616866444),
        (ln_choose(1000000, 1234), 9493.468944058566),
        (erfcx(30.0), 0.01879588886141675),
        (ln_normal_cdf(-1.5), -2.7059444008238898),
        (ln_beta(1e10, 1.0), -23.025850929940457),
        (poisson_pmf(1000200, 1e6), 0.00039100408427990903),
    ] {
        assert!(
            close(found, expected, 1e-12),
            "found {found:e}, expected {expected:e}"
        );
    }
}

#[test]
fn the_ends_of_the_domain_have_their_limits() {
    assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
    assert_eq!(normal_quantile(1.0), f64::INFINITY);
    assert_eq!(t_quantile(0.5, 7.0), 0.0);
    assert_eq!(t_sf(f64::INFINITY, 3.0), 0.0);
    assert_eq!(t_sf(1.96, f64::INFINITY), normal_sf(1.96));
    assert_eq!(
        (beta_cdf(0.0, 2.0, 3.0), beta_cdf(1.0, 2.0, 3.0)),
        (0.0, 1.0)
    );
    assert_eq!((gamma_p(2.0, 0.0), gamma_p(2.0, f64::INFINITY)), (0.0, 1.0));
    assert_eq!(
        (binomial_cdf(5, 5, 0.3), binomial_sf(5, 5, 0.3)),
        (1.0, 0.0)
    );
    assert_eq!(
        (binomial_pmf(0, 9, 0.0), binomial_pmf(9, 9, 1.0)),
        (1.0, 1.0)
    );
    assert_eq!((poisson_pmf(0, 0.0), poisson_pmf(3, 0.0)), (1.0, 0.0));
    assert_eq!(hypergeometric_pmf(3, 10, 2, 5), 0.0);
    assert_eq!(ln_choose(5, 6), f64::NEG_INFINITY);
    assert_eq!(
        ln_add_exp(f64::NEG_INFINITY, f64::NEG_INFINITY),
        f64::NEG_INFINITY
    );
    assert_eq!(find_root(|x| x - 3.0, 0.0, 10.0, 0.0), 3.0);
    assert!(find_root(|x| x * x + 1.0, -1.0, 1.0, 0.0).is_nan());
    assert!(close(
        integrate(|x| x.exp(), 0.0, 1.0, 1),
        1f64.exp() - 1.0,
        1e-15
    ));
}
