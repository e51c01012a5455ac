//! Drift: whether inputs or scores are still distributed as they were.
//!
//! | question | function |
//! |---|---|
//! | do binned values differ, and by how much? | [`binned`] |
//! | do two samples of a number differ anywhere? | [`kolmogorov_smirnov_exact`], large: [`kolmogorov_smirnov`] |
//!
//! With enough values every difference is significant: look at its size, not only at the p-value.
//! All of it is for one look; a monitor that tests every hour finds drift by chance.

mod bins;
mod smirnov;

pub use bins::{Drift, binned};
pub use smirnov::{
    Distance, MAX_EXACT_PAIRS, distance, kolmogorov_smirnov, kolmogorov_smirnov_exact,
};
