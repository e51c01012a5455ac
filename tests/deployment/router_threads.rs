//! One router under many threads: snapshots are whole, and models outlive their requests.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use std::{
    cell::{Cell, RefCell},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use switchstand::{
    Attributes, Plan, Policy, Route, Router, Share, Unit, attr, operator::ReclaimError,
    targeting::Value,
};

const VERSIONS: [&str; 4] = ["v1", "v2", "v3", "v4"];

fn router() -> Router<&'static str> {
    let router = Router::new("threads", "v1", "v1").unwrap();
    for version in &VERSIONS[1..] {
        router.deploy(version, version).unwrap();
        router.validate(version, |_| Ok::<_, ()>(())).unwrap();
    }
    router
}

/// Releases that answer nearly every unit differently, some by a head and some in full.
fn policies() -> Vec<Policy> {
    let percent = |percent| Share::percent(percent).unwrap();
    vec![
        Policy::live_only("nobody"),
        Policy::canary("half", "v2", percent(50)),
        Policy::ab_test("three", [("v2", 1), ("v3", 1), ("v4", 1)]),
        Policy::ab_test("two", [("v3", 1), ("v4", 1)]),
        Policy::canary("some", "v4", percent(30)).or_for(attr("tier").is("internal")),
        Policy::shadow("seen by all", "v3", percent(50)).with_units("v2", ["user-3"]),
    ]
}

/// Tells whether two plans decide alike, but for the generation.
fn alike(left: &Route, right: &Route) -> bool {
    (
        left.version(),
        left.reason(),
        left.arm(),
        left.shadows(),
        left.propensity(),
    ) == (
        right.version(),
        right.reason(),
        right.arm(),
        right.shadows(),
        right.propensity(),
    )
}

#[test]
fn e3_each_route_is_the_one_of_the_generation_that_it_names() {
    const RELEASES: usize = 3_000;
    let router = router();
    let policies = policies();
    let plans: Vec<Plan> = policies
        .iter()
        .map(|policy| policy.compile("v1", ["v2", "v3", "v4"]).unwrap())
        .collect();
    let first = router.release(policies[0].clone()).unwrap();
    let done = AtomicBool::new(false);
    let checked = AtomicUsize::new(0);
    thread::scope(|scope| {
        for reader in 0..2 {
            let (router, plans, done, checked) = (&router, &plans, &done, &checked);
            scope.spawn(move || {
                let internal = [("tier", "internal")];
                let mut newest = first;
                let mut number = reader;
                while !done.load(Ordering::Relaxed) {
                    number += 1;
                    let name = format!("user-{}", number % 500);
                    let mut unit = Unit::from(&name);
                    if number % 3 == 0 {
                        unit = unit.with(&internal);
                    }
                    let ticket;
                    let route = if number % 2 == 0 {
                        router.route(unit)
                    } else {
                        ticket = router.admit(unit);
                        let model = *ticket.model();
                        assert_eq!(Some(model), router.label(ticket.route().version()));
                        *ticket.route()
                    };
                    assert!(newest <= route.generation(), "generations went back");
                    newest = route.generation();
                    let place = usize::try_from(newest - first).unwrap() % plans.len();
                    let expected = plans[place].route(unit);
                    assert!(
                        alike(&route, &expected),
                        "{name}: {route:?}, not {expected:?}"
                    );
                    checked.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for number in 1..=RELEASES {
            let policy = policies[number % policies.len()].clone();
            let generation = router.release(policy).unwrap();
            assert_eq!(generation, first + number as u64, "E2: one more each time");
            if number % 8 == 0 {
                thread::yield_now();
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(checked.into_inner() > 1_000);
}

#[test]
fn e1_a_swap_is_seen_whole() {
    // Whatever a request sees, live-only policies have exactly one answer per generation.
    let router = Router::new("swap", "v0", 0usize).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut newest = 0;
                while !done.load(Ordering::Relaxed) {
                    let ticket = router.admit("user-42");
                    // A version is live from its third operation to the third of the next.
                    let live = ticket.route().generation() / 5;
                    let swapped = ticket.route().generation() % 5 >= 3;
                    assert_eq!(*ticket.model() as u64, live + u64::from(swapped));
                    assert!(newest <= *ticket.model());
                    newest = *ticket.model();
                }
            });
        }
        for number in 1..=300usize {
            let label = format!("v{number}");
            let old = format!("v{}", number - 1);
            router.deploy(&label, number).unwrap();
            router.validate(&label, |_| Ok::<_, ()>(())).unwrap();
            router.swap(&label).unwrap();
            router.accept().unwrap();
            let model = loop {
                match router.reclaim(&old) {
                    Ok(model) => break model,
                    Err(ReclaimError::StillInUse { .. }) => thread::yield_now(),
                    Err(other) => panic!("{other}"),
                }
            };
            assert_eq!(model, number - 1);
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn e4_nobody_admitted_after_a_rejection_is_served_by_the_rejected() {
    for _ in 0..200 {
        let router = router();
        router
            .release(Policy::canary("all", "v2", Share::ALL))
            .unwrap();
        let rejected = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for number in 0..50u64 {
                        let late = rejected.load(Ordering::SeqCst);
                        let ticket = router.admit(number);
                        assert!(!late || *ticket.model() == "v1");
                        if late {
                            break;
                        }
                    }
                });
            }
            router.reject("v2", "it is bad").unwrap();
            rejected.store(true, Ordering::SeqCst);
        });
    }
}

#[test]
fn more_routers_than_a_thread_remembers_do_not_mix() {
    let labels: Vec<String> = (0..32).map(|number| format!("model-{number}")).collect();
    let routers: Vec<Router<usize>> = labels
        .iter()
        .enumerate()
        .map(|(number, label)| Router::new("one of many", label, number).unwrap())
        .collect();
    for round in 0..50u64 {
        for (number, router) in routers.iter().enumerate() {
            assert_eq!(*router.admit(round).model(), number);
            let route = router.route(round);
            assert_eq!(router.label(route.version()), Some(labels[number].as_str()));
            if (round as usize + number).is_multiple_of(7) {
                let generation = router.release(Policy::live_only("again")).unwrap();
                assert_eq!(router.route(round).generation(), generation);
            }
        }
    }
}

/// Attributes that ask, and change, the router that is asking them.
struct Reentrant<'a> {
    router: &'a Router<&'static str>,
    depth: &'a Cell<usize>,
    publishes: bool,
}

impl Attributes for Reentrant<'_> {
    fn get(&self, _: &str) -> Option<Value<'_>> {
        if self.depth.get() == 3 {
            return Some(Value::from("internal"));
        }
        self.depth.set(self.depth.get() + 1);
        if self.publishes {
            let again = self.router.current().release().to_owned();
            let policy = Policy::canary(&again, "v2", Share::NONE);
            let policy = policy.or_for(attr("tier").is("internal"));
            self.router.release(policy).unwrap();
        }
        let inner = Reentrant { ..*self };
        let ticket = self.router.admit(Unit::from("inner").with(&inner));
        assert_eq!(*ticket.model(), "v2");
        assert_eq!(
            self.router.label(self.router.route("plain").version()),
            Some("v1")
        );
        self.depth.set(self.depth.get() - 1);
        Some(Value::from("internal"))
    }
}

/// Fails instead of hanging if `run` does not return.
fn in_time(run: impl FnOnce() + Send + 'static) {
    let (send, receive) = mpsc::channel();
    #[expect(
        clippy::disallowed_methods,
        reason = "a deadlock must not hang the test"
    )]
    let thread = thread::spawn(move || {
        run();
        send.send(()).unwrap();
    });
    match receive.recv_timeout(Duration::from_secs(60)) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("deadlock"),
        _ => thread.join().unwrap(),
    }
}

#[test]
fn attributes_may_ask_the_router_that_asks_them() {
    in_time(|| {
        for publishes in [false, true] {
            let router = router();
            let policy = Policy::canary("reentrant", "v2", Share::NONE);
            router
                .release(policy.or_for(attr("tier").is("internal")))
                .unwrap();
            let depth = Cell::new(0);
            let attributes = Reentrant {
                router: &router,
                depth: &depth,
                publishes,
            };
            for _ in 0..20 {
                let unit = Unit::from("outer").with(&attributes);
                assert_eq!(router.label(router.route(unit).version()), Some("v2"));
                assert_eq!(*router.admit(unit).model(), "v2");
            }
        }
    });
}

/// A model that counts how many of its kind were dropped.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn e5_a_ticket_keeps_its_model_when_the_router_is_gone() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let router = Router::new("gone", "v1", Counted(Arc::clone(&dropped))).unwrap();
    router.deploy("v2", Counted(Arc::clone(&dropped))).unwrap();
    let ticket = router.admit("user-42");
    let clone = router.clone();
    drop(router);
    assert_eq!(dropped.load(Ordering::SeqCst), 0, "another handle is left");
    drop(clone);
    assert_eq!(
        dropped.load(Ordering::SeqCst),
        1,
        "only the ticket's model is left"
    );
    thread::scope(|scope| {
        scope.spawn(move || {
            assert_eq!(ticket.model().0.load(Ordering::SeqCst), 1);
            drop(ticket);
        });
    });
    assert_eq!(dropped.load(Ordering::SeqCst), 2);
}

#[test]
fn e5_a_model_is_given_back_only_when_its_last_ticket_is_gone() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let router = Router::new("reclaim", "v1", Counted(Arc::clone(&dropped))).unwrap();
    router.deploy("v2", Counted(Arc::clone(&dropped))).unwrap();
    router.validate("v2", |_| Ok::<_, ()>(())).unwrap();
    router
        .release(Policy::canary("all", "v2", Share::ALL))
        .unwrap();
    let mut tickets: Vec<_> = (0..3u64).map(|number| router.admit(number)).collect();
    router.reject("v2", "it is bad").unwrap();
    while let Some(ticket) = tickets.pop() {
        assert_eq!(router.in_flight("v2"), Some(tickets.len() + 1));
        let refused = router.reclaim("v2").map(drop);
        let in_flight = tickets.len() + 1;
        let version = "v2".to_owned();
        assert!(
            matches!(&refused, Err(ReclaimError::StillInUse { version: v, in_flight: n, .. })
                if *v == version && *n == in_flight),
            "{refused:?}"
        );
        // Tickets end on any thread.
        thread::scope(|scope| {
            scope.spawn(move || drop(ticket));
        });
    }
    assert_eq!(dropped.load(Ordering::SeqCst), 0);
    let model = router.reclaim("v2").unwrap();
    assert_eq!(dropped.load(Ordering::SeqCst), 0, "given back, not dropped");
    drop(model);
    assert_eq!(*router.admit("user-42").route(), router.route("user-42"));
}

/// Asks the router once more when its thread ends.
struct AtExit(RefCell<Option<(Router<&'static str>, mpsc::Sender<&'static str>)>>);

impl Drop for AtExit {
    fn drop(&mut self) {
        if let Some((router, answers)) = self.0.take() {
            router
                .release(Policy::canary("exit", "v2", Share::ALL))
                .unwrap();
            let route = router.route("user-42");
            assert_eq!(router.label(route.version()), Some("v2"));
            answers.send(*router.admit("user-42").model()).unwrap();
        }
    }
}

thread_local! {
    static AT_EXIT: AtExit = const { AtExit(RefCell::new(None)) };
}

#[test]
fn a_thread_that_ends_can_still_be_answered() {
    for cached_first in [false, true] {
        let router = router();
        let (send, receive) = mpsc::channel();
        let handle = router.clone();
        thread::scope(|scope| {
            let ending = scope.spawn(move || {
                // Thread locals end in the order in which they were first used, or its reverse.
                if cached_first {
                    drop(handle.admit("user-42"));
                }
                AT_EXIT.with(|at_exit| at_exit.0.replace(Some((handle.clone(), send))));
                drop(handle.admit("user-42"));
            });
            // The scope alone does not wait for the destructors of thread locals.
            ending.join().unwrap();
        });
        assert_eq!(receive.recv_timeout(Duration::from_secs(60)), Ok("v2"));
        // The thread's memory of the router keeps no model in use.
        assert_eq!(router.in_flight("v2"), Some(0));
    }
}
