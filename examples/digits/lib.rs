//! Images of handwritten digits, and models that read them.
//!
//! The models were trained before and are stored beside this file, as those of a server are: to
//! load them takes milliseconds. `cargo run --release -p switchstand-training` trains them anew and
//! says whether these are still what it makes; `-- --write` stores them.
//!
//! The images are those of *Optical Recognition of Handwritten Digits* by E. Alpaydin and
//! C. Kaynak, UCI Machine Learning Repository, 1998, <https://doi.org/10.24432/C50P49>, under the
//! licence CC BY 4.0; here are the ones that no model was trained on.

mod forest;
mod logistic;

use serde::{Deserialize, Serialize};
use switchstand::Model;

pub use forest::{Forest, Node};
pub use logistic::Logistic;

/// What the router serves: any model that reads an image.
pub type Reader = Box<dyn Model<Input = Image, Output = u32, Error = Failed> + Send + Sync>;

/// Grey values of one image.
pub const PIXELS: usize = 64;
/// The digits that a model tells apart.
pub const DIGITS: u32 = 10;

/// Why a stored model cannot be loaded, or did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// A stored text is not what training writes.
    #[error(
        "{file}: {why}; `cargo run --release -p switchstand-training -- --write` makes it anew"
    )]
    Stored {
        /// The file's name.
        file: &'static str,
        /// What is wrong in it.
        why: String,
    },
    /// No vote was cast.
    #[error("a model without trees or weights has no answer: train it")]
    NoAnswer,
}

/// One image of 8 x 8 grey values.
#[derive(Clone, Copy, Debug)]
pub struct Image([f32; PIXELS]);

impl Image {
    /// Returns the image of these grey values from 0 to 16, row by row.
    pub const fn new(pixels: [f32; PIXELS]) -> Image {
        Image(pixels)
    }

    /// Returns the grey values, row by row.
    pub const fn pixels(&self) -> &[f32; PIXELS] {
        &self.0
    }
}

/// An image that no model was trained on, and the digit that it shows.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// The image.
    pub image: Image,
    /// The digit that it shows.
    pub digit: u32,
}

/// Images as they are stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Images {
    /// How many other images the models were trained on.
    pub trained_on: usize,
    /// Each image's digit and its grey values.
    pub samples: Vec<(u32, Vec<u8>)>,
}

/// All models, and the images that they were not trained on.
#[expect(
    missing_debug_implementations,
    reason = "a boxed model says nothing of itself"
)]
pub struct Trained {
    /// A logistic regression, right in 95 of 100.
    pub logistic: Reader,
    /// A random forest, right in 98 of 100.
    pub forest: Reader,
    /// A forest whose training labels were mixed up for some digits.
    pub worse: Reader,
    /// Images that no model was trained on.
    pub samples: Vec<Sample>,
    /// How many images the models were trained on.
    pub trained_on: usize,
}

/// Loads all models and their images.
///
/// # Errors
/// A stored file that training did not write.
pub fn load() -> Result<Trained, Failed> {
    let images: Images = read("images.json", include_str!("models/images.json"))?;
    let logistic: Logistic = read("logistic.json", include_str!("models/logistic.json"))?;
    let forest: Forest = read("forest.json", include_str!("models/forest.json"))?;
    let worse: Forest = read("worse.json", include_str!("models/worse.json"))?;
    let samples: Option<Vec<Sample>> = images.samples.iter().map(sample).collect();
    Ok(Trained {
        logistic: Box::new(logistic),
        forest: Box::new(forest),
        worse: Box::new(worse),
        samples: samples.ok_or_else(|| Failed::Stored {
            file: "images.json",
            why: format!("an image has not {PIXELS} grey values"),
        })?,
        trained_on: images.trained_on,
    })
}

/// Returns the fraction of the samples that a model reads rightly.
///
/// # Errors
/// That of the model.
pub fn accuracy(model: &Reader, samples: &[Sample]) -> Result<f64, Failed> {
    let mut right = 0;
    for sample in samples {
        right += usize::from(model.predict(&sample.image)? == sample.digit);
    }
    Ok(right as f64 / samples.len() as f64)
}

fn read<'a, T: Deserialize<'a>>(file: &'static str, text: &'a str) -> Result<T, Failed> {
    serde_json::from_str(text).map_err(|error| Failed::Stored {
        file,
        why: error.to_string(),
    })
}

fn sample((digit, pixels): &(u32, Vec<u8>)) -> Option<Sample> {
    let pixels: &[u8; PIXELS] = pixels.as_slice().try_into().ok()?;
    Some(Sample {
        image: Image::new(pixels.map(f32::from)),
        digit: *digit,
    })
}
