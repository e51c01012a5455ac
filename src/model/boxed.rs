//! Asynchronous models as trait objects.

use core::{future::Future, pin::Pin};
use std::sync::Arc;

use super::AsyncModel;

/// The form of [`AsyncModel`] that can be a trait object.
///
/// Do not implement it: every [`AsyncModel`] has it. It costs one allocation per answer.
///
/// ```
/// # use core::convert::Infallible;
/// use switchstand::{AsyncModel, BoxedAsyncModel, Router};
/// # struct Small;
/// # impl AsyncModel for Small {
/// #     type Input = f64;
/// #     type Output = f64;
/// #     type Error = Infallible;
/// #     async fn predict(&self, input: &f64) -> Result<f64, Infallible> { Ok(*input) }
/// # }
/// # struct Large;
/// # impl AsyncModel for Large {
/// #     type Input = f64;
/// #     type Output = f64;
/// #     type Error = Infallible;
/// #     async fn predict(&self, input: &f64) -> Result<f64, Infallible> { Ok(*input) }
/// # }
/// type Any = Box<dyn BoxedAsyncModel<Input = f64, Output = f64, Error = Infallible> + Send + Sync>;
/// let router = Router::<Any>::new("ranker", "v1", Box::new(Small))?;
/// router.deploy("v2", Box::new(Large))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait BoxedAsyncModel {
    /// What a request brings.
    type Input: Send + Sync;
    /// What a request gets.
    type Output: Send;
    /// What goes wrong.
    type Error: Send;

    /// Starts to compute the answer to one input.
    fn predict_boxed<'a>(
        &'a self,
        input: &'a Self::Input,
    ) -> BoxedAnswer<'a, Self::Output, Self::Error>;

    /// Tells whether an error is the request's own fault: see
    /// [`Model::refuses`](super::Model::refuses).
    fn refuses_boxed(&self, error: &Self::Error) -> bool;
}

/// The future of an answer, as a boxed object.
pub type BoxedAnswer<'a, Output, Error> =
    Pin<Box<dyn Future<Output = Result<Output, Error>> + Send + 'a>>;

impl<M: AsyncModel> BoxedAsyncModel for M {
    type Input = M::Input;
    type Output = M::Output;
    type Error = M::Error;

    fn predict_boxed<'a>(&'a self, input: &'a M::Input) -> BoxedAnswer<'a, M::Output, M::Error> {
        Box::pin(self.predict(input))
    }

    fn refuses_boxed(&self, error: &M::Error) -> bool {
        self.refuses(error)
    }
}

macro_rules! async_model_through {
    ($($pointer:ty),+) => {$(
        impl<M: BoxedAsyncModel + Send + Sync + ?Sized> AsyncModel for $pointer {
            type Input = M::Input;
            type Output = M::Output;
            type Error = M::Error;

            async fn predict(&self, input: &M::Input) -> Result<M::Output, M::Error> {
                (**self).predict_boxed(input).await
            }

            fn refuses(&self, error: &M::Error) -> bool {
                (**self).refuses_boxed(error)
            }
        }
    )+};
}

async_model_through!(&M, Box<M>, Arc<M>);
