use serde::{Deserialize, Serialize};
use switchstand::Model;

use crate::{DIGITS, Failed, Image, PIXELS};

/// A random forest: the digit that most of its trees read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Forest(Stored);

/// The nodes of each tree, its root first.
type Stored = Vec<Vec<Node>>;

/// A place in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Node {
    /// The digit that the tree reads.
    Leaf(u32),
    /// A pixel, a limit, and the nodes at which it goes on: where the grey value is at most the
    /// limit, and where it is above.
    Split(usize, f32, usize, usize),
}

impl TryFrom<Stored> for Forest {
    type Error = String;

    fn try_from(trees: Stored) -> Result<Forest, String> {
        for (number, tree) in trees.iter().enumerate() {
            for (place, node) in tree.iter().enumerate() {
                // Onwards only, so that every walk ends.
                let onwards = |next: usize| next > place && next < tree.len();
                let holds = match *node {
                    Node::Leaf(digit) => digit < DIGITS,
                    Node::Split(pixel, _, low, high) => {
                        pixel < PIXELS && onwards(low) && onwards(high)
                    }
                };
                if !holds {
                    return Err(format!(
                        "tree {number}, node {place}: {node:?} leads nowhere"
                    ));
                }
            }
        }
        Ok(Forest(trees))
    }
}

impl From<Forest> for Stored {
    fn from(forest: Forest) -> Stored {
        forest.0
    }
}

impl Model for Forest {
    type Input = Image;
    type Output = u32;
    type Error = Failed;

    fn predict(&self, image: &Image) -> Result<u32, Failed> {
        let mut votes = [0; DIGITS as usize];
        for tree in &self.0 {
            let digit = read(tree, image).ok_or(Failed::NoAnswer)?;
            if let Some(votes) = votes.get_mut(digit as usize) {
                *votes += 1;
            }
        }
        // The first of those with the most votes.
        let most = (0..DIGITS).zip(votes).rev().max_by_key(|(_, votes)| *votes);
        match most {
            Some((digit, votes)) if votes > 0 => Ok(digit),
            _ => Err(Failed::NoAnswer),
        }
    }
}

/// Walks from the root of a tree to the digit that it reads.
fn read(tree: &[Node], image: &Image) -> Option<u32> {
    let mut node = tree.first()?;
    loop {
        match *node {
            Node::Leaf(digit) => return Some(digit),
            Node::Split(pixel, limit, low, high) => {
                let next = if *image.pixels().get(pixel)? <= limit {
                    low
                } else {
                    high
                };
                node = tree.get(next)?;
            }
        }
    }
}
