//! Records as events.
#![cfg(feature = "tracing")]

#[cfg(test)]
mod events;
