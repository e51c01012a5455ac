use serde::{Deserialize, Serialize};
use switchstand::Model;

use crate::{Failed, Image, PIXELS};

/// A logistic regression: the digit whose weighted sum of the grey values is largest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Logistic(Vec<(Vec<f32>, f32)>);

/// For each digit the weights of all grey values, then what is added to their sum.
type Stored = Vec<(Vec<f32>, f32)>;

impl TryFrom<Stored> for Logistic {
    type Error = String;

    fn try_from(rows: Stored) -> Result<Logistic, String> {
        match rows.iter().find(|(weights, _)| weights.len() != PIXELS) {
            None => Ok(Logistic(rows)),
            Some((weights, _)) => {
                let found = weights.len();
                Err(format!("a digit has {found} weights, expected {PIXELS}"))
            }
        }
    }
}

impl From<Logistic> for Stored {
    fn from(logistic: Logistic) -> Stored {
        logistic.0
    }
}

impl Model for Logistic {
    type Input = Image;
    type Output = u32;
    type Error = Failed;

    fn predict(&self, image: &Image) -> Result<u32, Failed> {
        let sum = |(weights, added): &(Vec<f32>, f32)| {
            let grey = weights.iter().zip(image.pixels());
            grey.map(|(weight, value)| weight * value).sum::<f32>() + added
        };
        let sums = self.0.iter().map(sum);
        let largest = (0_u32..)
            .zip(sums)
            .max_by(|a, b| f32::total_cmp(&a.1, &b.1));
        largest.map(|(digit, _)| digit).ok_or(Failed::NoAnswer)
    }
}
