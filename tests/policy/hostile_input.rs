//! Runs each row of the table of limits in the documentation of `Policy`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use switchstand::{
    Arm, Attributes, Audience, Plan, Policy, Reason, Route, Share, Unit, UnitKey, attr,
    bucketing::Point,
    deployment::OperationError,
    release::{PolicyError, ShareError, Split, SplitError},
    targeting::{AudienceError, Value},
};

/// The table that is included in the documentation.
const TABLE: &str = include_str!("../../src/policy/limits.md");

/// Makes a test of each row, and a list of the rows that have one.
macro_rules! rows {
    ($($name:ident: $row:literal $body:block)+) => {
        const ROWS: &[&str] = &[$($row),+];
        $(#[test] fn $name() $body)+
    };
}

#[test]
fn every_row_of_the_table_has_a_test() {
    let written: Vec<&str> = TABLE
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .skip(1)
        .collect();
    assert_eq!(written, ROWS);
}

fn compiled(policy: &Policy) -> Result<Plan, OperationError> {
    policy.compile("v1", ["v2", "v3"])
}

fn refused(policy: &Policy) -> PolicyError {
    match compiled(policy) {
        Err(OperationError::Policy(error)) => error,
        other => panic!("not refused: {other:?}"),
    }
}

fn served<'a>(plan: &'a Plan, route: &Route) -> &'a str {
    plan.version_of(route).unwrap()
}

fn canary(share: Share) -> Policy {
    Policy::canary("limits", "v2", share)
}

fn arms(count: usize, weight: u32) -> impl Iterator<Item = Arm> {
    (0..count).map(move |number| Arm::new(&format!("arm-{number:05}"), "v2", weight))
}

fn rules(count: u32) -> Policy {
    let live = Policy::live_only("limits");
    (0..count).fold(live, |policy, number| {
        policy.with_rule(attr("number").is(number), "v2")
    })
}

fn nested(depth: usize) -> Audience {
    (0..depth).fold(attr("tier").exists(), |audience, _| audience.not())
}

fn matches(audience: &Audience, attributes: &dyn Attributes) -> bool {
    audience.matches(&Unit::from("user-42").with(attributes))
}

rows! {
    an_empty_key_is_routed_and_never_listed: "key of 0 bytes" {
        let plan = compiled(&canary(Share::percent(50).unwrap())).unwrap();
        let route = plan.route("");
        for empty in [Unit::from(&[][..]), Unit::from(&UnitKey::from(""))] {
            assert_eq!(plan.route(empty), route);
        }
        assert!(Unit::try_from_input("").is_err());
        let source = AudienceError::EmptyUnit;
        assert_eq!(
            refused(&canary(Share::ALL).with_units("v2", [""])),
            PolicyError::Audience { field: "units.keys", source: source.clone() }
        );
        assert_eq!(
            refused(&canary(Share::ALL).or_for(Audience::units([""]))),
            PolicyError::Audience { field: "canary.or_for", source }
        );
    }
    a_huge_key_is_routed: "key of 1 MB" {
        let plan = compiled(&canary(Share::percent(50).unwrap())).unwrap();
        let mut key = "x".repeat(1_000_000);
        let routes: Vec<Route> = (0..64)
            .map(|_| {
                key.push('y');
                plan.route(&key)
            })
            .collect();
        // The last byte counts: not all of the keys fall alike.
        for version in ["v1", "v2"] {
            assert!(routes.iter().any(|route| served(&plan, route) == version));
        }
    }
    a_share_of_nothing_holds_no_point: "share of 0%" {
        assert!(!Point::new(0).is_in(Share::NONE));
        let plan = compiled(&canary(Share::NONE)).unwrap();
        assert!((0..5_000u64).all(|unit| served(&plan, &plan.route(unit)) == "v1"));
    }
    a_share_of_all_holds_every_point: "share of 100%" {
        assert!(Point::new(u64::MAX).is_in(Share::ALL));
        assert!(!Point::new(u64::MAX).is_in(Share::from_nanos(999_999_999).unwrap()));
        let plan = compiled(&canary(Share::ALL)).unwrap();
        assert!((0..5_000u64).all(|unit| served(&plan, &plan.route(unit)) == "v2"));
    }
    a_share_that_cannot_be_held_is_refused:
    "share over 100%, below 0, or with more than seven decimals" {
        let over = |nanos| Err(ShareError::OverWhole { nanos });
        assert_eq!(Share::percent(101), over(1_010_000_000));
        assert_eq!(Share::percent(u32::MAX), over(42_949_672_950_000_000));
        assert_eq!(Share::from_nanos(1_000_000_001), over(1_000_000_001));
        let over = ["100.0000001%", "101%", "99999999999%", "18446744073709551615%"];
        assert!(over.map(str::parse::<Share>).iter().all(Result::is_err));
        for text in ["-1%", "+1%", "1", "%", ".5%", "1.%", "1e1%", "NaN%", "inf%", " 1%", "1 %",
            "1,5%", "١%", "0x1%", "1%%", "", "99999999999999999999999999%"] {
            let error = text.parse::<Share>().unwrap_err();
            assert!(
                matches!(error, ShareError::Malformed { .. } | ShareError::OverWhole { .. }),
                "{text}: {error:?}"
            );
        }
        let fine = "0.00000001%".parse::<Share>();
        assert!(matches!(fine, Err(ShareError::TooPrecise { .. })));
        // Zeros at the end say nothing more.
        let padded = format!("0.0000001{}%", "0".repeat(1000));
        assert_eq!(padded.parse(), Share::from_nanos(1));
    }
    the_heaviest_arms_share_the_line_exactly: "1,024 arms of weight 2^32 - 1" {
        let split = Split::new(arms(1024, u32::MAX)).unwrap();
        for number in 0..1024u64 {
            let (first, last) = (number << 54, (number << 54) + ((1 << 54) - 1));
            for point in [first, last] {
                let label = &split.arm_at(Point::new(point)).label;
                assert_eq!(*label, format!("arm-{number:05}"));
            }
        }
        let plan = compiled(&Policy::ab_test("limits", arms(1024, u32::MAX))).unwrap();
        let arm = |unit: u64| plan.arm_of(&plan.route(unit)).unwrap().to_owned();
        let seen: std::collections::BTreeSet<String> = (0..20_000).map(arm).collect();
        assert_eq!(seen.len(), 1024);
    }
    too_many_arms_are_refused: "1,025 arms, 65,536 arms" {
        for found in [1025, 65_536] {
            let source = SplitError::TooManyArms { found, limit: 1024 };
            let policy = Policy::ab_test("limits", arms(found, 1));
            assert_eq!(refused(&policy), PolicyError::Split { source });
        }
    }
    arms_that_are_reweighted_again_and_again_are_laid_out_afresh:
    "256 arms, reweighted one after another" {
        let mut test = Policy::ab_test("limits", arms(256, 1_000));
        let refused = (0..256u32).find_map(|round| {
            // Each arm once, far from the one before.
            let arm = format!("arm-{:05}", round * 97 % 256);
            match test.reweight([(arm.as_str(), 1_000 + 37 * (round % 40))]) {
                Ok(next) => {
                    test = next;
                    None
                }
                Err(error) => Some(error),
            }
        });
        let error = refused.unwrap();
        assert!(error.to_string().ends_with("`compact` lays it out afresh"), "{error}");
        let (compact, moves) = test.compact().unwrap();
        assert_eq!(moves.moved().points(), 0, "all arms point at one version");
        compact.reweight([("arm-00000", 1)]).unwrap();
    }
    the_same_rules_are_compared_one_by_one: "`diff` of 10,000 rules" {
        let (old, new) = (rules(2_000), rules(2_000).with_shadow("v3", Share::ALL));
        assert_eq!(old.diff(&new).unwrap().classes.len(), 2_001);
        assert!(matches!(old.diff(&rules(1_999)), Err(PolicyError::TooMany { .. })));
    }
    a_method_called_twice_adds_or_is_refused: "a method of `Policy` called twice" {
        let half = Share::percent(50).unwrap();
        let twice = canary(half).with_holdout("h", half).with_holdout("g", half);
        assert!(matches!(refused(&twice), PolicyError::SetTwice { field: "holdout", .. }));
        compiled(&canary(half).with_overrides(["v2"]).with_overrides(["v3"])).unwrap();
    }
    arms_without_weight_are_refused: "arms without any weight" {
        for count in [0, 1, 1024] {
            let source = SplitError::NoWeight { arms: count };
            let policy = Policy::ab_test("limits", arms(count, 0));
            assert_eq!(refused(&policy), PolicyError::Split { source });
        }
    }
    ten_thousand_rules_are_tried: "10,000 rules" {
        let plan = compiled(&rules(10_000)).unwrap();
        for (number, version) in [(0, "v2"), (9_999, "v2"), (10_000, "v1")] {
            let attributes = [("number", number)];
            let route = plan.route(Unit::from("user-42").with(&attributes));
            assert_eq!(served(&plan, &route), version);
        }
    }
    more_rules_are_refused: "10,001 rules" {
        let error = PolicyError::TooMany { field: "rule", found: 10_001, limit: 10_000 };
        assert_eq!(refused(&rules(10_001)), error);
    }
    eight_shadows_run: "8 shadows" {
        let labels: Vec<String> = (0..9).map(|number| format!("s{number}")).collect();
        let shadows = |count| {
            let live = Policy::live_only("limits");
            labels.iter().take(count).fold(live, |policy, label| {
                policy.with_shadow(label, Share::ALL)
            })
        };
        let deployed = || labels.iter().map(String::as_str);
        let plan = shadows(8).compile("v1", deployed()).unwrap();
        let route = plan.route("user-42");
        assert_eq!(plan.shadows_of(&route).count(), 8);
        let error = PolicyError::TooMany { field: "shadow", found: 9, limit: 8 };
        let ninth = shadows(9).compile("v1", deployed()).map(drop);
        assert_eq!(ninth, Err(OperationError::Policy(error)));
    }
    many_listed_units_are_found: "100,000 listed units" {
        let policy = Policy::live_only("limits").with_units("v2", (0..100_000u64).map(|n| n * 2));
        let plan = compiled(&policy).unwrap();
        for unit in [0u64, 2, 99_998, 199_998] {
            assert_eq!(plan.route(unit).reason(), Reason::Listed);
        }
        for unit in [1, 99_999, 200_000, u64::MAX] {
            assert_eq!(plan.route(unit).reason(), Reason::Live);
        }
    }
    lists_are_not_copied: "an operation with long lists" {
        // How much is taken is counted in `tests/deployment/shared_lists.rs`.
        let policy = canary(Share::NONE).with_units("v2", (0..1_000u64).map(UnitKey::from));
        let plan = compiled(&policy).unwrap();
        assert_eq!(served(&plan, &plan.route(999u64)), "v2");
    }
    too_many_listed_units_are_refused: "1,048,577 listed units" {
        let found = 1_048_577;
        let source = AudienceError::ListTooLong { list: "units", found, limit: 1_048_576 };
        let halves = Policy::live_only("limits")
            .with_units("v2", 0..524_288u64)
            .with_units("v3", 524_288..=1_048_576u64);
        let error = PolicyError::Audience { field: "units.keys", source };
        assert_eq!(refused(&halves), error);
    }
    a_unit_listed_twice_is_refused: "a unit listed twice" {
        let live = || Policy::live_only("limits");
        let error = PolicyError::DuplicateUnit { key: "7".to_owned() };
        assert_eq!(refused(&live().with_units("v2", [7u64, 8, 7])), error);
        assert_eq!(refused(&live().with_units("v2", [7u64]).with_units("v3", [7u64])), error);
    }
    a_name_has_a_limit: "name of 257 bytes" {
        let name = |length: usize| "é".repeat(length / 2) + &"x".repeat(length % 2);
        assert!(compiled(&Policy::live_only(&name(256))).is_ok());
        let error = PolicyError::NameTooLong { field: "release", length: 257, limit: 256 };
        assert_eq!(refused(&Policy::live_only(&name(257))), error);
    }
    look_alikes_are_different: "names that look alike" {
        // Cyrillic letter, full-width digit, composed and decomposed accent, blanks, case.
        let pairs = [("v2", "ѵ2"), ("v2", "v２"), ("é", "e\u{301}"), ("v2", "v2 "), ("v2", "V2"),
            ("v2", "v2\0"), ("v2", "v\u{200b}2")];
        for (name, other) in pairs {
            let error = Policy::canary("limits", other, Share::ALL).compile("v1", [name]);
            let version = other.to_owned();
            let unknown = PolicyError::UnknownVersion { field: "canary.version", version };
            assert_eq!(error.map(drop), Err(OperationError::Policy(unknown)));
            let both = Policy::ab_test("limits", [(name, 1), (other, 1)]);
            let plan = both.compile("v1", [name, other]).unwrap();
            let mut arms = [0; 2];
            (0..1_000u64).for_each(|unit| {
                arms[usize::from(served(&plan, &plan.route(unit)) == other)] += 1;
            });
            assert!(arms.iter().all(|count| *count > 400), "{name} {other} {arms:?}");
            assert!(!matches(&attr("tier").is(name), &[("tier", other)]));
        }
        // Another release has other guinea pigs, however alike the names look.
        let group = |release: &str| -> Vec<bool> {
            let half = Share::percent(50).unwrap();
            let plan = compiled(&Policy::canary(release, "v2", half)).unwrap();
            (0..200u64).map(|unit| served(&plan, &plan.route(unit)) == "v2").collect()
        };
        assert_ne!(group("ranker"), group("rаnker"));
        assert_ne!(group("ranker"), group("ranker "));
    }
    text_and_number_are_different_units: "`\"42\"` and 42" {
        let plan = compiled(&Policy::live_only("limits").with_units("v2", ["42"])).unwrap();
        assert_eq!(plan.route("42").reason(), Reason::Listed);
        assert_eq!(plan.route(42u64).reason(), Reason::Live);
        assert_eq!(plan.route(42u128).reason(), Reason::Live);
        assert_eq!(plan.route(b"42").reason(), Reason::Live);
    }
    nesting_to_the_limit_is_matched: "audience nested 32 deep" {
        let plan = compiled(&canary(Share::NONE).or_for(nested(32))).unwrap();
        let attributes = [("tier", "x")];
        let route = plan.route(Unit::from("user-42").with(&attributes));
        assert_eq!(served(&plan, &route), "v2");
    }
    deep_nesting_is_refused: "audience nested 1,000 deep" {
        let source = AudienceError::TooDeep { found: 1_000, limit: 32 };
        let error = PolicyError::Audience { field: "canary.or_for", source };
        assert_eq!(refused(&canary(Share::NONE).or_for(nested(1_000))), error);
        // Far deeper than any stack, and dropped again.
        assert!(compiled(&canary(Share::NONE).or_for(nested(1_000_000))).is_err());
        #[cfg(feature = "serde")]
        for depth in [33, 100, 1_000, 100_000] {
            let inside = format!("{}{{\"everyone\":true}}{}",
                "{\"not\":".repeat(depth), "}".repeat(depth));
            let file = format!(
                "{{\"scheme\":\"v1\",\"release\":\"r\",\
                 \"canary\":{{\"version\":\"v2\",\"or_for\":{inside}}}}}"
            );
            assert!(serde_json::from_str::<Policy>(&file).is_err(), "{depth}");
        }
    }
    large_numbers_are_exact: "attribute beyond 2^53" {
        let beyond = (1i64 << 53) + 1;
        let rule = attr("number").is(beyond);
        assert!(matches(&rule, &[("number", beyond)]));
        assert!(!matches(&rule, &[("number", beyond - 1)]));
        assert!(!matches(&rule, &[("number", (1u64 << 53) as f64)]));
        let above = attr("number").more_than((1u64 << 53) as f64);
        assert!(matches(&above, &[("number", beyond)]));
        assert!(!matches(&above, &[("number", beyond - 1)]));
        let largest = attr("number").at_least(u64::MAX);
        assert!(matches(&largest, &[("number", u64::MAX)]));
        assert!(!matches(&largest, &[("number", u64::MAX - 1)]));
    }
    nan_matches_nothing: "attribute that is NaN" {
        let nan = [("number", Value::from(f64::NAN))];
        let number = || attr("number");
        for rule in [number().is(0.0), number().is_not(0.0), number().at_least(f64::MIN),
            number().at_most(f64::MAX), number().one_of([0.0, 1.0])] {
            assert!(!matches(&rule, &nan), "{rule}");
        }
        assert!(matches(&number().exists(), &nan));
    }
    a_rule_of_nan_is_refused: "NaN in a rule" {
        let source = AudienceError::NanOperand { attribute: "number".into(), operator: "is" };
        let error = PolicyError::Audience { field: "canary.or_for", source };
        assert_eq!(refused(&canary(Share::NONE).or_for(attr("number").is(f64::NAN))), error);
    }
    large_listed_numbers_are_kept: "listed number beyond 2^63" {
        #[cfg(feature = "serde")]
        {
            let policy = Policy::live_only("limits").with_units("v2", [u64::MAX, (1 << 53) + 1]);
            let json = serde_json::to_string(&policy).unwrap();
            assert_eq!(serde_json::from_str::<Policy>(&json).unwrap(), policy);
            let toml = toml::to_string(&policy).unwrap();
            assert_eq!(toml::from_str::<Policy>(&toml).unwrap(), policy);
        }
    }
    a_newer_scheme_is_refused: "file of a newer scheme" {
        #[cfg(feature = "serde")]
        {
            let file = "scheme = \"v2\"\nrelease = \"limits\"";
            let error = toml::from_str::<Policy>(file).unwrap_err();
            assert!(error.message().contains("\"v2\""), "{error}");
        }
    }
    unknown_fields_are_refused: "file with an unknown field" {
        #[cfg(feature = "serde")]
        for (field, place) in [
            ("surprise = 1", ""),
            ("surprise = 1", "[canary]\nversion = 'v2'\n"),
            ("surprise = 1", "[holdout]\nsalt = 's'\nshare = '1%'\n"),
            ("surprise = 1", "[layer]\nsalt = 's'\nfrom = '1%'\nto = '2%'\n"),
            ("surprise = 1", "[ab_test]\narms = []\n"),
            ("surprise = 1", "[[shadow]]\nversion = 'v2'\nshare = '1%'\n"),
            ("surprise = 1", "[[units]]\nversion = 'v2'\nkeys = ['u']\n"),
            ("surprise = 1", "[[rule]]\nversion = 'v2'\naudience = { everyone = true }\n"),
            ("surprise = 1", "[canary]\nversion = 'v2'\n[canary.or_for]\neveryone = true\n"),
        ] {
            let good = format!("scheme = 'v1'\nrelease = 'r'\n{place}");
            assert!(toml::from_str::<Policy>(&good).is_ok(), "{good}");
            let error = toml::from_str::<Policy>(&format!("{good}{field}")).unwrap_err();
            assert!(error.message().contains("surprise"), "{good}: {error}");
        }
    }
}
