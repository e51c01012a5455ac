//! Shadows do not touch the primary, and none is lost.

#[cfg(test)]
#[path = "shadow/asynchronous.rs"]
mod asynchronous;
#[cfg(test)]
#[path = "shadow/bounds.rs"]
mod bounds;
#[cfg(test)]
#[path = "shadow/endings.rs"]
mod endings;
#[cfg(test)]
#[path = "shadow/faults.rs"]
mod faults;
#[cfg(test)]
#[path = "shadow/primary.rs"]
mod primary;
// Its random faults come of a crate that only the statistics bring along.
#[cfg(feature = "stats")]
#[cfg(test)]
#[path = "shadow/stress.rs"]
mod stress;
