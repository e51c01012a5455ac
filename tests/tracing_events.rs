//! Records as events.
#![cfg(feature = "tracing")]

#[cfg(test)]
#[path = "tracing_events/events.rs"]
mod events;
