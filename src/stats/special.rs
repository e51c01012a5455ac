//! Special functions behind the p-values, intervals and quantiles.
//!
//! Not a part of the interface: it is public only for the tests that compare all functions with
//! reference values, and it may change at any time.
//!
//! Every function here is total. NaN in gives NaN out, an argument outside of the domain gives
//! NaN, every loop has a stated bound, and a probability never leaves `[0, 1]`. The public
//! methods check their inputs first, so their users meet a typed refusal instead of a NaN.

mod asymptotic;
mod beta;
mod binomial;
mod continued_fraction;
mod gamma;
mod hypergeometric;
mod inverse;
mod kolmogorov;
mod log_gamma;
mod log_sum;
mod noncentral_t;
mod normal;
mod poisson;
mod quadrature;
mod root;
mod stirling;
mod student;
mod tails;

pub use beta::{
    beta_cdf, beta_isf, beta_quantile, beta_sf, f_sf, ln_beta_cdf, ln_beta_kernel, ln_beta_sf,
    ln_beta_tails,
};
pub use binomial::{
    binomial_cdf, binomial_pmf, binomial_sf, ln_binomial_cdf, ln_binomial_pmf, ln_binomial_sf,
};
pub use gamma::{
    chi2_cdf, chi2_quantile, chi2_sf, gamma_p, gamma_q, gamma_quantile, ln_chi2_sf, ln_gamma_p,
    ln_gamma_q,
};
pub use hypergeometric::{
    hypergeometric_cdf, hypergeometric_pmf, hypergeometric_sf, ln_hypergeometric_cdf,
    ln_hypergeometric_pmf, ln_hypergeometric_sf,
};
pub use kolmogorov::kolmogorov_sf;
pub use log_gamma::{ln_beta, ln_choose, ln_gamma};
pub use log_sum::{ln_add_exp, ln_sub_exp};
pub use noncentral_t::noncentral_t_sf;
pub use normal::{
    SQRT_TAU, erfc, erfcx, ln_normal_cdf, ln_normal_sf, normal_cdf, normal_isf, normal_pdf,
    normal_quantile, normal_sf,
};
pub use poisson::{poisson_cdf, poisson_pmf, poisson_sf};
pub use quadrature::{gauss_legendre_20, integrate};
pub use root::find_root;
pub use stirling::{poisson_deviance, stirling_remainder};
pub use student::{ln_t_sf, t_cdf, t_quantile, t_sf};
