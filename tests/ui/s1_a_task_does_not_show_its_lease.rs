use core::convert::Infallible;

use switchstand::{Model, Router};

struct Plain;

impl Model for Plain {
    type Input = u64;
    type Output = u64;
    type Error = Infallible;

    fn predict(&self, input: &u64) -> Result<u64, Infallible> {
        Ok(*input)
    }
}

fn respond(router: &Router<Plain>) -> Result<u64, Infallible> {
    let task = router.predict("ana", &1).shadows.pop().unwrap();
    task.lease.model().predict(&1)
}

fn main() {}
