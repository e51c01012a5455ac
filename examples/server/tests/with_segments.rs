//! The guide's policy with ten segments, released from its file and asked over HTTP.

use std::net::SocketAddr;

use serde_json::{Value, json};
use switchstand::AsyncModel;

use crate::{
    Fault, Pixels, Reader, Settings,
    tests::http::{ask, begin_for_good},
};

struct Version(u32);

impl AsyncModel for Version {
    type Input = Pixels;
    type Output = u32;
    type Error = Fault;

    async fn predict(&self, _: &Pixels) -> Result<u32, Fault> {
        Ok(self.0)
    }
}

fn load(version: &str) -> Option<Reader> {
    let number = version.strip_prefix('v')?.parse().ok()?;
    Some(Box::new(Version(number)))
}

/// The policy as the chapter has it.
fn file() -> &'static str {
    let chapter = include_str!("../../../src/guide/policy_files.md");
    let (_, behind) = chapter.split_once("# A policy with ten segments").unwrap();
    let (_, block) = behind.split_once("```toml\n").unwrap();
    block.split_once("```").unwrap().0
}

async fn start() -> SocketAddr {
    let address = begin_for_good(Settings::new("v1", load)).await;
    for version in ["v2", "v3"] {
        for step in ["deploy", "validate"] {
            let response = ask(address, &format!("/admin/{step}/{version}"), "operator", "").await;
            assert_eq!(response.status, 200, "{}", response.body);
        }
    }
    address
}

/// Asks who answers a unit of which this is known.
async fn version(server: SocketAddr, unit: &str, known: Value) -> String {
    let body = json!({ "pixels": [1.0], "attributes": known }).to_string();
    let response = ask(server, "/predict", unit, &body).await;
    assert_eq!(response.status, 200, "{}", response.body);
    let answer: Value = serde_json::from_str(&response.body).unwrap();
    let version = answer["version"].as_str().unwrap().to_owned();
    assert_eq!(version, format!("v{}", answer["digit"]), "who answered");
    version
}

#[cfg(feature = "conditions")]
#[tokio::test]
async fn a_policy_with_ten_segments_is_released_from_its_file_and_decides() {
    let server = start().await;
    let released = ask(server, "/admin/release", "operator", file()).await;
    assert_eq!(released.status, 200, "{}", released.body);
    // Before the freeze: the test must hold in any year.
    let before = "2026-12-01T08:00:00Z";
    for (known, expected) in [
        (json!({ "email": "Ana@Example.COM", "now": before }), "v2"),
        (
            json!({ "groups": ["x", "early birds"], "now": before }),
            "v2",
        ),
        (
            json!({ "groups": ["beta"], "account": "acme", "now": before }),
            "v1",
        ),
        (
            json!({ "groups": ["beta"], "age": "17", "now": before }),
            "v1",
        ),
        (
            json!({ "groups": ["beta"], "age": 18, "now": before }),
            "v2",
        ),
        (
            json!({ "groups": ["beta"], "now": "2026-12-31T23:59:59Z" }),
            "v1",
        ),
        (
            json!({ "address": "10.9.8.7", "device": "phone-3", "now": before }),
            "v3",
        ),
        (json!({ "app": "1.9.9", "now": before }), "v1"),
        (json!({}), "v1"),
    ] {
        assert_eq!(
            version(server, "user-1", known.clone()).await,
            expected,
            "{known}"
        );
    }
    assert_eq!(
        version(server, "test-1", json!({ "now": before })).await,
        "v2"
    );
    // Of those with a supported app about a twentieth is drawn, each always alike.
    let mut drawn = 0;
    for user in 0..400 {
        let known = json!({ "app": "2.0.0", "now": before });
        let unit = format!("user-{user}");
        let first = version(server, &unit, known.clone()).await;
        drawn += usize::from(first == "v2");
        if user < 20 {
            assert_eq!(version(server, &unit, known).await, first);
        }
    }
    assert!((5..=45).contains(&drawn), "{drawn} of 400");
    // A bad file is refused with a sentence, and the policy in force stays.
    let bad = file().replace("semver = \">=1.10.0, <3.0.0-0\"", "semver = \"^1.10\"");
    let refused = ask(server, "/admin/release", "operator", &bad).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert!(
        refused.body.contains("`semver` of attribute"),
        "{}",
        refused.body
    );
    assert_eq!(
        version(server, "test-1", json!({ "now": before })).await,
        "v2"
    );
}

#[cfg(not(feature = "conditions"))]
#[tokio::test]
async fn a_server_that_cannot_judge_a_condition_refuses_the_policy_by_name() {
    let server = start().await;
    let refused = ask(server, "/admin/release", "operator", file()).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(
        refused.body.contains("build with feature `"),
        "{}",
        refused.body
    );
    assert_eq!(version(server, "test-1", json!({})).await, "v1");
}
