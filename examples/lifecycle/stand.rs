//! Everything that the stages share.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fmt::Display,
    ops::Range,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use digits::{Failed, Reader, Sample, Trained};
use switchstand::{
    Policy, Router, Share, VersionState, journal::JournalCapacity, operator::Recording,
    shadow::ShadowBudget, stats::Refusal,
};

use crate::{
    records::{Agreement, Log},
    report::{Report, count},
    traffic::{Answer, Answers, Traffic},
    users::{self, USERS, User},
};

/// Entries of the journal: fewer than v2 answers, so that some overflow.
const JOURNAL: usize = 15_000;

/// Requests that each thread serves in a second of a roll-out.
const PER_SECOND: usize = 200;

/// The running service: a router, its users and what is known about both.
pub(crate) struct Stand {
    pub(crate) router: Router<Reader>,
    report: Report,
    pub(crate) users: Vec<User>,
    pub(crate) samples: Vec<Sample>,
    pub(crate) agreement: Arc<Agreement>,
    pub(crate) log: Arc<Log>,
    /// The better model, until it is deployed.
    pub(crate) candidate: Option<Reader>,
    /// A model that got worse, until it is deployed.
    pub(crate) worse: Option<Reader>,
    /// The users whom the last step of the canary gave to the new version.
    pub(crate) canary: BTreeSet<usize>,
    /// What each version says about each sample when it is asked directly.
    offline: BTreeMap<String, Vec<u32>>,
    /// Requests sent in all stages.
    pub(crate) sent: usize,
    /// Shadows sampled in all stages.
    pub(crate) sampled: usize,
    /// Answers that the version named in the route really gave.
    pub(crate) attributed: usize,
    /// What v2 answers between its swap and its roll-back.
    pub(crate) recording: Option<Recording>,
    /// How many requests v2 answered since its swap.
    pub(crate) green: usize,
    stage: usize,
    /// Where the next second of requests begins.
    turn: usize,
}

impl Stand {
    /// Loads all models and lets `v1` answer everybody.
    pub(crate) fn new() -> Result<Stand, Box<dyn Error>> {
        let mut report = Report::default();
        report.stage("Load models that read handwritten digits");
        let Trained {
            logistic,
            forest,
            worse,
            samples,
            trained_on,
        } = digits::load()?;
        report.says("images trained on, to serve", {
            format!("{}, {}", count(trained_on), count(samples.len()))
        });
        for (name, model) in [
            ("v1, logistic regression: accuracy", &logistic),
            ("v2, random forest: accuracy", &forest),
        ] {
            let accuracy = digits::accuracy(model, &samples)?;
            report.must(name, format!("{:.1} %", 100.0 * accuracy), accuracy > 0.9);
        }
        let accuracy = digits::accuracy(&worse, &samples)?;
        let value = format!("{:.1} %", 100.0 * accuracy);
        report.must("v3, labels of 8 and 9 mixed up: accuracy", value, {
            (0.5..0.9).contains(&accuracy)
        });
        let offline = BTreeMap::from([
            ("v1".to_owned(), ask_directly(&logistic, &samples)?),
            ("v2".to_owned(), ask_directly(&forest, &samples)?),
            ("v3".to_owned(), ask_directly(&worse, &samples)?),
        ]);

        let agreement = Arc::new(Agreement::default());
        let log = Arc::new(Log::default());
        let router = Router::builder("digits")
            .comparison(Arc::clone(&agreement))
            .shadow_budget(ShadowBudget::in_flight(10_000))
            .observer(Arc::clone(&log))
            .excerpt(|_image, digit| format!("{digit:?}").into_bytes())
            .journal(JournalCapacity::new(JOURNAL)?)
            .build("v1", logistic)?;
        Ok(Stand {
            router,
            report,
            users: users::all(),
            samples,
            agreement,
            log,
            candidate: Some(forest),
            worse: Some(worse),
            canary: BTreeSet::new(),
            offline,
            sent: 0,
            sampled: 0,
            attributed: 0,
            recording: None,
            green: 0,
            stage: 0,
            turn: 0,
        })
    }

    /// Prints a number that this run may give or not.
    pub(crate) fn says(&self, what: &str, value: impl Display) {
        self.report.says(what, value);
    }

    /// Prints a number that must be as the design says, and checks that it is.
    pub(crate) fn must(&mut self, what: &str, value: impl Display, holds: bool) {
        self.report.must(what, value, holds);
    }

    /// Checks that there are some, and that `found` are all of them.
    pub(crate) fn must_be_all(&mut self, what: &str, found: usize, all: usize) {
        let value = format!("{} of {}", count(found), count(all));
        self.must(what, value, found == all && all > 0);
    }

    /// Checks that `found` of `all` are what a share should give by chance.
    pub(crate) fn must_fit(
        &mut self,
        what: &str,
        found: usize,
        all: usize,
        share: Share,
    ) -> Result<(), Refusal> {
        self.report.must_fit(what, found, all, share)
    }

    /// Checks that an operation was refused, and prints why.
    pub(crate) fn must_be_refused<T>(&mut self, what: &str, done: Result<T, impl Display>) {
        match done {
            Ok(_) => self.must(what, "was not refused", false),
            Err(refusal) => {
                self.must(what, "refused", true);
                self.says("  because", refusal);
            }
        }
    }

    /// Checks the state that a version is in.
    pub(crate) fn must_be(&mut self, version: &str, expected: VersionState) {
        let state = self.router.state(version);
        let value = state.map_or("gone".to_owned(), |state| state.to_string());
        self.must(version, value, state == Some(expected));
    }

    /// Prints whom a policy moves, puts it in force and lets every user send two requests.
    pub(crate) fn release(&mut self, policy: Policy) -> Result<Answers, Box<dyn Error>> {
        let before = self.router.deployments();
        let diff = before
            .policy()
            .diff_while_live(&policy, before.live().label())?;
        self.report.moves(&diff);
        self.router.release(policy)?;
        Ok(self.serve())
    }

    /// Lets every user send two requests, one to each thread.
    pub(crate) fn serve(&mut self) -> Answers {
        self.serve_during(|_| ()).0
    }

    /// Lets every user send two requests, and runs `operate` while they are being served.
    pub(crate) fn serve_during<T>(
        &mut self,
        operate: impl FnOnce(&Router<Reader>) -> T,
    ) -> (Answers, T) {
        self.serve_turns(0..USERS, operate)
    }

    /// Lets the next few users send a request each: one second of the service's life.
    pub(crate) fn serve_a_second(&mut self) -> Answers {
        let turns = self.turn..(self.turn + PER_SECOND).min(USERS);
        self.turn = turns.end % USERS;
        self.serve_turns(turns, |_| ()).0
    }

    fn serve_turns<T>(
        &mut self,
        turns: Range<usize>,
        operate: impl FnOnce(&Router<Reader>) -> T,
    ) -> (Answers, T) {
        self.stage += 1;
        let traffic = Traffic {
            router: &self.router,
            users: &self.users,
            samples: &self.samples,
            stage: self.stage,
            turns,
        };
        let (answers, outcome) = traffic.send(|| operate(&self.router));
        self.sent += answers.len();
        self.sampled += answers.iter().filter(|answer| answer.sampled).count();
        self.attributed += self.attributed(&answers);
        (answers, outcome)
    }

    /// Begins the next stage.
    pub(crate) fn begin(&mut self, title: &str) {
        self.report.stage(title);
    }

    /// Begins a step within a stage.
    pub(crate) fn step(&self, title: &str) {
        self.report.step(title);
    }

    /// Prints the verdict of the whole run.
    pub(crate) fn end(&mut self, time: Duration, write: bool) -> Result<ExitCode, Box<dyn Error>> {
        self.report.end(self.sent, time, write)
    }

    /// Returns how many answers are those that the version named gives when asked directly.
    fn attributed(&self, answers: &Answers) -> usize {
        let is_its_own = |answer: &&Answer| {
            let digits = self.offline.get(&answer.version);
            let digit = digits.and_then(|digits| digits.get(answer.sample));
            digit.is_some() && digit.copied() == answer.digit
        };
        answers.iter().filter(is_its_own).count()
    }

    /// Returns the users that the audience of the canary names.
    pub(crate) fn colleagues(&self) -> BTreeSet<usize> {
        let users = self.users.iter().enumerate();
        let colleagues = users.filter(|(_, user)| user.is_internal());
        colleagues.map(|(place, _)| place).collect()
    }

    /// Tells that a version is the same model as another, for the checks.
    pub(crate) fn is_same_model(&mut self, version: &str, as_version: &str) {
        if let Some(digits) = self.offline.get(as_version).cloned() {
            self.offline.insert(version.to_owned(), digits);
        }
    }

    /// Tells whether two versions read a sample alike when asked directly.
    pub(crate) fn agree(&self, sample: usize, left: &str, right: &str) -> bool {
        let digit = |version: &str| self.offline.get(version)?.get(sample);
        digit(left).is_some() && digit(left) == digit(right)
    }
}

fn ask_directly(model: &Reader, samples: &[Sample]) -> Result<Vec<u32>, Failed> {
    samples
        .iter()
        .map(|sample| model.predict(&sample.image))
        .collect()
}
