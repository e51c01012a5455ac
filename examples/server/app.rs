//! What the server is started with, and what all its handlers share.

use std::{
    error::Error,
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use switchstand::{
    BoxedAsyncModel, Router, Timestamp,
    comparison::{Difference, PairedComparison},
    ramp::Ramp,
    shadow::ShadowBudget,
    tracing::TracingObserver,
};
use tokio::{runtime::Handle, sync::Notify, time::timeout};

use crate::{
    log::Log,
    metrics::Metrics,
    release_file::Watched,
    stored::{Store, Stored},
};

/// The grey values of one image.
pub type Pixels = Vec<f32>;

/// What the router serves: any model that reads a digit, now or later.
pub type Reader =
    Box<dyn BoxedAsyncModel<Input = Pixels, Output = u32, Error = Fault> + Send + Sync>;

/// Why an image has no digit.
#[derive(Clone, Debug)]
pub enum Fault {
    /// By the request's own fault: no failure of the version, and not run twice.
    Refused(String),
    /// By the version's fault.
    Failed(String),
}

impl Fault {
    /// Tells whether the request is to blame.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Fault::Refused(_))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Refused(why) => write!(f, "refused: {why}"),
            Fault::Failed(why) => f.write_str(why),
        }
    }
}

/// Counts on which images two models read different digits, and which.
pub(crate) type Digits = PairedComparison<u32, Fault, u32>;

/// Loads the model of this name.
pub(crate) type Load = Arc<dyn Fn(&str) -> Option<Reader> + Send + Sync>;

/// What a server is started with.
pub struct Settings {
    /// The router's name, for its logs and its stored state.
    pub name: String,
    /// The version that answers everybody where there is no stored state.
    pub live: String,
    /// Loads the model of a version; it may take long.
    pub load: Load,
    /// An image that a version must read before it may answer; its first request is then quick.
    pub probe: Option<Pixels>,
    /// How long a shadow may take before it is given up; an answer may take 50 times as long.
    pub patience: Duration,
    /// How often the roll-out, the release file and the stored state are looked at.
    pub tick: Duration,
    /// How many shadows may be in flight.
    pub shadows: u32,
    /// The file that says what is released.
    pub release_file: Option<PathBuf>,
    /// The file that is written at every change, and read at the start.
    pub state_file: Option<PathBuf>,
    /// Where every outcome is written to.
    pub log: Option<Log>,
}

impl Settings {
    /// Returns settings with one model and nothing else.
    #[must_use]
    pub fn new(
        live: &str,
        load: impl Fn(&str) -> Option<Reader> + Send + Sync + 'static,
    ) -> Settings {
        Settings {
            name: "digits".to_owned(),
            live: live.to_owned(),
            load: Arc::new(load),
            probe: None,
            patience: Duration::from_secs(1),
            tick: Duration::from_secs(1),
            shadows: 64,
            release_file: None,
            state_file: None,
            log: None,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("name", &self.name)
            .field("live", &self.live)
            .finish_non_exhaustive()
    }
}

/// Holds what all handlers share.
pub(crate) struct App {
    pub(crate) router: Router<Reader>,
    pub(crate) comparison: Arc<Digits>,
    pub(crate) metrics: Arc<Metrics>,
    /// The roll-out that is running, or the last one.
    pub(crate) ramp: Mutex<Option<Ramp<Reader>>>,
    pub(crate) release_file: Option<Watched>,
    pub(crate) store: Option<Store>,
    pub(crate) load: Load,
    pub(crate) probe: Option<Pixels>,
    pub(crate) patience: Duration,
    pub(crate) tick: Duration,
    /// Wakes the timer, because something has changed.
    pub(crate) changed: Notify,
    pub(crate) log: Option<Log>,
}

impl App {
    /// Loads the models of the stored state, or the first one, and goes on where it was.
    ///
    /// It takes as long as the models take: call it where that holds up nobody.
    pub(crate) fn open(settings: Settings) -> Result<App, Box<dyn Error + Send + Sync>> {
        let Settings {
            name, live, load, ..
        } = settings;
        let metrics = Arc::new(Metrics::new()?);
        let comparison = comparison();
        let mut builder = Router::builder(&name)
            .comparison(Arc::clone(&comparison))
            .clock(now)
            .shadow_budget(ShadowBudget::in_flight(settings.shadows))
            .observer(Arc::new(TracingObserver))
            .observer(Arc::clone(&metrics));
        if let Some(log) = &settings.log {
            builder = builder.observer(Arc::new(log.clone()));
        }
        let store = settings.state_file.map(Store::new);
        let stored = store.as_ref().map(Store::read).transpose()?.flatten();
        let load_warm = |version: &str| -> Result<Reader, Box<dyn Error + Send + Sync>> {
            let model = load(version).ok_or_else(|| format!("there is no model {version:?}"))?;
            Handle::current()
                .block_on(check(&model, settings.probe.as_ref()))
                .map_err(|why| format!("{version}: {why}"))?;
            Ok(model)
        };
        let (router, ramp, good) = match stored {
            None => (builder.build(&live, load_warm(&live)?)?, None, None),
            Some(Stored {
                deployments,
                ramp,
                release_file,
            }) => {
                let labels = deployments.iter().map(|it| it.label().to_owned());
                let models = labels.map(|version| Ok((version.clone(), load_warm(&version)?)));
                let models: Vec<(String, Reader)> =
                    models.collect::<Result<_, Box<dyn Error + Send + Sync>>>()?;
                let router = builder.restore(deployments, models)?;
                // By name: it brings the router where the roll-out was, or says what is missing.
                let ramp = ramp.map(|ramp| router.resume(ramp)).transpose()?;
                (router, ramp, release_file)
            }
        };
        Ok(App {
            router,
            comparison,
            metrics,
            ramp: Mutex::new(ramp),
            release_file: settings.release_file.map(|path| Watched::new(path, good)),
            store,
            load,
            probe: settings.probe,
            patience: settings.patience,
            tick: settings.tick,
            changed: Notify::new(),
            log: settings.log,
        })
    }

    /// Returns the roll-out of this moment.
    pub(crate) fn ramp(&self) -> Option<Ramp<Reader>> {
        let ramp = self.ramp.lock().unwrap_or_else(PoisonError::into_inner);
        ramp.clone()
    }

    pub(crate) fn keep_ramp(&self, ramp: Ramp<Reader>) {
        *self.ramp.lock().unwrap_or_else(PoisonError::into_inner) = Some(ramp);
    }
}

/// Lets a model read the probe: it is warm afterwards.
pub(crate) async fn check(model: &Reader, probe: Option<&Pixels>) -> Result<(), String> {
    let Some(probe) = probe else { return Ok(()) };
    match timeout(Duration::from_secs(60), model.predict_boxed(probe)).await {
        Ok(Ok(digit)) if digit < 10 => Ok(()),
        Ok(Ok(digit)) => Err(format!("reads {digit}, which is no digit")),
        Ok(Err(fault)) => Err(fault.to_string()),
        Err(_) => Err("does not read the probe within a minute".to_owned()),
    }
}

fn comparison() -> Arc<Digits> {
    let comparison = PairedComparison::new(|digit: &u32| *digit, |_: &Fault| "error".to_owned())
        .comparing("digit", Difference::unless_equal)
        .label(u32::to_string)
        .keeping_worst(20, 0);
    Arc::new(comparison)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a server may look at the clock; the library may not"
)]
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp::default().after(since.unwrap_or_default())
}
