//! A state goes on under the name and the secret that it was stored under, or it is said.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that cannot be set up fails, and threads are what some test"
)]

use switchstand::{Router, Secret, deployment::Deployments, operator::RestoreFault};

const MODELS: [(&str, ()); 1] = [("v1", ())];

fn stored(secret: [u8; 16]) -> Deployments {
    let builder = Router::builder("ranker").secret(Secret::new(secret));
    builder.build("v1", ()).unwrap().deployments()
}

fn restore(name: &str, secret: [u8; 16], state: Deployments) -> Result<Router<()>, RestoreFault> {
    let builder = Router::builder(name).secret(Secret::new(secret));
    builder.restore(state, MODELS).map_err(|error| error.source)
}

#[test]
fn another_secret_or_name_is_refused() {
    let (one, other) = ([1; 16], [2; 16]);
    assert!(restore("ranker", one, stored(one)).is_ok());
    let refused = restore("ranker", other, stored(one)).unwrap_err();
    assert!(
        matches!(refused, RestoreFault::OtherSecret { .. }),
        "{refused}"
    );
    assert!(refused.to_string().contains("for_any_router"));
    let refused = restore("search", one, stored(one)).unwrap_err();
    let expected = RestoreFault::OtherRouter {
        stored: "ranker".to_owned(),
        found: "search".to_owned(),
    };
    assert_eq!(refused, expected);
}

#[test]
fn each_bit_of_the_secret_counts() {
    for bit in 0..128 {
        let mut other = [0; 16];
        other[bit / 8] ^= 1 << (bit % 8);
        assert!(restore("ranker", other, stored([0; 16])).is_err(), "{bit}");
    }
}

#[test]
fn what_is_meant_passes_and_the_new_router_signs_the_state() {
    let (one, other) = ([1; 16], [2; 16]);
    let moved = restore("search", other, stored(one).for_any_router()).unwrap();
    assert!(restore("search", other, moved.deployments()).is_ok());
    assert!(restore("ranker", one, moved.deployments()).is_err());
    // A state that was rehearsed by hand belongs to nobody.
    assert!(restore("search", other, Deployments::new("v1").unwrap()).is_ok());
}

#[cfg(feature = "serde")]
#[test]
fn the_stored_form_has_a_check_value_and_never_the_secret() {
    let text = serde_json::to_string(&stored(*b"sixteen bytes!!!")).unwrap();
    assert!(
        text.contains("\"router\":\"ranker\",\"secret_check\":"),
        "{text}"
    );
    assert!(!text.contains("sixteen"));
    let read: Deployments = serde_json::from_str(&text).unwrap();
    assert!(restore("ranker", *b"sixteen bytes!!!", read.clone()).is_ok());
    assert!(restore("ranker", [0; 16], read).is_err());
}
