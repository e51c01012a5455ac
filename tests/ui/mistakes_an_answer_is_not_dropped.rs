//! Whoever drops what `predict` returns loses the answer and its shadows.
#![deny(unused_must_use)]

use switchstand::{Model, Router};

struct Doubling;

impl Model for Doubling {
    type Input = u32;
    type Output = u32;
    type Error = String;

    fn predict(&self, input: &u32) -> Result<u32, String> {
        Ok(input * 2)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let router = Router::new("ranker", "v1", Doubling)?;
    router.predict("user-42", &7);
    Ok(())
}
