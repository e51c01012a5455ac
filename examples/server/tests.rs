//! The example server under real HTTP: shadows and versions that do their worst, roll-outs, files, restarts.

mod client;
mod http;
mod the_guide;
mod with_a_release_file;
mod with_a_restart;
mod with_a_rollout;
mod with_bad_shadows;
mod with_bad_versions;
mod with_batches;
mod with_persons;
mod with_segments;
mod with_swaps;
