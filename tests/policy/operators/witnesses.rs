//! What is said of all units stays proved with every operator, or says what was only sampled.

use proptest::prelude::*;
use switchstand::{
    Audience, Policy, Share, Unit, attr,
    testing::{
        LIVE, TestError, assert_never, assert_only_grows, find_loss_while_live, find_reached,
    },
};

use super::generated::{any_pairs, any_tree};
use crate::naive::any_key;

fn read(audience: &str) -> Audience {
    toml::from_str(audience).unwrap_or_else(|error| panic!("{audience}: {error}"))
}

/// Whether some unit of the one audience belongs to the other, as far as is known.
fn meet(one: &str, other: &str) -> Result<bool, String> {
    let policy = Policy::live_only("r").with_rule(read(one), "v2");
    let found = find_reached(&policy, &read(other), "v2");
    let found = found.map_err(|error| error.to_string())?;
    if let Some(reached) = &found {
        let unit = reached.member.unit();
        assert!(
            read(one).matches(&unit) && read(other).matches(&unit),
            "{reached}"
        );
    }
    Ok(found.is_some())
}

#[test]
fn audiences_of_each_operator_are_proved_apart_or_met() {
    for (one, other, can) in [
        (
            "attr='a'\nsemver='>=2.0.0'",
            "attr='a'\nsemver='<2.0.0'",
            false,
        ),
        (
            "attr='a'\nsemver='>=2.0.0-0'",
            "attr='a'\nsemver='<2.0.0'",
            true,
        ),
        // Between a release and the lowest pre-release of the next there is none.
        (
            "attr='a'\nsemver='>1.0.0'",
            "attr='a'\nsemver='<1.0.1-0'",
            false,
        ),
        (
            "attr='a'\nsemver='>1.0.18446744073709551615'",
            "attr='a'\nsemver='<1.1.1'",
            true,
        ),
        (
            "attr='a'\nsemver='<2.0.0-rc.1, >2.0.0-rc'",
            "attr='a'\nsemver='!=2.0.0-rc.0'",
            true,
        ),
        // Without a build that is asked about there is one version: itself.
        (
            "attr='a'\nsemver='=1.0.0+a'",
            "attr='a'\nsemver='!=1.0.0+b'",
            false,
        ),
        (
            "attr='a'\nsemver='>=1.0.0'\nconvert=true",
            "not={attr='a', semver='>=1.0.0'}",
            true,
        ),
        (
            "attr='a'\nafter='2026-11-29'",
            "attr='a'\nbefore='2026-12-01'",
            true,
        ),
        (
            "attr='a'\nafter='2026-11-29'",
            "attr='a'\nbefore='2026-11-30'",
            false,
        ),
        (
            "attr='a'\nafter='2026-11-29T08:00:00Z'",
            "attr='a'\nbefore='2026-11-29T09:00:00.000000001+01:00'",
            false,
        ),
        (
            "attr='a'\nafter='2026-11-29T08:00:00Z'",
            "attr='a'\nbefore='2026-11-29T09:00:00.000000002+01:00'",
            true,
        ),
        (
            "attr='a'\nnot_before='2026-11-29'",
            "attr='a'\nbefore='2026-12-01T00:00:00Z'",
            false,
        ),
        (
            "attr='a'\nin_network='10.0.0.0/8'",
            "not={attr='a', in_network=['10.0.0.0/9', '10.128.0.0/9']}",
            false,
        ),
        (
            "attr='a'\nin_network='10.0.0.0/8'",
            "not={attr='a', in_network=['10.0.0.0/9', '10.128.0.0/10']}",
            true,
        ),
        (
            "attr='a'\nin_network='0.0.0.0/0'",
            "attr='a'\nin_network='::/0'",
            false,
        ),
        (
            "attr='a'\nin_network='::/0'",
            "not={attr='a', in_network='0:0:0:0:0:fffe::/95'}",
            true,
        ),
        (
            "attr='a'\nis='Ab'\nfold_case=true",
            "not={attr='a', starts_with='aB', fold_case=true}",
            false,
        ),
        (
            "attr='a'\nends_with='Ab'\nfold_case=true",
            "not={attr='a', is='aB', fold_case=true}",
            true,
        ),
        (
            "attr='a'\nat_least=18\nconvert=true",
            "attr='a'\nless_than=18",
            false,
        ),
        (
            "attr='a'\nat_least=18\nconvert=true",
            "not={attr='a', at_least=18}",
            true,
        ),
        (
            "attr='a'\nmore_than=18\nconvert=true",
            "attr='a'\nless_than=19\nconvert=true",
            true,
        ),
        (
            "attr='a'\nany_of=['x','y']",
            "attr='a'\nnone_of=['x']",
            true,
        ),
        (
            "attr='a'\nany_of=['x','y']",
            "attr='a'\nnone_of=['x','y','z']",
            false,
        ),
        ("attr='a'\nall_of=['x','y']", "attr='a'\nany_of=['z']", true),
        (
            "attr='a'\nall_of=['x','y']",
            "not={attr='a', any_of=['y']}",
            false,
        ),
        ("attr='a'\nany_of=['x']", "attr='a'\nis='x'", false),
        ("attr='a'\nnone_of=[]", "attr='a'\nnone_of=['x']", true),
        ("attr='a'\nany_of=[]", "attr='a'\nexists=true", false),
        (
            "attr='a'\nnot_one_of=['x', 1]",
            "attr='a'\none_of=['y', true]",
            true,
        ),
        (
            "attr='a'\nnot_one_of=['x', 1]",
            "attr='a'\none_of=['x', 1, true]",
            false,
        ),
        ("attr='a'\none_of=[]", "attr='a'\nnot_one_of=[]", false),
        (
            "attr='a'\nstarts_with=['x','y']",
            "attr='a'\ncontains=['z']",
            true,
        ),
        (
            "attr='a'\nstarts_with=['xz','yz']",
            "not={attr='a', contains='z'}",
            false,
        ),
        (
            "segment='s'\nof={attr='a', is=1}",
            "not={attr='a', at_least=0}",
            false,
        ),
        ("all=[]", "any=[]", false),
        // Keys: what is not listed may answer as what is.
        // The lowest version above a release is the lowest pre-release of the next.
        (
            "attr='a'\nsemver='>1.0.0'",
            "attr='a'\nsemver='<1.0.1'",
            true,
        ),
        (
            "unit={at_least=5}",
            "not={units=[5, 6, {u128='5'}, {u128='6'}]}",
            true,
        ),
        ("unit={at_least=5}", "not={units=[5, 6, 7]}", true),
        ("unit={at_least=5, at_most=5}", "not={units=[5]}", true),
        (
            "unit={at_least=5, at_most=5}",
            "not={units=[5, {u128='5'}]}",
            false,
        ),
        (
            "unit={starts_with='staff-'}",
            "not={units=['staff-/', 'staff-']}",
            true,
        ),
        ("unit={starts_with='staff-'}", "unit={is=''}", false),
        (
            "unit={exists=true}",
            "not={any=[{units=[{bytes='00'}]}, {unit={not_one_of=[]}}]}",
            true,
        ),
    ] {
        assert_eq!(meet(one, other), Ok(can), "{one}; {other}");
        assert_eq!(meet(other, one), Ok(can), "{other}; {one}");
    }
}

#[test]
fn what_is_only_sampled_is_named_and_what_is_found_counts_all_the_same() {
    for (one, other, named) in [
        (
            "attr='a'\nregex='^x'",
            "attr='a'\nregex='^y'",
            "`regex` of attribute \"a\"",
        ),
        (
            "attr='a'\nsemver='>=1.0.0'",
            "attr='a'\ncontains='rc.1'",
            "`contains` of attribute \"a\"",
        ),
        (
            "attr='a'\nafter='2026-11-29'",
            "attr='a'\nends_with='-31'",
            "attribute \"a\"",
        ),
        (
            "attr='a'\nin_network='10.0.0.0/8'",
            "attr='a'\nis='10.0.0.077'",
            "attribute \"a\"",
        ),
        // The number 3 is the version 3.0.0, and no condition names it.
        (
            "attr='a'\nsemver='>=3.0.0, <4.0.0-0'\nconvert=true",
            "attr='a'\nat_least=1.5\nless_than=5.5",
            "`at_least` of attribute \"a\"",
        ),
        (
            "attr='a'\nis='x'\nfold_case=true",
            "attr='a'\nis='y'",
            "attribute \"a\"",
        ),
        (
            "attr='a'\nall_of=['x']\nfold_case=true",
            "attr='a'\nnone_of=['X']\nfold_case=true",
            "attribute \"a\"",
        ),
        (
            "unit={semver='>=1.0.0'}",
            "units=['1.0']",
            "`semver` of the key, beside lists of keys",
        ),
        (
            "attr='a'\nafter='9999-12-30'",
            "attr='a'\nbefore='9999-01-01'",
            "attribute \"a\"",
        ),
    ] {
        let told = meet(one, other).unwrap_err();
        assert!(
            told.contains("only sampled: no proof") && told.contains(named),
            "{one}; {other}: {told}"
        );
    }
    // A unit that is found is a proof, whatever was sampled.
    assert_eq!(meet("attr='a'\nregex='x'", "attr='b'\nis=1"), Ok(true));
}

#[test]
fn growth_is_proved_or_a_unit_that_loses_is_named() {
    let rule = |audience: &str| Policy::live_only("r").with_rule(read(audience), "v2");
    for (before, after) in [
        ("attr='a'\nsemver='>=2.0.0'", "attr='a'\nsemver='>=2.0.0-0'"),
        (
            "attr='a'\nafter='2026-11-29'",
            "attr='a'\nnot_before='2026-11-29'",
        ),
        (
            "attr='a'\nin_network='10.1.0.0/16'",
            "attr='a'\nin_network='10.0.0.0/8'",
        ),
        ("attr='a'\nany_of=['x']", "attr='a'\nany_of=['x', 'y']"),
        ("attr='a'\nall_of=['x', 'y']", "attr='a'\nall_of=['y']"),
        ("attr='a'\nnone_of=['x', 'y']", "attr='a'\nnone_of=['y']"),
        (
            "attr='a'\nnot_one_of=['x', 'y']",
            "attr='a'\nnot_one_of=['y']",
        ),
        (
            "attr='a'\nat_least=18\nconvert=true",
            "attr='a'\nat_least=17\nconvert=true",
        ),
        (
            "attr='a'\nis='AB'\nfold_case=true",
            "attr='a'\nstarts_with='a'\nfold_case=true",
        ),
        (
            "segment='s'\nof={attr='a', is=1}",
            "segment='s'\nof={attr='a', at_least=1}",
        ),
        (
            "unit={starts_with='staff-'}",
            "unit={starts_with=['staff-', 'test-']}",
        ),
    ] {
        assert_only_grows(&rule(before), &rule(after));
        let loss = find_loss_while_live(&rule(after), &rule(before), LIVE).unwrap();
        assert!(loss.is_some(), "{after}; {before}");
        // The words of a comparison name both rules, whatever they ask.
        let told = rule(before).diff(&rule(after)).unwrap().to_string();
        let words = [before, after].map(|audience| read(audience).to_string());
        assert!(words.iter().all(|words| told.contains(words)), "{told}");
    }
    let patterns = ["^x", "^xy"].map(|pattern| rule(&format!("attr='a'\nregex='{pattern}'")));
    let told = find_loss_while_live(&patterns[1], &patterns[0], LIVE);
    assert!(matches!(told, Err(TestError::Sampled { .. })), "{told:?}");
}

#[test]
fn a_policy_of_many_operators_is_proved_in_one_line() {
    let policy = Policy::canary("r", "v2", Share::ALL)
        .within(
            attr("app")
                .semver(">=2.0.0")
                .and(attr("groups").none_of(["key"])),
        )
        .or_for(attr("address").in_network(["10.0.0.0/8"]));
    let outside = attr("address").in_network(["10.0.0.0/8"]).not();
    assert_never(
        &policy,
        &attr("app").semver("<2.0.0").and(outside.clone()),
        "v2",
    );
    assert_never(&policy, &attr("groups").any_of(["key"]).and(outside), "v2");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn whatever_a_unit_gets_its_audience_can_get_with_every_operator(
        rules in prop::collection::vec(any_tree(), 1..3), tree in any_tree(), key in any_key(),
        units in prop::collection::vec(any_pairs(), 1..6)
    ) {
        let audience = tree.build();
        let mut policy = Policy::live_only("r");
        for (rule, version) in rules.iter().zip(["v1", "v2"]) {
            policy = policy.with_rule(rule.build(), version);
        }
        prop_assume!(policy.compile(LIVE, ["v1", "v2"]).is_ok());
        let plan = policy.compile(LIVE, ["v1", "v2"]).unwrap();
        for pairs in &units {
            let unit = Unit::from(&key).with(pairs);
            let version = plan.version_of(&plan.route(unit)).unwrap();
            match find_reached(&policy, &audience, version) {
                Err(TestError::TooManyKinds { .. } | TestError::Sampled { .. }) => {}
                Err(error) => prop_assert!(false, "{}", error),
                Ok(Some(found)) => prop_assert!(audience.matches(&found.member.unit())),
                Ok(None) => prop_assert!(!audience.matches(&unit), "{}: {:?}", audience, unit),
            }
        }
    }
}
