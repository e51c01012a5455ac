//! A release file that is read again when it changes.

use std::{fs, net::SocketAddr, path::PathBuf, time::Duration};

use serde_json::Value;

use crate::{
    Settings,
    tests::{
        http::{begin_for_good, metric},
        with_a_rollout::{TICK, load, post, serve, status, users_of},
    },
};

/// A file of the test's own, gone when the test ends.
pub(crate) struct Own(pub(crate) PathBuf);

impl Own {
    pub(crate) fn new(name: &str) -> Own {
        let folder = std::env::temp_dir();
        Own(folder.join(format!("switchstand-{}-{name}", std::process::id())))
    }

    fn write(&self, text: &str) {
        fs::write(&self.0, text).unwrap();
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

async fn start(file: &Own) -> SocketAddr {
    let mut settings = Settings::new("old", load);
    settings.tick = TICK;
    settings.release_file = Some(file.0.clone());
    begin_for_good(settings).await
}

async fn said(server: SocketAddr) -> Value {
    post(server, "/admin/release", "").await
}

/// Waits until the server says this of its release file, or nothing where it is in force.
async fn until(server: SocketAddr, fault: Option<&str>) -> Value {
    for _ in 0..500 {
        let said = said(server).await;
        let is_so = match fault {
            Some(words) => said["file"]["fault"]
                .as_str()
                .is_some_and(|it| it.contains(words)),
            None => said["file"]["fault"].is_null(),
        };
        if is_so {
            return said;
        }
        tokio::time::sleep(TICK).await;
    }
    panic!("not {fault:?}: {}", said(server).await)
}

async fn until_release(server: SocketAddr, release: &str) -> Value {
    for _ in 0..500 {
        let said = said(server).await;
        if said["policy"]["release"] == release {
            return said;
        }
        tokio::time::sleep(TICK).await;
    }
    panic!("not {release}: {}", said(server).await)
}

const CANARY: &str = r#"
scheme  = "v1"
release = "file-1"
[canary]
version = "healthy"
share   = "50%"
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_changes_is_released_and_one_that_is_refused_leaves_the_last_good_one() {
    let file = Own::new("canary.toml");
    let server = start(&file).await;
    until(server, Some("cannot be read")).await;
    // Good, but too early: the file is not touched again.
    file.write(CANARY);
    until(server, Some("not deployed")).await;
    assert_eq!(
        metric(server, "switchstand_release_file_refused", &[]).await,
        1.0
    );
    for step in ["deploy", "validate"] {
        post(server, &format!("/admin/{step}/healthy"), "").await;
    }
    let in_force = until(server, None).await;
    assert_eq!(in_force["policy"]["release"], "file-1");
    assert_eq!(
        metric(server, "switchstand_release_file_refused", &[]).await,
        0.0
    );
    let on_candidate = users_of(&serve(server).await, "healthy");
    assert!((10..50).contains(&on_candidate.len()), "{on_candidate:?}");

    // An equal file is no order, however often it is written.
    for _ in 0..3 {
        file.write(CANARY);
        tokio::time::sleep(3 * TICK).await;
    }
    assert_eq!(said(server).await, in_force);

    // Nonsense, a wrong field and a version that there is not: each says why.
    let (typo, unheard) = (
        CANARY.replace("share", "shares"),
        CANARY.replace("healthy", "v9"),
    );
    for (text, why) in [
        ("no policy at all", "TOML parse error"),
        (typo.as_str(), "unknown field"),
        (unheard.as_str(), "\"v9\", which is not deployed"),
    ] {
        file.write(text);
        let refused = until(server, Some(why)).await;
        assert_eq!(refused["policy"], in_force["policy"], "{why}");
        assert_eq!(
            users_of(&serve(server).await, "healthy"),
            on_candidate,
            "{why}"
        );
    }
    // A file that goes away takes nothing with it.
    fs::remove_file(&file.0).unwrap();
    until(server, Some("cannot be read")).await;
    assert_eq!(users_of(&serve(server).await, "healthy"), on_candidate);

    file.write(&CANARY.replace("50%", "0%").replace("file-1", "file-2"));
    until_release(server, "file-2").await;
    assert_eq!(users_of(&serve(server).await, "healthy").len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c12_a_roll_back_stands_although_the_file_still_says_otherwise() {
    let file = Own::new("stands.toml");
    let server = start(&file).await;
    for step in ["deploy", "validate"] {
        post(server, &format!("/admin/{step}/healthy"), "").await;
    }
    file.write(CANARY);
    until_release(server, "file-1").await;
    post(server, "/admin/reject/healthy", "p99 doubled").await;
    // Also when it is written once more with the same words.
    file.write(CANARY);
    tokio::time::sleep(10 * TICK).await;
    assert_eq!(users_of(&serve(server).await, "healthy").len(), 0);
    until(server, None).await;
}

const RELEASE: &str = r#"
revision = 1
[policy]
scheme  = "v1"
release = "file-3"
[policy.canary]
version = "healthy"
[schedule]
steps = ["20%", "100%"]
dwell = "1h"
units = 5
[[guard]]
watches = "failures"
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_release_in_the_file_begins_climbs_and_is_amended_on_the_way() {
    let file = Own::new("release.toml");
    file.write(RELEASE);
    let server = start(&file).await;
    until(server, Some("not deployed")).await;
    for step in ["deploy", "validate"] {
        post(server, &format!("/admin/{step}/healthy"), "").await;
    }
    until_release(server, "file-3").await;
    until(server, None).await;
    assert_eq!(status(server).await["phase"], "ramping, step 0");
    let share = [("release", "file-3"), ("version", "healthy")];
    assert_eq!(
        metric(server, "switchstand_rollout_share", &share).await,
        0.2
    );
    let ramping = [("release", "file-3"), ("phase", "ramping")];
    assert_eq!(
        metric(server, "switchstand_rollout_phase", &ramping).await,
        1.0
    );
    assert_eq!(
        metric(server, "switchstand_rollout_phase", &share[..1]).await,
        1.0,
        "no other"
    );
    let first = users_of(&serve(server).await, "healthy");
    let met = [("release", "file-3"), ("side", "candidate")];
    assert_eq!(
        metric(server, "switchstand_rollout_units", &met).await as usize,
        first.len()
    );
    let harm = [("guard", "failures"), ("of", "harm")];
    let evidence = metric(server, "switchstand_rollout_evidence", &harm).await;
    let needed = metric(server, "switchstand_rollout_evidence_needed", &harm).await;
    assert!(evidence < needed && needed > 4.0, "{evidence} of {needed}");

    // One more unit, on the way; nobody else moves.
    let someone = (0..60).find(|user| !first.contains(user)).unwrap();
    let listed = format!(
        "[policy.canary]\nversion = \"healthy\"\n[[policy.units]]\nversion = \"healthy\"\nkeys = [\"user-{someone}\"]\n"
    );
    file.write(&RELEASE.replace("[policy.canary]\nversion = \"healthy\"\n", &listed));
    let mut with_one_more = first.clone();
    with_one_more.insert(someone);
    for round in 0.. {
        assert!(
            round < 200,
            "{} {}",
            said(server).await["file"],
            status(server).await
        );
        if users_of(&serve(server).await, "healthy") == with_one_more {
            break;
        }
        tokio::time::sleep(TICK).await;
    }
    assert_eq!(status(server).await["phase"], "ramping, step 0");

    // Another schedule under the same name is refused, and the roll-out goes on.
    file.write(&RELEASE.replace("\"1h\"", "\"2h\""));
    until(server, Some("give the release a new name")).await;
    // Another release has to wait for the end of this one, and then begins by itself.
    file.write(
        &RELEASE
            .replace("file-3", "file-4")
            .replace("revision = 1", "revision = 2"),
    );
    until(server, Some("is open on this router")).await;
    assert_eq!(users_of(&serve(server).await, "healthy"), with_one_more);
    let _ = tokio::time::timeout(
        Duration::from_secs(5),
        post(server, "/admin/rollout/abort", "enough"),
    )
    .await;
    until(server, Some("which is rejected")).await;
    assert_eq!(users_of(&serve(server).await, "healthy").len(), 0);
}
