//! A roll-out on a router against a dumber model, while persons act, the router refuses, servers
//! restart and the candidate sheds.

use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use switchstand::ramp::{Ramp, StoredRamp};
use switchstand::rollout::{Command, PauseCause, Phase, Rollout};
use switchstand::{Ending, Policy, Router, Share, VersionState};

use crate::rollout::outcomes::ladder;
use crate::rollout::persons::quick;
use crate::rollout::releases::at;

/// Seconds on each step, and at 100 %.
const TIME: u64 = 60;

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Deed {
    /// Users are served for so many seconds, and the timer ticks.
    Tick(u64),
    /// The same without any user.
    Silence(u64),
    Pause,
    Resume,
    Abort,
    TakeOver,
    /// A person releases another policy.
    Hotfix,
    /// A person puts the roll-out's own policy back.
    OwnBack,
    RejectByHand,
    AcceptByHand,
    Shed(u32),
    /// A person accepts the swap that was open before the release began.
    AcceptOld,
    /// The server is stopped and started again on the same router.
    Restart,
}

/// The dumber model: phases are numbers, 1 and 2 the steps, 3 baking, 4 promoted, 5 rolled back.
#[derive(Clone, Debug)]
struct Model {
    phase: u64,
    now: u64,
    since: u64,
    fed: bool,
    paused: bool,
    /// A person's policy is in force.
    foreign: bool,
    /// The roll-out has seen that and waits.
    overruled: bool,
    rejected: bool,
    accepted: bool,
    /// Another swap is open, so that the router refuses that to the candidate.
    blocked: bool,
    /// The swap to the candidate is decided, and not carried out.
    decided: bool,
    /// The server was started anew, and the time until the next tick does not count.
    down: bool,
}

impl Model {
    fn look(&mut self) {
        if self.phase >= 4 {
            return;
        }
        if self.rejected {
            self.phase = 5;
        } else if self.accepted {
            self.phase = 4;
        } else {
            self.overruled |= self.foreign;
        }
    }

    fn advance(&mut self) {
        if self.phase >= 4 || self.paused || self.overruled {
            return;
        }
        let is_due = self.fed && self.now - self.since >= TIME;
        match (self.decided, self.blocked) {
            (true, true) => {}
            (true, false) => self.enter(3),
            (false, true) if is_due && self.phase == 2 => self.decided = true,
            (false, _) if is_due => self.enter(self.phase + 1),
            _ => {}
        }
    }

    fn enter(&mut self, phase: u64) {
        self.phase = phase;
        self.since = self.now;
        self.fed = false;
        self.decided = false;
        self.accepted |= phase == 4;
    }

    /// Tells whether users who are served count for the phase.
    fn counts(&self) -> bool {
        self.phase < 4 && !self.foreign && !self.rejected && !self.accepted
    }

    fn after(mut self, deed: Deed) -> Model {
        match deed {
            Deed::Tick(seconds) | Deed::Silence(seconds) => {
                self.fed |= self.counts() && matches!(deed, Deed::Tick(_));
                if self.phase < 4 {
                    self.now += seconds;
                }
                if core::mem::take(&mut self.down) && self.phase < 4 {
                    self.since += seconds;
                }
                self.look();
                self.advance();
            }
            Deed::Pause => {
                self.look();
                self.paused |= self.phase < 4;
            }
            Deed::Resume => {
                self.look();
                if self.phase < 4 {
                    self.paused = false;
                    if self.overruled && !self.foreign {
                        self.overruled = false;
                        self.since = self.now;
                        self.fed = false;
                    }
                    self.advance();
                }
            }
            Deed::Abort => {
                self.look();
                if self.phase < 4 {
                    self.phase = 5;
                    self.rejected = true;
                }
            }
            Deed::TakeOver => {
                self.look();
                if self.phase < 4 && self.overruled {
                    self.overruled = false;
                    self.foreign = false;
                    self.since = self.now;
                    self.fed = false;
                }
                self.advance();
            }
            Deed::Hotfix => self.foreign = true,
            Deed::OwnBack => self.foreign = false,
            Deed::RejectByHand => self.rejected = true,
            Deed::AcceptByHand => self.accepted = true,
            Deed::AcceptOld => self.blocked = false,
            Deed::Shed(_) => {}
            Deed::Restart => {
                self.look();
                self.advance();
                self.down = true;
            }
        }
        self
    }
}

impl ReferenceStateMachine for Model {
    type State = Model;
    type Transition = Deed;

    fn init_state() -> BoxedStrategy<Model> {
        any::<bool>()
            .prop_map(|blocked| Model {
                phase: 1,
                now: 0,
                since: 0,
                fed: false,
                paused: false,
                foreign: false,
                overruled: false,
                rejected: false,
                accepted: false,
                blocked,
                decided: false,
                down: false,
            })
            .boxed()
    }

    fn transitions(_: &Model) -> BoxedStrategy<Deed> {
        prop_oneof![
            10 => (1..100_u64).prop_map(Deed::Tick),
            2 => (1..100_u64).prop_map(Deed::Silence),
            1 => Just(Deed::Pause),
            3 => Just(Deed::Resume),
            1 => Just(Deed::Abort),
            1 => Just(Deed::TakeOver),
            2 => Just(Deed::Hotfix),
            3 => Just(Deed::OwnBack),
            1 => Just(Deed::RejectByHand),
            1 => Just(Deed::AcceptByHand),
            1 => Just(Deed::AcceptOld),
            2 => prop::sample::select(vec![0, 50, 80]).prop_map(Deed::Shed),
            3 => Just(Deed::Restart),
        ]
        .boxed()
    }

    fn preconditions(model: &Model, deed: &Deed) -> bool {
        let is_open = model.phase < 4 && !model.rejected && !model.accepted;
        match deed {
            Deed::Hotfix => is_open && !model.foreign,
            Deed::OwnBack => is_open && model.foreign,
            Deed::RejectByHand => is_open,
            // Only while baking there is a swap to accept, and only if the policy lets v1 go.
            Deed::AcceptByHand => is_open && model.phase == 3,
            Deed::AcceptOld => model.blocked,
            // The step that was decided would be brought back, which the router refuses.
            Deed::TakeOver => !(model.decided && model.foreign),
            Deed::Shed(_) => is_open && model.phase < 3,
            _ => true,
        }
    }

    fn apply(model: Model, deed: &Deed) -> Model {
        model.after(*deed)
    }
}

/// The real thing.
struct Real {
    router: Router<()>,
    ramp: Option<Ramp<()>>,
    now: u64,
    hotfixes: u64,
    own: Policy,
    user: u64,
}

struct Machine;

impl StateMachineTest for Machine {
    type SystemUnderTest = Real;
    type Reference = Model;

    fn init_test(model: &Model) -> Real {
        let router = Router::new("ranker", "v0", ()).unwrap();
        for version in ["v1", "v2"] {
            router.deploy(version, ()).unwrap();
            router.validate(version, |()| Ok::<(), String>(())).unwrap();
        }
        router.swap("v1").unwrap();
        if !model.blocked {
            router.accept().unwrap();
        }
        let schedule = quick().with_ladder(ladder(&["20%", "50%", "100%"]));
        let policy = Policy::canary("release", "v2", Share::NONE);
        let ramp = router
            .begin(Rollout::new(policy, schedule).unwrap())
            .unwrap();
        ramp.tick(at(0)).unwrap();
        let own = router.deployments().policy().clone();
        Real {
            router,
            ramp: Some(ramp),
            now: 0,
            hotfixes: 0,
            own,
            user: 0,
        }
    }

    fn apply(mut real: Real, model: &Model, deed: Deed) -> Real {
        let mut ramp = real.ramp.take().unwrap();
        match deed {
            Deed::Tick(seconds) | Deed::Silence(seconds) => {
                if matches!(deed, Deed::Tick(_)) {
                    for user in real.user..real.user + 800 {
                        let route = real.router.route(user);
                        real.router.note(user, &route, Ending::Answered).unwrap();
                    }
                    real.user += 800;
                }
                if !ramp.phase().is_final() {
                    real.now += seconds;
                }
                let ticked = ramp.tick(at(real.now));
                // The router refuses the swap, and nothing else is wrong.
                if let Err(error) = ticked {
                    assert!(model.decided && error.refused.is_empty(), "{error}");
                }
            }
            Deed::Pause => drop(ramp.order(Command::pause("ana", ""))),
            Deed::Resume => drop(ramp.order(Command::resume("ana", ""))),
            Deed::Abort => drop(ramp.order(Command::abort("ana", "p99"))),
            Deed::TakeOver => drop(ramp.order(Command::take_over("ana", "it is over"))),
            Deed::Hotfix => {
                real.hotfixes += 1;
                let hotfix = Policy::live_only(&format!("hotfix-{}", real.hotfixes));
                real.router.release(hotfix).unwrap();
            }
            Deed::OwnBack => drop(real.router.release(real.own.clone()).unwrap()),
            Deed::RejectByHand => drop(real.router.reject("v2", "by hand").unwrap()),
            Deed::AcceptByHand | Deed::AcceptOld => drop(real.router.accept().unwrap()),
            Deed::Shed(percent) => {
                let share = Share::percent(percent).unwrap();
                real.router.shed("v2", share).unwrap();
            }
            Deed::Restart => {
                let stored = serde_json::to_string(&ramp.store()).unwrap();
                drop(ramp);
                let stored: StoredRamp = serde_json::from_str(&stored).unwrap();
                ramp = real.router.resume(stored).unwrap();
            }
        }
        if !model.foreign && !model.rejected {
            real.own = real.router.deployments().policy().clone();
        }
        let number = match ramp.phase() {
            Phase::Ramping { step } => step as u64 + 1,
            Phase::Baking => 3,
            Phase::Promoted => 4,
            Phase::RolledBack => 5,
            other => panic!("{other}"),
        };
        let paused = ramp.state().paused().clone();
        let by_person = |cause: &PauseCause| matches!(cause, PauseCause::Ordered { .. });
        let overruled = |cause: &PauseCause| matches!(cause, PauseCause::Overruled { .. });
        assert_eq!(number, model.phase, "{:?}", ramp.waiting_for());
        if number < 4 {
            let found = (paused.iter().any(by_person), paused.iter().any(overruled));
            assert_eq!(found, (model.paused, model.overruled));
        }
        real.ramp = Some(ramp);
        real
    }

    fn check_invariants(real: &Real, model: &Model) {
        let ramp = real.ramp.as_ref().unwrap();
        // C12: whoever put the policy in force last, it stands.
        let release = real.router.current().release().to_owned();
        assert_eq!(
            release.starts_with("hotfix"),
            model.foreign && !release.is_empty()
        );
        // The phase never claims what the router did not do.
        match ramp.phase() {
            Phase::RolledBack => assert_ne!(real.router.state("v2"), Some(VersionState::Live)),
            Phase::Promoted | Phase::Baking if !model.rejected => {
                assert_eq!(real.router.state("v2"), Some(VersionState::Live));
            }
            _ => {}
        }
    }
}

const CASES: u32 = 48;

prop_state_machine! {
    #![proptest_config(ProptestConfig { cases: CASES, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn c3_c12_persons_refusals_restarts_and_shedding_lead_where_a_naive_model_says(sequential 1..40 => Machine);
}
