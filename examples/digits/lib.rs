//! Images of handwritten digits, and two models that read them.

use std::error::Error;

/// Why a model was not trained, or does not answer.
pub use smartcore::error::Failed;
use smartcore::{
    dataset::digits,
    ensemble::random_forest_classifier::{
        RandomForestClassifier, RandomForestClassifierParameters,
    },
    linalg::basic::{arrays::Array, matrix::DenseMatrix},
    linear::logistic_regression::{LogisticRegression, LogisticRegressionParameters},
    model_selection::train_test_split,
};
use switchstand::Model;

/// What the router serves: any model that reads an image.
pub type Reader = Box<dyn Model<Input = Image, Output = u32, Error = Failed> + Send + Sync>;

/// Grey values of one image.
pub const PIXELS: usize = 64;

/// One image of 8 x 8 grey values.
#[derive(Clone, Copy, Debug)]
pub struct Image([f32; PIXELS]);

impl Image {
    /// Returns the image of these grey values from 0 to 16, row by row.
    pub const fn new(pixels: [f32; PIXELS]) -> Image {
        Image(pixels)
    }

    fn matrix(&self) -> Result<DenseMatrix<f32>, Failed> {
        DenseMatrix::new(1, PIXELS, self.0.to_vec(), false)
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

struct Logistic(LogisticRegression<f32, u32, DenseMatrix<f32>, Vec<u32>>);

impl Model for Logistic {
    type Input = Image;
    type Output = u32;
    type Error = Failed;

    fn predict(&self, image: &Image) -> Result<u32, Failed> {
        first(self.0.predict(&image.matrix()?)?)
    }
}

struct Forest(RandomForestClassifier<f32, u32, DenseMatrix<f32>, Vec<u32>>);

impl Model for Forest {
    type Input = Image;
    type Output = u32;
    type Error = Failed;

    fn predict(&self, image: &Image) -> Result<u32, Failed> {
        first(self.0.predict(&image.matrix()?)?)
    }
}

fn first(answers: Vec<u32>) -> Result<u32, Failed> {
    answers
        .first()
        .copied()
        .ok_or_else(|| Failed::predict("no answer"))
}

/// All models, and the images that they were not trained on.
#[expect(
    missing_debug_implementations,
    reason = "a boxed model says nothing of itself"
)]
pub struct Trained {
    /// A logistic regression, right in 95 of 100.
    pub logistic: Reader,
    /// A random forest, right in 97 of 100.
    pub forest: Reader,
    /// A forest whose training labels were mixed up for some digits.
    pub worse: Reader,
    /// Images that no model was trained on.
    pub samples: Vec<Sample>,
    /// How many images the models were trained on.
    pub trained_on: usize,
}

/// The digits whose labels a fault in the worse model's training mixes up.
const MIXED_UP: [u32; 2] = [8, 9];

/// Trains all models on 70 % of the images, always the same ones.
pub fn train() -> Result<Trained, Box<dyn Error>> {
    let all = digits::load_dataset();
    let digits: Vec<u32> = all.target.iter().map(|digit| *digit as u32).collect();
    let images = DenseMatrix::new(all.num_samples, PIXELS, all.data, false)?;
    let (training, rest, digits, digits_of_rest) =
        train_test_split(&images, &digits, 0.3, true, Some(42));

    let parameters = LogisticRegressionParameters::default();
    let logistic = Logistic(LogisticRegression::fit(&training, &digits, parameters)?);
    let forest = |digits: &Vec<u32>| -> Result<Reader, Failed> {
        let parameters = RandomForestClassifierParameters::default()
            .with_n_trees(50)
            .with_seed(7);
        let forest = RandomForestClassifier::fit(&training, digits, parameters)?;
        Ok(Box::new(Forest(forest)))
    };

    let sample = |(row, digit): (usize, &u32)| Sample {
        image: Image::new(std::array::from_fn(|pixel| *rest.get((row, pixel)))),
        digit: *digit,
    };
    Ok(Trained {
        logistic: Box::new(logistic),
        forest: forest(&digits)?,
        worse: forest(&mixed_up(&digits))?,
        samples: digits_of_rest.iter().enumerate().map(sample).collect(),
        trained_on: digits.len(),
    })
}

/// Returns the labels with those of some digits moved along, each to the next place of its kind.
fn mixed_up(digits: &[u32]) -> Vec<u32> {
    let is_one = |digit: &&u32| MIXED_UP.contains(digit);
    let mut moved = digits.iter().filter(is_one).cycle().skip(1);
    let label = |digit: &u32| match is_one(&digit) {
        true => moved.next().copied().unwrap_or(*digit),
        false => *digit,
    };
    digits.iter().map(label).collect()
}

/// Returns the fraction of the samples that a model reads rightly.
pub fn accuracy(model: &Reader, samples: &[Sample]) -> Result<f64, Failed> {
    let mut right = 0;
    for sample in samples {
        right += usize::from(model.predict(&sample.image)? == sample.digit);
    }
    Ok(right as f64 / samples.len() as f64)
}
