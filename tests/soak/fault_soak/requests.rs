//! A thread that serves requests in every way that a server does.

use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};
use std::{
    collections::VecDeque,
    sync::{atomic::Ordering, mpsc::Sender},
};

use switchstand::{
    Reader, Reason, Route, Router, Ticket, Timestamp, Unit, pin::Pin as Session, shadow::ShadowTask,
};

use super::{
    accounts::{Ended, Report, Served},
    faults::{Request, caught, mix},
    model::{Answer, Double, SERVES, of},
    server::{Alarm, Server},
};

/// Requests that a worker serves between two reports.
const BATCH: u64 = 32;
/// Units that come again and again.
pub(crate) const UNITS: u64 = 4096;

type Said = Result<Answer, String>;
type Running = Pin<Box<dyn Future<Output = (Ticket<Double>, Said)>>>;

/// A request that takes its time.
struct Slow {
    epoch: u32,
    number: u64,
    route: Route,
    /// The step at which the client goes away, or a held ticket is used.
    until: u64,
    run: Run,
}

enum Run {
    Held(Ticket<Double>, Request),
    Awaited(Running),
}

struct Worker<'s> {
    server: &'s Server,
    served: Served,
    report: Report,
    slow: VecDeque<Slow>,
    session: Option<Session>,
}

pub(crate) fn serve(server: &Server, worker: usize, reports: &Sender<Report>) -> Served {
    let _alarm = Alarm(server);
    SERVES.with(|serves| serves.set(true));
    let mut this = Worker {
        server,
        served: Served::default(),
        report: Report::default(),
        slow: VecDeque::new(),
        session: None,
    };
    let mut number = (worker as u64) << 40;
    while !server.over.load(Ordering::SeqCst) {
        // In this order: the router is at least as new as the generation.
        let returned = of(&server.returned);
        let (epoch, router) = server.serving();
        let mut reader = router.reader();
        for _ in 0..BATCH {
            number += 1;
            this.request(epoch, &router, &mut reader, returned, number);
        }
        drop((router, reader));
        this.go_on();
        let _ = reports.send(core::mem::take(&mut this.report));
        server.flush(worker);
    }
    server.world.released.store(true, Ordering::SeqCst);
    while !this.slow.is_empty() {
        this.go_on();
    }
    let _ = reports.send(this.report);
    this.served
}

impl Worker<'_> {
    /// Serves one request, or begins to.
    fn request(
        &mut self,
        epoch: u32,
        router: &Router<Double>,
        reader: &mut Reader<Double>,
        returned: u64,
        number: u64,
    ) {
        self.served.requests += 1;
        let bits = mix(!number);
        let request = Request::new(number, &self.server.world.broken_copies);
        let tiers = [("tier", "internal"), ("tier", "paying")];
        let attributes = [tiers[(bits >> 20) as usize % 2]];
        let wanted = format!("v{}", of(&self.server.newest));
        let mut unit = Unit::from((bits >> 32) % UNITS);
        match (bits >> 8) % 8 {
            0 => unit = unit.with(&attributes),
            1 => unit = unit.asking_for(&wanted),
            _ => {}
        }
        if bits % 16 < 6 {
            let served = caught(|| router.predict(unit, &request));
            let Some(served) = served else {
                self.report.blind(epoch);
                self.served.end(Ended::Panicked);
                return;
            };
            self.check_age(&served.route, returned);
            for task in served.shadows {
                self.run(task, bits);
            }
            self.said(epoch, number, &served.route, &served.answer);
            return;
        }
        let mut ticket = match &self.session {
            Some(pin) if bits & 0x70_0000 == 0 => router.admit_pinned(unit, pin),
            _ if bits & 0x10_0000 == 0 => reader.admit(unit),
            _ => router.admit(unit),
        };
        let route = *ticket.route();
        self.check_age(&route, returned);
        self.check_admitted(router, &ticket);
        if bits & 0xff00_0000 == 0 {
            self.session = router.pin(&route).ok();
        }
        let slow = |until, run| Slow {
            epoch,
            number,
            route,
            until,
            run,
        };
        let tick = self.server.tick();
        match bits % 16 {
            // The client has gone already.
            6 => self.give_up(epoch, &route, ticket),
            7 => self
                .slow
                .push_back(slow(tick + (bits >> 16) % 8, Run::Held(ticket, request))),
            8..11 => {
                let run = Box::pin(async move {
                    let said = ticket.predict(&request).await;
                    let _ = ticket.shadow_task(|| request.clone()).map(drop);
                    (ticket, said)
                });
                let until = tick + 1 + (bits >> 16) % 8;
                self.slow.push_back(slow(until, Run::Awaited(run)));
            }
            _ => self.answer(epoch, ticket, &request, bits),
        }
    }

    fn answer(&mut self, epoch: u32, mut ticket: Ticket<Double>, request: &Request, bits: u64) {
        match caught(|| ticket.predict_blocking(request)) {
            Some(said) => {
                while let Some(task) = ticket.shadow_task(|| request.clone()) {
                    self.run(task, bits);
                }
                self.said(epoch, request.number, ticket.route(), &said);
            }
            None => {
                self.end(epoch, ticket.route(), Ended::Panicked);
            }
        }
    }

    /// Runs a shadow somewhere, some time, or not at all.
    fn run(&self, task: ShadowTask<Double>, bits: u64) {
        match (bits >> 12) % 8 {
            0 => drop(task),
            1 => task.run(),
            2 | 3 => {
                let deadline = self.server.tick() + (bits >> 16) % 2;
                self.server
                    .queue
                    .push(task.due(Timestamp::from_nanos(deadline)));
            }
            _ => self.server.queue.push(task),
        }
    }

    /// Goes on with requests that take their time.
    fn go_on(&mut self) {
        let tick = self.server.tick();
        let is_over = self.server.over.load(Ordering::SeqCst);
        for _ in 0..self.slow.len() {
            let Some(mut slow) = self.slow.pop_front() else {
                return;
            };
            let is_due = is_over || slow.until <= tick;
            match slow.run {
                Run::Held(ticket, request) if is_due => {
                    let reclaimed = ticket.model().reclaimed.load(Ordering::SeqCst);
                    assert!(!reclaimed, "E5: reclaimed while a ticket is held");
                    self.answer(slow.epoch, ticket, &request, mix(slow.number));
                }
                Run::Awaited(mut run) => match caught(|| poll(run.as_mut())) {
                    Some(Poll::Ready((ticket, said))) => {
                        self.said(slow.epoch, slow.number, ticket.route(), &said);
                    }
                    Some(Poll::Pending) if is_due => self.give_up(slow.epoch, &slow.route, run),
                    Some(Poll::Pending) => {
                        slow.run = Run::Awaited(run);
                        self.slow.push_back(slow);
                    }
                    None => self.end(slow.epoch, &slow.route, Ended::Panicked),
                },
                Run::Held(..) => self.slow.push_back(slow),
            }
        }
    }

    fn give_up(&mut self, epoch: u32, route: &Route, request: impl Sized) {
        drop(request);
        self.end(epoch, route, Ended::GivenUp);
    }

    fn end(&mut self, epoch: u32, route: &Route, ended: Ended) {
        self.report.count(epoch, route, ended, None);
        self.served.end(ended);
    }

    /// Counts an answer, which must be of the version in the route and to this very request.
    fn said(&mut self, epoch: u32, number: u64, route: &Route, said: &Said) {
        if route.reason() == Reason::Fallback {
            self.served.fallbacks += 1;
        }
        match said {
            Ok(answer) => {
                assert_eq!(answer.request, number, "the answer to another request");
                let model = Some(answer.model);
                self.report.count(epoch, route, Ended::Answered, model);
                self.served.end(Ended::Answered);
            }
            Err(_) => self.end(epoch, route, Ended::Failed),
        }
    }

    fn check_age(&self, route: &Route, returned: u64) {
        let generation = route.generation();
        assert!(generation >= returned, "E4: {generation} after {returned}");
    }

    fn check_admitted(&self, router: &Router<Double>, ticket: &Ticket<Double>) {
        let (route, model) = (ticket.route(), ticket.model());
        let label = router.label(route.version()).unwrap();
        assert_eq!(label, format!("v{}", model.number), "E3");
        let rejected = of(&model.rejected);
        assert!(
            rejected == 0 || route.generation() < rejected,
            "E4: admitted to a rejected version"
        );
        assert!(!model.reclaimed.load(Ordering::SeqCst), "E5: reclaimed");
    }
}

pub(crate) fn poll<T>(future: Pin<&mut (impl Future<Output = T> + ?Sized)>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}
