//! Shadows do not touch the primary, and none is lost.

#[cfg(test)]
pub(crate) mod asynchronous;
#[cfg(test)]
mod bounds;
#[cfg(test)]
mod endings;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod primary;
// Its random faults come of a crate that only the statistics bring along.
#[cfg(feature = "stats")]
#[cfg(test)]
mod stress;
