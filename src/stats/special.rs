//! Special functions behind the p-values, intervals and quantiles.
//!
//! Every function here is total. NaN in gives NaN out, an argument outside of the domain gives
//! NaN, every loop has a stated bound, and a probability never leaves `[0, 1]`. The public
//! methods check their inputs first, so their users meet a typed refusal instead of a NaN.

// The paths are written out because tests include this file by its own path, from where the
// modules would be looked for beside it.
#[path = "special/asymptotic.rs"]
mod asymptotic;
#[path = "special/beta.rs"]
mod beta;
#[path = "special/binomial.rs"]
mod binomial;
#[path = "special/continued_fraction.rs"]
mod continued_fraction;
#[path = "special/fisher_f.rs"]
mod fisher_f;
#[path = "special/gamma.rs"]
mod gamma;
#[path = "special/hypergeometric.rs"]
mod hypergeometric;
#[path = "special/inverse.rs"]
mod inverse;
#[path = "special/kolmogorov.rs"]
mod kolmogorov;
#[path = "special/log_gamma.rs"]
mod log_gamma;
#[path = "special/log_sum.rs"]
mod log_sum;
#[path = "special/noncentral_t.rs"]
mod noncentral_t;
#[path = "special/normal.rs"]
mod normal;
#[path = "special/poisson.rs"]
mod poisson;
#[path = "special/quadrature.rs"]
mod quadrature;
#[path = "special/root.rs"]
mod root;
#[path = "special/stirling.rs"]
mod stirling;
#[path = "special/student.rs"]
mod student;
#[path = "special/tails.rs"]
mod tails;

pub(crate) use beta::{
    beta_cdf, beta_isf, beta_quantile, beta_sf, ln_beta_cdf, ln_beta_kernel, ln_beta_sf,
    ln_beta_tails,
};
pub(crate) use binomial::{
    binomial_cdf, binomial_pmf, binomial_sf, ln_binomial_cdf, ln_binomial_pmf, ln_binomial_sf,
};
pub(crate) use fisher_f::f_sf;
pub(crate) use gamma::{
    chi2_cdf, chi2_quantile, chi2_sf, gamma_p, gamma_q, gamma_quantile, ln_chi2_sf, ln_gamma_p,
    ln_gamma_q,
};
pub(crate) use hypergeometric::{
    hypergeometric_cdf, hypergeometric_pmf, hypergeometric_sf, ln_hypergeometric_cdf,
    ln_hypergeometric_pmf, ln_hypergeometric_sf,
};
pub(crate) use kolmogorov::kolmogorov_sf;
pub(crate) use log_gamma::{ln_beta, ln_choose, ln_gamma};
pub(crate) use log_sum::{ln_1p_exp, ln_add_exp, ln_sub_exp};
pub(crate) use noncentral_t::noncentral_t_sf;
pub(crate) use normal::{
    SQRT_TAU, erfc, erfcx, ln_normal_cdf, ln_normal_sf, normal_cdf, normal_isf, normal_pdf,
    normal_quantile, normal_sf,
};
pub(crate) use poisson::{poisson_cdf, poisson_pmf, poisson_sf};
pub(crate) use quadrature::{gauss_legendre_20, integrate};
pub(crate) use root::find_root;
pub(crate) use stirling::{poisson_deviance, stirling_remainder};
pub(crate) use student::{ln_t_sf, t_cdf, t_quantile, t_sf};
