//! The special functions are total, keep their ranges, and their tails sum to one.

use switchstand::stats::special::*;

use super::bytes::Bytes;

pub(crate) fn check(bytes: &[u8]) {
    let bytes = &mut Bytes::new(bytes);
    let (x, a, b) = (bytes.number(), bytes.number(), bytes.number());
    let (k, n) = (bytes.below(u64::MAX), bytes.below(u64::MAX));
    let (successes, draws) = (bytes.below(n.max(1)), bytes.below(n.max(1)));
    check_ranges(x, a, b, k, n);
    check_hypergeometric(k, [n, successes, draws]);
    let tails = [
        ("normal", normal_cdf(x), normal_sf(x)),
        ("gamma", gamma_p(a, x), gamma_q(a, x)),
        ("chi2", chi2_cdf(x, a), chi2_sf(x, a)),
        ("beta", beta_cdf(x, a, b), beta_sf(x, a, b)),
        ("t", t_cdf(x, a), t_sf(x, a)),
        ("binomial", binomial_cdf(k, n, x), binomial_sf(k, n, x)),
        ("poisson", poisson_cdf(k, x), poisson_sf(k, x)),
    ];
    for (name, cdf, sf) in tails {
        check_tails(name, cdf, sf, [x, a, b]);
    }
    // Whatever a method asks for lies in here: counts up to 2^53, and beliefs from 0.001 on.
    let is_shape = |shape: f64| (1e-3..=1e16).contains(&shape);
    if is_shape(a) && is_shape(b) && (0.0..=1.0).contains(&x) {
        for (name, p) in [
            ("beta", beta_cdf(x, a, b)),
            ("ln beta", ln_beta_cdf(x, a, b)),
            ("gamma", gamma_p(a, b)),
            ("t", t_sf(b, a)),
            ("beta quantile", beta_quantile(x, a, b)),
            ("gamma quantile", gamma_quantile(x, a)),
            ("t quantile", t_quantile(x, a)),
        ] {
            assert!(!p.is_nan(), "{name} of {x:e} {a:e} {b:e}");
        }
        let mirrored = beta_sf(1.0 - x, b, a);
        let is_exact = 1.0 - (1.0 - x) == x;
        let cdf = beta_cdf(x, a, b);
        assert!(
            !is_exact || (cdf - mirrored).abs() <= 1e-12,
            "{cdf} {mirrored}: {x:e} {a:e} {b:e}"
        );
    }
}

fn check_ranges(x: f64, a: f64, b: f64, k: u64, n: u64) {
    for (place, p) in [
        f_sf(x, a, b),
        noncentral_t_sf(x, a, b),
        binomial_pmf(k, n, x),
        poisson_pmf(k, x),
        kolmogorov_sf(x),
        beta_quantile(x, a, b),
        beta_isf(x, a, b),
    ]
    .into_iter()
    .enumerate()
    {
        let is_in_range = p.is_nan() || (0.0..=1.0).contains(&p);
        assert!(is_in_range, "{place}: {p} of {x:e} {a:e} {b:e} {k} {n}");
    }
    for (place, ln) in [
        ln_normal_cdf(x),
        ln_normal_sf(x),
        ln_gamma_p(a, x),
        ln_gamma_q(a, x),
        ln_chi2_sf(x, a),
        ln_beta_cdf(x, a, b),
        ln_beta_sf(x, a, b),
        ln_t_sf(x, a),
        ln_binomial_cdf(k, n, x),
        ln_binomial_sf(k, n, x),
    ]
    .into_iter()
    .enumerate()
    {
        assert!(
            ln.is_nan() || ln <= 0.0,
            "{place}: {ln} of {x:e} {a:e} {b:e} {k} {n}"
        );
    }
    for q in [gamma_quantile(x, a), chi2_quantile(x, a)] {
        assert!(q.is_nan() || q >= 0.0, "{q} of {x:e} {a:e}");
    }
    // These have no range to leave; they must come back.
    let _ = (
        t_quantile(x, a),
        normal_quantile(x),
        normal_isf(x),
        ln_gamma(x),
        ln_beta(a, b),
    );
    let _ = (
        erfc(x),
        erfcx(x),
        ln_add_exp(a, b),
        ln_sub_exp(a, b),
        ln_choose(n, k),
    );
}

fn check_hypergeometric(k: u64, urn: [u64; 3]) {
    let [population, successes, draws] = urn;
    let mass = hypergeometric_pmf(k, population, successes, draws);
    assert!(
        mass.is_nan() || (0.0..=1.0).contains(&mass),
        "{mass}: {k} of {urn:?}"
    );
    let cdf = hypergeometric_cdf(k, population, successes, draws);
    let sf = hypergeometric_sf(k, population, successes, draws);
    let numbers = urn.map(|number| number as f64);
    check_tails("hypergeometric", cdf, sf, numbers);
}

fn check_tails(name: &str, cdf: f64, sf: f64, of: [f64; 3]) {
    assert_eq!(cdf.is_nan(), sf.is_nan(), "{name}: {cdf} {sf} of {of:?}");
    if !cdf.is_nan() {
        for p in [cdf, sf] {
            assert!((0.0..=1.0).contains(&p), "{name}: {p} of {of:?}");
        }
        assert!(
            (cdf + sf - 1.0).abs() <= 1e-12,
            "{name}: {cdf} + {sf} of {of:?}"
        );
    }
}
