//! Trains the classifiers of handwritten digits that the story and the example server load.
//!
//! ```text
//! cargo run --release -p switchstand-training [-- --write]
//! ```
//!
//! 70 % of the images go into training, always the same ones. Each model must answer as the
//! one that was trained on every other image, and the stored files must be what this run makes, or
//! the program ends with a non-zero exit code; `-- --write` stores them.

#![expect(clippy::print_stdout, reason = "an example prints what it found")]

use std::{error::Error, fs, path::Path};

use digits::{Forest, Image, Images, Logistic, Node, PIXELS};
use serde::{Deserialize, Serialize};
use smartcore::{
    dataset::digits as dataset,
    ensemble::random_forest_classifier::{
        RandomForestClassifier, RandomForestClassifierParameters,
    },
    linalg::basic::{arrays::Array, matrix::DenseMatrix},
    linear::logistic_regression::{LogisticRegression, LogisticRegressionParameters},
    model_selection::train_test_split,
};
use switchstand::Model;

/// Where the models are kept.
const MODELS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../digits/models");

/// The digits whose labels a fault in the worse model's training mixes up.
const MIXED_UP: [u32; 2] = [8, 9];

type Matrix = DenseMatrix<f32>;

fn main() -> Result<(), Box<dyn Error>> {
    let write = std::env::args().any(|given| given == "--write");
    let all = dataset::load_dataset();
    let labels: Vec<u32> = all.target.iter().map(|digit| *digit as u32).collect();
    let images = Matrix::new(all.num_samples, PIXELS, all.data, false)?;
    let (training, rest, labels, digits_of_rest) =
        train_test_split(&images, &labels, 0.3, true, Some(42));

    let kept = Images {
        trained_on: labels.len(),
        samples: (0..)
            .zip(&digits_of_rest)
            .map(|(row, digit)| (*digit, grey(&rest, row)))
            .collect(),
    };
    let parameters = LogisticRegressionParameters::default();
    let learned = LogisticRegression::fit(&training, &labels, parameters)?;
    let logistic = logistic(&learned)?;
    answers_alike("logistic", &logistic, &kept, &learned.predict(&rest)?)?;
    let learned = fit_forest(&training, &labels)?;
    let better = forest(&learned)?;
    answers_alike("forest", &better, &kept, &learned.predict(&rest)?)?;
    let learned = fit_forest(&training, &mixed_up(&labels))?;
    let worse = forest(&learned)?;
    answers_alike("worse", &worse, &kept, &learned.predict(&rest)?)?;

    let mut same = keep("images", &kept.samples, Some(kept.trained_on), write)?;
    same &= keep("logistic", &Vec::from(logistic), None, write)?;
    same &= keep("forest", &Vec::from(better), None, write)?;
    same &= keep("worse", &Vec::from(worse), None, write)?;
    if !same {
        return Err("other models are stored: `-- --write` renews them".into());
    }
    Ok(())
}

type TrainedForest = RandomForestClassifier<f32, u32, Matrix, Vec<u32>>;

fn fit_forest(training: &Matrix, labels: &Vec<u32>) -> Result<TrainedForest, Box<dyn Error>> {
    let parameters = RandomForestClassifierParameters::default()
        .with_n_trees(50)
        .with_seed(7);
    Ok(RandomForestClassifier::fit(training, labels, parameters)?)
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

/// Returns the grey values of an image, which are whole numbers.
fn grey(images: &Matrix, row: usize) -> Vec<u8> {
    let value = |pixel| *images.get((row, pixel)) as u8;
    (0..PIXELS).map(value).collect()
}

fn logistic(
    learned: &LogisticRegression<f32, u32, Matrix, Vec<u32>>,
) -> Result<Logistic, Box<dyn Error>> {
    let (weights, added) = (learned.coefficients(), learned.intercept());
    let digit = |row| {
        let weights = (0..PIXELS).map(|pixel| *weights.get((row, pixel)));
        (weights.collect(), *added.get((row, 0)))
    };
    let rows: Vec<(Vec<f32>, f32)> = (0..weights.shape().0).map(digit).collect();
    Ok(Logistic::try_from(rows)?)
}

/// What a trained forest stores of itself, as far as it is read here.
#[derive(Deserialize)]
struct StoredForest {
    trees: Vec<StoredTree>,
}

#[derive(Deserialize)]
struct StoredTree {
    nodes: Vec<StoredNode>,
    classes: Vec<u32>,
}

#[derive(Deserialize)]
struct StoredNode {
    output: usize,
    split_feature: usize,
    split_value: Option<f32>,
    true_child: Option<usize>,
    false_child: Option<usize>,
}

fn forest(learned: &TrainedForest) -> Result<Forest, Box<dyn Error>> {
    let stored: StoredForest = serde_json::from_value(serde_json::to_value(learned)?)?;
    let node = |tree: &StoredTree, node: &StoredNode| match (
        node.split_value,
        node.true_child,
        node.false_child,
    ) {
        (Some(limit), Some(low), Some(high)) => {
            Some(Node::Split(node.split_feature, limit, low, high))
        }
        _ => <[u32]>::get(&tree.classes, node.output)
            .copied()
            .map(Node::Leaf),
    };
    let tree = |tree: &StoredTree| tree.nodes.iter().map(|it| node(tree, it)).collect();
    let trees: Option<Vec<Vec<Node>>> = stored.trees.iter().map(tree).collect();
    Ok(Forest::try_from(trees.ok_or("a leaf without a digit")?)?)
}

/// Checks that a model answers as the one that was trained, on every image.
fn answers_alike<M: Model<Input = Image, Output = u32, Error = digits::Failed>>(
    name: &str,
    model: &M,
    images: &Images,
    expected: &[u32],
) -> Result<(), Box<dyn Error>> {
    let mut right = 0;
    for ((digit, grey), expected) in images.samples.iter().zip(expected) {
        let pixels: &[u8; PIXELS] = grey.as_slice().try_into()?;
        let read = model.predict(&Image::new(pixels.map(f32::from)))?;
        if read != *expected {
            return Err(
                format!("{name} reads {read} where the trained one reads {expected}").into(),
            );
        }
        right += usize::from(read == *digit);
    }
    println!("{name}: reads {right} of {} as they are", expected.len());
    Ok(())
}

/// Compares a file with what is stored, an item in each line, or writes it.
fn keep<T: Serialize>(
    name: &str,
    items: &[T],
    trained_on: Option<usize>,
    write: bool,
) -> Result<bool, Box<dyn Error>> {
    let lines: Result<Vec<String>, _> = items.iter().map(serde_json::to_string).collect();
    let list = format!("[\n{}\n]", lines?.join(",\n"));
    let text = match trained_on {
        Some(count) => format!("{{\"trained_on\":{count},\"samples\":{list}}}\n"),
        None => format!("{list}\n"),
    };
    let path = Path::new(MODELS).join(format!("{name}.json"));
    if write {
        fs::write(&path, text)?;
        return Ok(true);
    }
    Ok(fs::read_to_string(&path).is_ok_and(|stored| stored == text))
}
