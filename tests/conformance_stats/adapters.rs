//! The methods that are run, and those that are not yet.

use crate::harness::{Adapter, Exemption, standard};

mod cohen_kappa;
mod mcnemar;
mod moments;
mod multiplicity;
mod paired_t;
mod power;
mod rate_guard;
mod rate_guard_grid;
mod special_functions;
mod srm_chi2;
mod two_proportion;
mod welch_t;

/// The methods with an adapter, sorted by name.
pub(crate) const ADAPTERS: &[Adapter] = &[
    Adapter {
        method: "cohen_kappa",
        run: cohen_kappa::adapt,
        tolerance: standard,
    },
    Adapter {
        method: "mcnemar",
        run: mcnemar::adapt,
        tolerance: standard,
    },
    Adapter {
        method: "moments",
        run: moments::adapt,
        tolerance: moments::tolerance,
    },
    Adapter {
        method: "multiplicity",
        run: multiplicity::adapt,
        tolerance: standard,
    },
    Adapter {
        method: "paired_t",
        run: paired_t::adapt,
        tolerance: standard,
    },
    Adapter {
        method: "power",
        run: power::adapt,
        tolerance: standard,
    },
    Adapter {
        method: "rate_guard",
        run: rate_guard::adapt,
        tolerance: rate_guard::tolerance,
    },
    Adapter {
        method: "rate_guard_grid",
        run: rate_guard_grid::adapt,
        tolerance: rate_guard_grid::tolerance,
    },
    Adapter {
        method: "special_functions",
        run: special_functions::adapt,
        tolerance: special_functions::tolerance,
    },
    Adapter {
        method: "srm_chi2",
        run: srm_chi2::adapt,
        tolerance: srm_chi2::tolerance,
    },
    Adapter {
        method: "two_proportion",
        run: two_proportion::adapt,
        tolerance: standard,
    },
    Adapter {
        method: "welch_t",
        run: welch_t::adapt,
        tolerance: welch_t::tolerance,
    },
];

/// The methods without an adapter yet, sorted by name.
pub(crate) const WITHOUT_ADAPTER: &[&str] = &[
    "alpha_spending",
    "anytime_t",
    "asymptotic_cs",
    "best_arm_gaussian",
    "beta_binomial",
    "bounded_mean_cs",
    "confseq_boundaries",
    "cuped",
    "delong",
    "e_values",
    "fisher_exact",
    "ks_two_sample",
    "mann_whitney",
    "msprt",
    "normal_bayes",
    "poisson_rate",
    "prob_best",
    "psi",
    "quantile",
    "ratio_delta",
    "safe_two_proportion",
    "srm_sequential",
    "wilcoxon_signed_rank",
];

/// The values that cannot agree, each with its reason.
pub(crate) const EXEMPTIONS: &[Exemption] = &[
    Exemption {
        case: "moments-011",
        path: "sd",
        reason: SQUARES_UNDERFLOW,
    },
    Exemption {
        case: "moments-011",
        path: "skew",
        reason: SQUARES_UNDERFLOW,
    },
    Exemption {
        case: "moments-011",
        path: "ex_kurt",
        reason: SQUARES_UNDERFLOW,
    },
];

const SQUARES_UNDERFLOW: &str = "the squares of subnormal values underflow; a stream cannot know \
     beforehand that its values want scaling";
