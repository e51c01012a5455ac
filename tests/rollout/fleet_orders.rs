//! Orders of a fleet's leaders: what is obeyed, what is refused, what silence does.
#![cfg(all(feature = "serde", feature = "stats"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use core::time::Duration;

use proptest::prelude::*;
use switchstand::fleet::{FleetOrder, Follower, Incarnation, Leader, Mark, OnSilence, Word};
use switchstand::rollout::{Action, Cause, Command, Input, Ladder, Phase, Rollout, Schedule};
use switchstand::{Policy, Router, Share, Timestamp, Unit, VersionState, attr};

const RELEASE: &str = "ranker-2026-11";
/// The one before; its name comes later in the alphabet.
const BEFORE: &str = "the release before";

fn release(percent: u32) -> Action {
    let policy = Policy::canary(RELEASE, "v2", Share::percent(percent).unwrap());
    let policy = Box::new(policy);
    Action::Release { policy }
}

fn swap() -> Action {
    Action::Swap {
        version: "v2".to_owned(),
        policy: None,
    }
}

fn accept() -> Action {
    Action::Accept {
        version: "v2".to_owned(),
        policy: None,
    }
}

fn reject() -> Action {
    Action::Reject {
        version: "v2".to_owned(),
        cause: Cause::Aborted {
            why: "p99 doubled".to_owned(),
        },
    }
}

fn follower() -> Follower {
    Follower::new(RELEASE, Duration::from_secs(60), OnSilence::LiveOnly)
}

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs)
}

/// Receives an order and carries it out where that is the word.
fn obey(follower: &mut Follower, secs: u64, order: &FleetOrder) -> Word {
    let word = follower.receive(at(secs), order);
    if word == Word::CarryOut {
        follower.carried_out(order);
    }
    word
}

#[test]
fn c16_an_older_leaders_order_is_refused_and_a_repeated_one_holds() {
    let mut old = Leader::new(RELEASE, 1);
    let first = old.order(release(1)).clone();
    let mut new = old.clone().succeed(2).unwrap();
    let late = old.order(release(50)).clone();
    let second = new.order(release(5)).clone();
    let mut follower = follower();
    assert_eq!(obey(&mut follower, 0, &first), Word::CarryOut);
    assert_eq!(obey(&mut follower, 1, &first), Word::Holds);
    assert_eq!(obey(&mut follower, 2, &second), Word::CarryOut);
    for (secs, order) in [(3, &late), (4, &first)] {
        let latest = second.mark.clone();
        assert_eq!(obey(&mut follower, secs, order), Word::Older { latest });
    }
    assert_eq!(follower.done(), Some(&second.mark));
}

#[test]
fn c16_a_late_server_gets_the_action_in_force_also_after_the_end() {
    for last in [accept(), reject()] {
        let mut leader = Leader::new(RELEASE, 1);
        for action in [release(1), swap(), last.clone()] {
            leader.order(action);
        }
        // A tick asks for the same again: no new order.
        let mark = leader.in_force().unwrap().mark.clone();
        assert_eq!(leader.order(last.clone()).mark, mark);
        let order = leader.in_force().unwrap().clone();
        assert_eq!(order.action, last);
        assert_eq!(obey(&mut follower(), 0, &order), Word::CarryOut);
    }
}

#[test]
fn c16_a_fresh_router_is_brought_to_an_end_that_it_has_not_seen() {
    for (last, state) in [
        (accept(), VersionState::Live),
        (reject(), VersionState::Rejected),
    ] {
        let router = Router::new("ranker", "v1", ()).unwrap();
        router.deploy("v2", ()).unwrap();
        router.validate("v2", |_| Ok::<(), String>(())).unwrap();
        let mut leader = Leader::new(RELEASE, 1);
        // Twice: as one that dies before it has reported.
        for _ in 0..2 {
            for action in leader.order(last.clone()).actions() {
                router.carry_out(&action).unwrap();
            }
            assert_eq!(router.state("v2"), Some(state));
        }
    }
}

#[test]
fn c13_a_late_follower_keeps_out_whom_the_release_keeps_out() {
    let router = || {
        let router = Router::new("ranker", "v1", ()).unwrap();
        router.deploy("v2", ()).unwrap();
        router.validate("v2", |_| Ok::<(), String>(())).unwrap();
        router
    };
    let free = || attr("tier").is("free");
    let policy = Policy::canary("ranker-2026-11", "v2", Share::NONE).within(free());
    let schedule = Schedule::new([]).unwrap().with_ladder(Ladder::at_once());
    let mut rollout = Rollout::new(policy, schedule).unwrap();
    let mut leader = Leader::new(RELEASE, 1);
    let (early, mut following) = (router(), follower());
    for secs in 0..3 {
        let promote = Input::Command(Command::Promote);
        let _ = rollout.step(at(secs), [promote]);
        rollout.confirm();
        let order = leader.order(rollout.action_in_force().unwrap()).clone();
        if following.receive(at(secs), &order) == Word::CarryOut {
            for action in order.actions() {
                early.carry_out(&action).unwrap();
            }
            following.carried_out(&order);
        }
    }
    assert_eq!(rollout.phase(), Phase::Promoted);
    // It has seen nothing but the acceptance, which it has read.
    let order = serde_json::to_string(leader.in_force().unwrap()).unwrap();
    let order: FleetOrder = serde_json::from_str(&order).unwrap();
    let late = router();
    for action in order.actions() {
        late.carry_out(&action).unwrap();
    }
    assert_eq!(late.current().fingerprint(), early.current().fingerprint());
    for (tier, version) in [("free", "v2"), ("paying", "v1")] {
        for router in [&early, &late] {
            let attributes = [("tier", tier)];
            let route = router.route(Unit::from("ana").with(&attributes));
            assert_eq!(router.label(route.version()), Some(version), "{tier}");
        }
    }
    // An acceptance that the first edition has written has no policy.
    let before = r#"{"accept":{"version":"v2"}}"#;
    assert_eq!(serde_json::from_str::<Action>(before).unwrap(), accept());
}

#[test]
fn c16_a_reject_is_obeyed_whatever_its_term_unless_the_version_was_accepted_meanwhile() {
    let mut old = Leader::new(RELEASE, 1);
    let first = old.order(release(1)).clone();
    let abort = old.order(reject()).clone();
    // The later leader does not know of the abort.
    let mut new = Leader::new(RELEASE, 2);
    let further = new.order(release(5)).clone();
    let mut aborted = follower();
    obey(&mut aborted, 0, &first);
    obey(&mut aborted, 1, &further);
    assert_eq!(obey(&mut aborted, 2, &abort), Word::CarryOut);
    assert_eq!(obey(&mut aborted, 3, &abort), Word::Holds);
    assert_eq!(obey(&mut aborted, 4, &further), Word::Rejected);
    assert_eq!(obey(&mut aborted, 5, new.order(swap())), Word::Rejected);

    let mut promoted = follower();
    for action in [swap(), accept()] {
        obey(&mut promoted, 0, new.order(action));
    }
    assert_eq!(obey(&mut promoted, 1, &abort), Word::Accepted);
    // The present leader's own rejection is another matter.
    assert_eq!(obey(&mut promoted, 2, new.order(reject())), Word::CarryOut);
}

#[test]
fn c16_silence_does_what_was_chosen_and_word_undoes_it() {
    let mut leader = Leader::new(RELEASE, 1);
    let order = leader.order(release(5)).clone();
    let mut alone = follower();
    obey(&mut alone, 0, &order);
    assert_eq!(alone.at(at(59)), None);
    assert_eq!(alone.at(at(60)), Some(OnSilence::LiveOnly));
    assert_eq!(alone.at(at(61)), None, "once");
    // The order in force is repeated, and must be carried out once more.
    assert_eq!(obey(&mut alone, 70, &order), Word::CarryOut);
    assert_eq!(obey(&mut alone, 71, &order), Word::Holds);
    assert_eq!(alone.at(at(131)), Some(OnSilence::LiveOnly));

    let mut holding = Follower::new(RELEASE, Duration::from_secs(60), OnSilence::Hold);
    obey(&mut holding, 0, &order);
    assert_eq!(holding.at(at(60)), Some(OnSilence::Hold));
    assert_eq!(obey(&mut holding, 70, &order), Word::Holds);
    assert_eq!(holding.at(at(130)), Some(OnSilence::Hold));
}

#[test]
fn c16_a_replaced_leader_is_no_word() {
    let mut old = Leader::new(RELEASE, 1);
    let first = old.order(release(1)).clone();
    let second = old.clone().succeed(2).unwrap().in_force().unwrap().clone();
    let abort_of_another = old.order(Action::Reject {
        version: "v3".to_owned(),
        cause: Cause::DeadlinePassed,
    });
    let mut follower = follower();
    obey(&mut follower, 0, &first);
    obey(&mut follower, 10, &second);
    obey(&mut follower, 50, &first);
    obey(&mut follower, 60, abort_of_another);
    // Its clock may go back, and counts on from the latest time.
    assert_eq!(follower.at(at(5)), None);
    assert_eq!(follower.at(at(70)), Some(OnSilence::LiveOnly));
}

#[test]
fn c16_a_new_leader_goes_on_and_knows_who_is_behind() {
    let servers = ["a", "b"];
    let mut leader = Leader::new(RELEASE, 3);
    assert!(leader.behind(servers).is_empty());
    let order = leader.order(release(5)).clone();
    assert_eq!(leader.behind(servers), servers);
    leader.acknowledge(&Incarnation::new("a", 1), Some(&order.mark));
    assert_eq!(leader.behind(servers), ["b"]);
    leader.acknowledge(&Incarnation::new("b", 1), Some(&order.mark));
    assert!(leader.behind(servers).is_empty());
    // A process that started anew has done nothing, and its predecessor's word comes late.
    leader.acknowledge(&Incarnation::new("b", 2), None);
    leader.acknowledge(&Incarnation::new("b", 1), Some(&order.mark));
    assert_eq!(leader.behind(servers), ["b"]);

    let stored = serde_json::to_string(&leader).unwrap();
    let read = || serde_json::from_str::<Leader>(&stored).unwrap();
    let refused = read().succeed(3).unwrap_err();
    assert_eq!((refused.found, refused.latest), (3, 3));
    let mut next = read().succeed(4).unwrap();
    assert!(next.in_force().unwrap().mark > order.mark);
    assert_eq!(next.in_force().unwrap().action, order.action);
    assert_eq!(next.behind(servers), servers);
    let mut follower = follower();
    obey(&mut follower, 0, &order);
    // It holds: nothing is done, and the new mark is acknowledged.
    assert_eq!(
        obey(&mut follower, 1, next.in_force().unwrap()),
        Word::Holds
    );
    next.acknowledge(&Incarnation::new("a", 1), follower.done());
    assert_eq!(next.behind(servers), ["b"]);
}

#[test]
fn c16_a_process_that_dies_before_it_has_carried_out_is_told_again() {
    let mut leader = Leader::new(RELEASE, 1);
    let order = leader.order(release(5)).clone();
    let mut acting = follower();
    assert_eq!(acting.receive(at(0), &order), Word::CarryOut);
    assert_eq!(acting.receive(at(1), &order), Word::CarryOut);
    assert_eq!(acting.done(), None);
    let stored = serde_json::to_string(&acting).unwrap();
    let mut anew: Follower = serde_json::from_str(&stored).unwrap();
    assert_eq!(obey(&mut anew, 2, &order), Word::CarryOut);
    assert_eq!(anew.done(), Some(&order.mark));
}

#[test]
fn c16_what_comes_late_from_the_release_before_is_left_undone() {
    let mut before = Leader::new(BEFORE, 7);
    let abort = before.order(reject()).clone();
    let mut following = Follower::new(BEFORE, Duration::from_secs(60), OnSilence::Hold);
    assert_eq!(obey(&mut following, 0, &abort), Word::CarryOut);
    // The same label, made anew, in the next release, whose terms may begin anew.
    let mut leader = Leader::new(RELEASE, 1);
    let order = leader.order(release(5)).clone();
    assert_eq!(following.receive(at(1), &order), Word::OtherRelease);
    let mut next = follower();
    assert_eq!(obey(&mut next, 10, &order), Word::CarryOut);
    assert_eq!(obey(&mut next, 20, &abort), Word::OtherRelease);
    assert_eq!(obey(&mut next, 21, leader.order(swap())), Word::CarryOut);
    assert_eq!(obey(&mut next, 80, &abort), Word::OtherRelease);
    // It was no word either.
    assert_eq!(next.at(at(81)), Some(OnSilence::LiveOnly));
    // A server that has not begun with the release yet is behind, however far it was in the last.
    let server = Incarnation::new("a", 1);
    leader.acknowledge(&server, following.done());
    assert_eq!(leader.behind(["a"]), ["a"]);
    leader.acknowledge(&server, next.done());
    leader.acknowledge(&server, following.done());
    assert!(leader.behind(["a"]).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// Whatever arrives in whatever order, what was carried out last is the latest order that has
    /// come, and nothing is let in after a rejection.
    #[test]
    fn c16_the_latest_order_that_has_come_is_in_force(
        arrivals in prop::collection::vec(0..9_usize, 1..40),
        with_reject in any::<bool>(),
    ) {
        let mut orders = Vec::new();
        let mut leader = Leader::new(RELEASE, 1);
        for (term, percents) in [(1, [1, 2, 3]), (2, [4, 5, 6]), (3, [7, 8, 9])] {
            if term > 1 {
                leader = leader.succeed(term).unwrap();
            }
            for percent in percents {
                orders.push(leader.order(release(percent)).clone());
            }
        }
        if with_reject && let Some(order) = orders.get_mut(4) {
            order.action = reject();
        }
        let mut follower = follower();
        let (mut latest, mut is_rejected) = (None::<Mark>, false);
        for (secs, place) in (0..).zip(arrivals) {
            let Some(order) = orders.get(place) else { continue };
            let word = obey(&mut follower, secs, order);
            if order.rejects().is_some() {
                is_rejected = true;
                prop_assert!(matches!(word, Word::CarryOut | Word::Holds));
            } else if is_rejected {
                prop_assert!(matches!(word, Word::Rejected | Word::Older { .. }), "{:?}", word);
            } else {
                latest = latest.max(Some(order.mark.clone()));
                prop_assert_eq!(follower.done(), latest.as_ref());
            }
        }
    }
}
