//! The guide: its Python agrees with the frozen vectors, its table of draws with the router, and
//! its contents name every chapter.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use switchstand::{
    Arm, Plan, Policy, Reason, Route, Router, Secret, Share,
    bucketing::{Draw, Key, Purpose},
};

const CHAPTERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide");
const VECTORS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/vectors/routing/bucketing.json"
);

#[test]
#[ignore = "needs python3"]
fn r1_the_python_of_the_guide_agrees_with_every_frozen_vector() {
    let chapter = include_str!("../../src/guide/bucketing.md");
    let (_, rest) = chapter.split_once("```python\n").unwrap();
    let (functions, _) = rest.split_once("```").unwrap();
    let check = include_str!("guide/frozen_vectors.py");
    let run = Command::new("python3")
        .args(["-c", &format!("{functions}\n{check}"), VECTORS])
        .output()
        .unwrap();
    print!("{}", String::from_utf8_lossy(&run.stdout));
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
}

#[test]
fn the_contents_name_every_chapter() {
    let files = fs::read_dir(Path::new(CHAPTERS)).unwrap();
    let mut chapters: BTreeSet<String> = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert!(chapters.remove("contents"), "{CHAPTERS}: no contents");
    let contents = include_str!("../../src/guide/contents.md");
    let guide = include_str!("../../src/guide.rs");
    for chapter in &chapters {
        assert!(
            contents.contains(&format!("[{chapter}]: {chapter}.md\n"))
                && contents.matches(&format!("[{chapter}]")).count() > 1,
            "contents.md does not link the chapter {chapter}"
        );
        assert!(
            guide.contains(&format!("//! [{chapter}]: self::{chapter}\n")),
            "guide.rs does not link the module {chapter}, whose file contents.md names"
        );
        assert!(
            guide.contains(&format!("include_str!(\"guide/{chapter}.md\")")),
            "guide.rs does not include the chapter {chapter}"
        );
    }
}

#[test]
fn r1_every_draw_has_the_name_that_the_guide_gives_it() {
    let (secret, share) = (Secret::new([7; 16]), Share::percent(30).unwrap());
    let router = Router::builder("any")
        .secret(secret)
        .build("v1", ())
        .unwrap();
    for version in ["v2", "v3"] {
        router.deploy(version, ()).unwrap();
        router.validate(version, |_| Ok::<_, String>(())).unwrap();
    }
    let canary = |share| Policy::canary("r", "v2", share);
    let arms = || Policy::ab_test("r", [("v1", 7), ("v2", 3)]);
    let (layer, up_to) = ("page", Share::ALL);
    let is_for = |purpose, salt, label, policy: Policy, found: fn(&Plan, &Route) -> bool| {
        router.release(policy).unwrap();
        let draw = Draw::new(&secret, purpose, salt, label).unwrap();
        let plan = router.current();
        let differs = |unit: &u64| {
            let is_in = draw.point(Key::U64(*unit)).is_in(share);
            found(&plan, &plan.route(*unit)) != is_in
        };
        let differing = (0..2_000).filter(differs).count();
        assert_eq!(differing, 0, "{purpose:?} {salt:?} {label:?}");
    };
    let on_v2 = |plan: &Plan, route: &Route| plan.version_of(route) == Some("v2");
    is_for(Purpose::Canary, "r", "", canary(share), on_v2);
    let gated = arms().gate(share);
    is_for(Purpose::Canary, "r", "", gated, |_, route| {
        route.is_randomised()
    });
    let first_v2 = Policy::ab_test("r", [Arm::new("a", "v2", 3), Arm::new("b", "v1", 7)]);
    is_for(Purpose::Split, "r", "", first_v2, on_v2);
    let held_out = arms().with_holdout("2026", share);
    is_for(Purpose::Holdout, "2026", "", held_out, |_, route| {
        route.reason() == Reason::Holdout
    });
    let layered = arms().with_layer(layer, share, up_to);
    is_for(Purpose::Layer, layer, "", layered, |_, route| {
        route.reason() == Reason::Layer
    });
    let shadowed = Policy::shadow("r", "v3", share);
    is_for(Purpose::Shadow, "r", "v3", shadowed, |_, route| {
        !route.shadows().is_empty()
    });
    router.shed("v2", share).unwrap();
    is_for(Purpose::Shed, "r", "v2", canary(Share::ALL), |_, route| {
        route.reason() == Reason::Saturated
    });
}
