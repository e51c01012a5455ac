//! The special functions behind the methods.

use crate::comparison::{Outcome, Tolerance, object};
use crate::harness;
use crate::reading::Case;
use switchstand::stats::special;

pub(crate) fn adapt(case: &Case) -> Outcome {
    let name = case.input.text("fn")?;
    let args = case.input.numbers("args")?;
    let value = match (name, &args[..]) {
        ("norm_cdf", &[z]) => special::normal_cdf(z),
        ("norm_sf", &[z]) => special::normal_sf(z),
        ("ln_norm_cdf", &[z]) => special::ln_normal_cdf(z),
        ("ln_norm_sf", &[z]) => special::ln_normal_sf(z),
        ("norm_ppf", &[p]) => special::normal_quantile(p),
        ("erfc", &[x]) => special::erfc(x),
        ("t_sf", &[t, df]) => special::t_sf(t, df),
        ("t_ppf", &[p, df]) => special::t_quantile(p, df),
        ("chi2_sf", &[x, k]) => special::chi2_sf(x, k),
        ("ln_chi2_sf", &[x, k]) => special::ln_chi2_sf(x, k),
        ("chi2_ppf", &[p, k]) => special::chi2_quantile(p, k),
        ("gamma_p", &[a, x]) => special::gamma_p(a, x),
        ("gamma_q", &[a, x]) => special::gamma_q(a, x),
        ("beta_i", &[x, a, b]) => special::beta_cdf(x, a, b),
        ("beta_i_upper", &[x, a, b]) => special::beta_sf(x, a, b),
        ("beta_ppf", &[p, a, b]) => special::beta_quantile(p, a, b),
        ("binom_pmf", &[k, n, p]) => special::binomial_pmf(k as u64, n as u64, p),
        ("binom_cdf", &[k, n, p]) => special::binomial_cdf(k as u64, n as u64, p),
        ("binom_sf", &[k, n, p]) => special::binomial_sf(k as u64, n as u64, p),
        ("poisson_cdf", &[k, mu]) => special::poisson_cdf(k as u64, mu),
        ("poisson_sf", &[k, mu]) => special::poisson_sf(k as u64, mu),
        ("ln_gamma", &[x]) => special::ln_gamma(x),
        ("ln_beta", &[a, b]) => special::ln_beta(a, b),
        ("kolmogorov_sf", &[lambda]) => special::kolmogorov_sf(lambda),
        _ => return Err(format!("no function `{name}` of {} arguments", args.len())),
    };
    Ok(object([("value", value.into())]))
}

/// 1e-12; 1e-11 for quantiles and for incomplete beta and gamma functions with parameters over
/// 1e4; logarithms and normal quantiles also 1e-12 absolute.
pub(crate) fn tolerance(case: &Case, path: &str) -> Tolerance {
    let (Ok(name), Ok(args)) = (case.input.text("fn"), case.input.numbers("args")) else {
        return harness::standard(case, path);
    };
    let parameters = match name {
        "beta_i" | "beta_i_upper" => args.get(1..).unwrap_or(&[]),
        "gamma_p" | "gamma_q" => args.get(..1).unwrap_or(&[]),
        _ => &[],
    };
    if name.ends_with("_ppf") || parameters.iter().any(|&parameter| parameter > 1e4) {
        return Tolerance::relative(1e-11);
    }
    if name.starts_with("ln_") {
        return Tolerance::relative(1e-12).or_absolute(1e-12);
    }
    Tolerance::relative(1e-12)
}
