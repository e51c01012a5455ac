use std::ops::Deref;
use std::sync::{Arc, Mutex};

use switchstand::{shadow::{Comparison, Pair}, Model, Router};

struct Plain;

impl Model for Plain {
    type Input = u64;
    type Output = u64;
    type Error = ();

    fn predict(&self, input: &u64) -> Result<u64, ()> {
        Ok(*input)
    }
}

/// Writes a shadow's answer into whatever it holds.
struct Leak<R>(R);

impl<R: Deref<Target = Mutex<u64>> + Send + Sync + 'static> Comparison<u64, ()> for Leak<R> {
    type Projection = u64;

    fn project(&self, answer: &Result<u64, ()>) -> u64 {
        answer.unwrap_or_default()
    }

    fn compare(&self, pair: Pair<'_, u64>) {
        *self.0.lock().unwrap() = *pair.shadow;
    }
}

fn respond(response: &Mutex<u64>) {
    let leak = Arc::new(Leak(response));
    drop(Router::builder("test").comparison(leak).build("v1", Plain));
}

fn main() {}
