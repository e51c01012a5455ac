//! Durations as text, and whole releases in one file.

use core::time::Duration;

use switchstand::ramp::BeginError;
use switchstand::rollout::{Climb, ReleaseFile, Rollout, Schedule};
use switchstand::{Policy, Share};

use crate::rollout::persons::{quick, router};

const CHAPTER: &str = include_str!("../../../src/guide/policy_files.md");

/// The file of the chapter, which has every field.
fn documented() -> &'static str {
    let (_, rest) = CHAPTER.split_once("```release\n").unwrap();
    rest.split_once("```").unwrap().0
}

fn read(file: &str) -> Result<ReleaseFile, String> {
    toml::from_str(file).map_err(|error: toml::de::Error| error.to_string())
}

#[test]
fn the_documented_file_has_every_field_and_says_what_its_comments_say() {
    let file = read(documented()).unwrap();
    let schedule = serde_json::to_value(&file.schedule).unwrap();
    assert_eq!(
        schedule["ladder"],
        serde_json::json!(
            ["1%", "10%", { "share": "50%", "dwell": "1day", "units": 5000 }, "100%"]
        )
    );
    assert_eq!(schedule["bake"], "1h 30m");
    assert_eq!(schedule["deadline"], serde_json::json!(["2days", "pause"]));
    assert_eq!(schedule["deadline_without_pauses"], true);
    assert_eq!(
        schedule["guards"][2]["shares"],
        serde_json::json!(["10%", "50%"])
    );
    assert_eq!(schedule["gates"]["approved"], "each_step");
    let names: Vec<&str> = file
        .schedule
        .guards()
        .iter()
        .map(|guard| guard.name())
        .collect();
    assert_eq!(
        names,
        [
            "failures",
            "wrong answers",
            "latency",
            "latency limit",
            "pages",
            "memory",
            "score"
        ]
    );
    assert_eq!(file.schedule.shadow().unwrap().pairs, 1_000);
    let rollout = file.into_rollout().unwrap();
    assert_eq!((rollout.version(), rollout.revision()), ("v2", Some(17)));
    // What is said to be the default is what a file without the field has.
    let short = read(
        "[policy]\nscheme = \"v1\"\nrelease = \"r\"\n[policy.canary]\nversion = \"v2\"\n\
         [schedule]\nclimb = \"dwell\"\ndwell = \"10m\"\nunits = 100\nbake = \"1h\"\n\
         bake_units = 100\nalpha = 0.01\nend = \"let_in\"\n\
         sample_ratio = { after = \"10m\", then = \"pause\" }\n",
    );
    assert_eq!(short.unwrap().schedule, Schedule::new([]).unwrap());
}

#[test]
fn a_bad_file_is_refused_and_names_the_field() {
    for (from, to, named) in [
        ("revision = 17", "revison = 17", "unknown field `revison`"),
        (
            "dwell      = \"10m\"",
            "dwell = \"10 minuts\"",
            "a duration as text, such as \"10m\"",
        ),
        (
            "dwell      = \"10m\"",
            "dwell = 600",
            "a duration as text, such as \"10m\"",
        ),
        (
            "quantile = 0.99\nabove    = \"10%\"",
            "above = \"10%\"",
            "guard number 3: quantile is missing: one that watches \"latency\" needs it",
        ),
        (
            "limit    = \"200ms\"",
            "limit = 0.2",
            "guard number 4: limit is a number, expected a duration as text, such as \"200ms\"",
        ),
        (
            "name      = \"memory\"\n",
            "",
            "guard number 6: name is missing",
        ),
        (
            "projected = true",
            "projected = true\nquantile = 0.5",
            "guard number 6: quantile is not for one that watches \"limit\"",
        ),
        (
            "climb      = \"dwell\"",
            "climb = \"evidence\"",
            "schedule.dwell is for the climb by dwell",
        ),
        (
            "share = \"50%\", dwell = \"1day\", units = 5000",
            "share = \"50%\", dwell = \"1day\"",
            "missing field `units`",
        ),
        (
            "shares   = [\"10%\", \"50%\"]",
            "shares = [\"10\", \"50%\"]",
            "share \"10\" is not a percentage",
        ),
        (
            "watches = \"failures\"",
            "watches = \"failure\"",
            "unknown variant `failure`",
        ),
        (
            "name    = \"wrong answers\"",
            "name = \"failures\"",
            "two guards have the name \"failures\"",
        ),
        (
            "readings  = [3, 3]",
            "readings = [4, 3]",
            "guard \"memory\" wants 4 of 3 readings",
        ),
        (
            "version = \"v2\"",
            "vesion = \"v2\"",
            "unknown field `vesion`",
        ),
    ] {
        assert!(documented().contains(from), "{from}");
        let refused = read(&documented().replacen(from, to, 1)).unwrap_err();
        assert!(refused.contains(named), "{to}: {refused}");
    }
    // Cut after its second line, it is no release that moves everybody off.
    let cut: String = documented()
        .lines()
        .take(5)
        .map(|line| format!("{line}\n"))
        .collect();
    let cut = read(&cut).unwrap().into_rollout().unwrap_err().to_string();
    assert!(cut.contains("is not a canary"), "{cut}");
}

#[test]
fn an_older_file_than_the_one_in_force_is_refused_unless_it_is_meant() {
    let router = router();
    let of = |revision| {
        let policy = Policy::canary(&format!("r{revision}"), "v2", Share::NONE);
        let rollout = Rollout::new(policy, quick()).unwrap();
        rollout.with_revision(Some(revision))
    };
    drop(router.begin(of(17)).unwrap());
    let (found, in_force) = (16, 17);
    let refused = router.begin(of(16)).unwrap_err();
    assert_eq!(refused, BeginError::OlderRevision { found, in_force });
    drop(router.begin(of(17)).unwrap());
    drop(router.begin(of(16).forcing_revision()).unwrap());
    // What has none is none the wiser.
    let policy = Policy::canary("r", "v2", Share::NONE);
    drop(
        router
            .begin(Rollout::new(policy, quick()).unwrap())
            .unwrap(),
    );
}

#[test]
fn durations_are_written_as_text_and_those_of_the_first_edition_are_read() {
    let time = Duration::from_millis(90_500);
    let climb = Climb::Dwell { time, exposures: 7 };
    let schedule = Schedule::new([]).unwrap().with_climb(climb).unwrap();
    let written = serde_json::to_value(&schedule).unwrap();
    assert_eq!(written["climb"]["dwell"]["time"], "1m 30s 500ms");
    let mut old = written.clone();
    old["climb"]["dwell"]["time"] = serde_json::json!({ "secs": 90, "nanos": 500_000_000 });
    old["bake"] = serde_json::json!({ "secs": 3_600, "nanos": 0 });
    for form in [written, old] {
        assert_eq!(serde_json::from_value::<Schedule>(form).unwrap(), schedule);
    }
}
