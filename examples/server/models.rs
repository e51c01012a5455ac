//! The models that the server has: those of the lifecycle.

use std::sync::{Arc, OnceLock};

use switchstand::AsyncModel;

use crate::{Fault, Pixels, Reader};

/// One of the lifecycle's models, asked on the thread of the runtime: it takes microseconds.
#[derive(Clone)]
pub struct Local(Arc<digits::Reader>);

impl AsyncModel for Local {
    type Input = Pixels;
    type Output = u32;
    type Error = Fault;

    async fn predict(&self, pixels: &Pixels) -> Result<u32, Fault> {
        if pixels.is_empty() || pixels.len() > digits::PIXELS {
            let allowed = digits::PIXELS;
            let why = format!(
                "the image has {} pixels, 1 to {allowed} are allowed",
                pixels.len()
            );
            return Err(Fault::Refused(why));
        }
        let grey = std::array::from_fn(|place| pixels.get(place).copied().unwrap_or(0.0));
        let answer = switchstand::Model::predict(&*self.0, &digits::Image::new(grey));
        answer.map_err(|error| Fault::Failed(error.to_string()))
    }

    fn refuses(&self, fault: &Fault) -> bool {
        fault.is_refusal()
    }
}

impl std::fmt::Debug for Local {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Local").finish_non_exhaustive()
    }
}

/// Returns what loads `logistic` and `forest`.
///
/// Both are read when the first is asked for; until then the server says that it is not ready.
pub fn loader() -> impl Fn(&str) -> Option<Reader> + Send + Sync {
    let trained = OnceLock::new();
    move |version| {
        let models = trained.get_or_init(|| {
            let trained = digits::load().map_err(|error| error.to_string())?;
            Ok::<_, String>([trained.logistic, trained.forest].map(|it| Local(Arc::new(it))))
        });
        let [logistic, forest] = models.as_ref().ok()?;
        let model = match version {
            "logistic" => logistic,
            "forest" => forest,
            _ => return None,
        };
        Some(Box::new(model.clone()))
    }
}

/// Returns an image that every version can read.
#[must_use]
pub fn probe() -> Pixels {
    vec![8.0; digits::PIXELS]
}
