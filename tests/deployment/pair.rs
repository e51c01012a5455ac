//! Two versions of a router, as most tests of operators need them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

use std::convert::Infallible;

use switchstand::Router;

/// Deploys a version and lets it pass its last checks.
pub(crate) fn ready<M: Send + Sync + 'static>(router: &Router<M>, version: &str, model: M) {
    router.deploy(version, model).unwrap();
    router
        .validate(version, |_| Ok::<(), Infallible>(()))
        .unwrap();
}

/// Returns a router on which `v1` is live and `v2` is ready.
pub(crate) fn pair() -> Router<&'static str> {
    let router = Router::new("r", "v1", "one").unwrap();
    ready(&router, "v2", "two");
    router
}
