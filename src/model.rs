//! Models, which answer requests.

mod boxed;

use core::future::Future;
use std::sync::Arc;

pub use boxed::{BoxedAnswer, BoxedAsyncModel};

/// A model that answers an input at once: loaded in this process, or a client of one.
///
/// The trait is dyn-compatible, so versions of different types can share a router as
/// `Box<dyn Model<Input = _, Output = _, Error = _>>`. A model is called from many threads at
/// once and through a shared reference.
///
/// ```
/// use core::convert::Infallible;
/// use switchstand::Model;
///
/// struct Doubler;
/// impl Model for Doubler {
///     type Input = f64;
///     type Output = f64;
///     type Error = Infallible;
///     fn predict(&self, input: &f64) -> Result<f64, Infallible> {
///         Ok(input * 2.0)
///     }
/// }
/// ```
pub trait Model {
    /// What a request brings.
    type Input;
    /// What a request gets.
    type Output;
    /// What goes wrong.
    type Error;

    /// Computes the answer to one input.
    ///
    /// # Errors
    /// Whatever the model calls an error; a roll-out may count it.
    fn predict(&self, input: &Self::Input) -> Result<Self::Output, Self::Error>;

    /// Tells whether an error is the request's own fault and not a failure of the model.
    ///
    /// A refused request is not run again on the live version. By default no error is a refusal.
    fn refuses(&self, error: &Self::Error) -> bool {
        let _ = error;
        false
    }
}

macro_rules! model_through {
    ($($pointer:ty),+) => {$(
        impl<M: Model + ?Sized> Model for $pointer {
            type Input = M::Input;
            type Output = M::Output;
            type Error = M::Error;

            fn predict(&self, input: &M::Input) -> Result<M::Output, M::Error> {
                (**self).predict(input)
            }

            fn refuses(&self, error: &M::Error) -> bool {
                (**self).refuses(error)
            }
        }
    )+};
}

model_through!(&M, Box<M>, Arc<M>);

/// A model that answers later, for example over a network, or from a batcher or a device queue.
///
/// The library polls nothing by itself and needs no particular runtime. Versions of different types
/// can share a router as `Box<dyn BoxedAsyncModel<Input = _, Output = _, Error = _>>`; every
/// `AsyncModel` implements `BoxedAsyncModel`.
///
/// ```
/// use core::convert::Infallible;
/// use switchstand::AsyncModel;
///
/// struct Doubler;
/// impl AsyncModel for Doubler {
///     type Input = f64;
///     type Output = f64;
///     type Error = Infallible;
///     async fn predict(&self, input: &f64) -> Result<f64, Infallible> {
///         Ok(input * 2.0)
///     }
/// }
/// ```
pub trait AsyncModel {
    /// What a request brings.
    type Input: Send + Sync;
    /// What a request gets.
    type Output: Send;
    /// What goes wrong.
    type Error: Send;

    /// Computes the answer to one input.
    ///
    /// The future may be dropped before it is ready: the client went away, or a shadow was
    /// given up.
    ///
    /// # Errors
    /// Whatever the model calls an error; a roll-out may count it.
    fn predict(
        &self,
        input: &Self::Input,
    ) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send;

    /// Tells whether an error is the request's own fault: see [`Model::refuses`].
    fn refuses(&self, error: &Self::Error) -> bool {
        let _ = error;
        false
    }
}

/// The types of a model's inputs and answers. A comparison or an excerpt of other types does not
/// compile.
///
/// Do not implement it: every [`Model`] and [`AsyncModel`] has it. `Kind` only distinguishes the
/// two; name it if a type is both.
pub trait Answers<Kind> {
    /// What a request brings.
    type Input;
    /// What a request gets.
    type Output;
    /// What goes wrong.
    type Error;
}

/// The kind of answers that come by [`Model::predict`].
#[derive(Debug)]
pub enum ByModel {}

/// The kind of answers that come by [`AsyncModel::predict`].
#[derive(Debug)]
pub enum ByAsyncModel {}

impl<M: Model> Answers<ByModel> for M {
    type Input = M::Input;
    type Output = M::Output;
    type Error = M::Error;
}

impl<M: AsyncModel> Answers<ByAsyncModel> for M {
    type Input = M::Input;
    type Output = M::Output;
    type Error = M::Error;
}
