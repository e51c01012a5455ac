//! Labels, shares, fields, states and secrets that are wrong.

use switchstand::experiment::Experiment;
use switchstand::rollout::ReleaseFile;
use switchstand::{Builder, Policy, Router, Secret, Share};

use super::{ab, canary, clicks, rollout, router, says};

#[test]
fn a_wrong_label_says_which_and_where() {
    let router = router();
    let parts = [
        "canary.version",
        "\"v22\"",
        "not deployed",
        "deploy it first",
    ];
    let refused = router.release(canary("r", "v22")).unwrap_err();
    says("release", refused, &parts);
    says(
        "begin",
        router.begin(rollout("r", "v22")).unwrap_err(),
        &parts,
    );
    says(
        "check",
        router.check(&canary("r", "v22")).unwrap_err(),
        &parts,
    );
    let compiled = canary("r", "v22").compile("v1", ["v2"]).unwrap_err();
    says("compile", compiled, &parts);
    let refused = router.swap("v22").unwrap_err();
    says(
        "swap",
        refused,
        &["\"v22\"", "not deployed", "deploy it first"],
    );
    let experiment = Experiment::of(&ab(), clicks()).unwrap();
    let parts = ["\"v3\"", "the experiment, which has", "\"v1\", \"v2\""];
    says("arm", experiment.arm("v3").unwrap_err(), &parts);
    let parts = ["\"click\"", "which has", "\"clicks\""];
    says("metric", experiment.metric("click").unwrap_err(), &parts);
}

#[test]
fn a_wrong_share_says_how_one_is_written() {
    for (text, parts) in [
        ("150%", ["150%", "over 100%"]),
        ("1.5", ["\"1.5\"", "\"2.5%\""]),
        ("5", ["\"5\"", "\"2.5%\""]),
        ("2,5%", ["\"2,5%\"", "\"2.5%\""]),
    ] {
        says(text, text.parse::<Share>().unwrap_err(), &parts);
    }
    let file = "scheme = \"v1\"\nrelease = \"r\"\n[canary]\nversion = \"v2\"\nshare = 5\n";
    let refused = toml::from_str::<Policy>(file).unwrap_err();
    says(
        "a number",
        refused,
        &["share = 5", "a percentage such as \"5%\""],
    );
    let steps = "[policy]\nscheme = \"v1\"\nrelease = \"r\"\n[policy.canary]\nversion = \"v2\"\n\
                 [schedule]\nsteps = [5, \"100%\"]\n";
    let refused = toml::from_str::<ReleaseFile>(steps).unwrap_err();
    says(
        "a step",
        refused,
        &["steps = [5", "a percentage such as \"5%\""],
    );
}

#[test]
fn a_misspelt_field_is_shown_with_the_fields_that_there_are() {
    let file = "scheme = \"v1\"\nrelease = \"r\"\n[canary]\nvesion = \"v2\"\nshare = \"5%\"\n";
    let refused = toml::from_str::<Policy>(file).unwrap_err();
    says("policy", refused, &["line 4", "vesion", "`version`"]);
    let file = "[policy]\nscheme = \"v1\"\nrelease = \"r\"\n[policy.canary]\nversion = \"v2\"\n\
                [[guard]]\nwatches = \"failure\"\n";
    let refused = toml::from_str::<ReleaseFile>(file).unwrap_err();
    says("guard", refused, &["line 7", "failure", "`failures`"]);
}

#[test]
fn a_version_that_was_not_validated_says_so_and_what_to_call() {
    let router = Router::new("ranker", "v1", 1).unwrap();
    router.deploy("v2", 2).unwrap();
    let parts = ["\"v2\"", "staged", "validate it first"];
    says(
        "release",
        router.release(canary("r", "v2")).unwrap_err(),
        &parts,
    );
    says("swap", router.swap("v2").unwrap_err(), &parts);
    says(
        "begin",
        router.begin(rollout("r", "v2")).unwrap_err(),
        &parts,
    );
}

#[test]
fn a_version_that_is_taken_out_too_early_says_what_it_waits_for() {
    let router = router();
    let refused = router.reclaim("v2").unwrap_err().to_string();
    says(
        "ready",
        refused,
        &["\"v2\"", "ready", "retire or reject it first"],
    );
    router.release(canary("r", "v2")).unwrap();
    let retired = router.retire("v2").unwrap_err();
    says(
        "named",
        retired,
        &["\"r\"", "\"v2\"", "release another first"],
    );
    router.swap("v2").unwrap();
    let ticket = router.admit("ana");
    router.reject("v2", "p99").unwrap();
    let refused = router.reclaim("v2").unwrap_err().to_string();
    says(
        "in use",
        refused,
        &["\"v2\"", "in use by 1 request:", "try again"],
    );
    drop(ticket);
    assert!(router.reclaim("v2").is_ok());
    let deployed_anew = router.deploy("v1", 3).unwrap_err().to_string();
    says("twice", deployed_anew, &["\"v1\""]);
}

#[test]
fn another_secret_or_another_routers_state_is_refused() {
    let keyed = |name: &str, byte| -> Builder<u32> {
        Router::builder(name).secret(Secret::new([byte; 16]))
    };
    let stored = keyed("ranker", 1).build("v1", 1).unwrap().deployments();
    let refused = keyed("ranker", 2).restore(stored.clone(), [("v1", 1)]);
    let parts = ["\"ranker\"", "another secret", "deal"];
    says("secret", refused.unwrap_err(), &parts);
    let refused = keyed("other", 1).restore(stored, [("v1", 1)]).unwrap_err();
    says("router", refused, &["\"ranker\"", "\"other\""]);
}
