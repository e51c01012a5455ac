use core::convert::Infallible;

use switchstand::{AsyncModel, Router};

struct Plain;

impl AsyncModel for Plain {
    type Input = u64;
    type Output = u64;
    type Error = Infallible;

    async fn predict(&self, input: &u64) -> Result<u64, Infallible> {
        Ok(*input)
    }
}

async fn respond(router: &Router<Plain>) -> u64 {
    let mut ticket = router.admit("ana");
    let task = ticket.shadow_task(|| 1).unwrap();
    task.await
}

fn main() {}
