//! Moving the least mass from one layout to another.

use super::layout::{LINE, Layout};

/// A stretch `(length, arm)`; stretches stand one behind the other.
type Stretch = (u128, u16);

/// Changes a layout so that each arm has its target, and moves as few points as possible.
///
/// The number of points that move is the sum of what arms lose: the total variation distance. If
/// there is a choice, a boundary between neighbours moves before a new one is made, and the
/// smallest stretches are given up first. This keeps layouts short over many changes.
///
/// `None` if the targets do not cover the line.
pub(super) fn reweight(layout: &Layout, targets: &[u128]) -> Option<Layout> {
    let mut excess = Excess::new(&layout.points(targets.len()), targets)?;
    let mut stretches: Vec<Stretch> = layout
        .stretches()
        .map(|(start, end, arm)| (end - start, arm))
        .collect();
    loop {
        while shift_a_boundary(&mut stretches, &mut excess) {
            join(&mut stretches);
        }
        if !hand_over(&mut stretches, &mut excess) {
            break;
        }
        join(&mut stretches);
    }
    let mut reached = 0;
    let placed: Vec<_> = stretches
        .iter()
        .map(|(length, arm)| {
            reached += length;
            (reached - length, reached, *arm)
        })
        .collect();
    Layout::of_stretches(&placed)
}

/// Returns targets by which the arm `place` alone takes from others, or gives to others.
///
/// Rounding could otherwise move single points between arms that do not change, or to an arm
/// without weight.
pub(super) fn only_for(place: usize, had: &[u128], wanted: &[u128]) -> Vec<u128> {
    if had.get(place) == wanted.get(place) {
        return had.to_vec();
    }
    let grows = had.get(place) < wanted.get(place);
    let bound = |(had, wanted): (&u128, &u128)| {
        if grows {
            *had.min(wanted)
        } else {
            *had.max(wanted)
        }
    };
    let mut targets: Vec<u128> = had.iter().zip(wanted).map(bound).collect();
    if let (Some(target), Some(wanted)) = (targets.get_mut(place), wanted.get(place)) {
        *target = *wanted;
    }
    let sum: u128 = targets.iter().sum();
    if grows {
        if let Some(target) = targets.get_mut(place) {
            *target = (*target + LINE).saturating_sub(sum);
        }
    } else if let Some(target) = targets.iter_mut().max() {
        *target = (*target + LINE).saturating_sub(sum);
    }
    targets
}

/// How many points each arm has too many, and too few.
struct Excess {
    too_many: Vec<u128>,
    too_few: Vec<u128>,
}

impl Excess {
    fn new(points: &[u128], targets: &[u128]) -> Option<Excess> {
        let pairs = || points.iter().zip(targets);
        let too_many: Vec<u128> = pairs()
            .map(|(has, wants)| has.saturating_sub(*wants))
            .collect();
        let too_few: Vec<u128> = pairs()
            .map(|(has, wants)| wants.saturating_sub(*has))
            .collect();
        let balanced = too_many.iter().sum::<u128>() == too_few.iter().sum();
        balanced.then_some(Excess { too_many, too_few })
    }

    /// Returns how many points one arm can give another.
    fn between(&self, giver: u16, taker: u16) -> u128 {
        let too_many = self.too_many.get(usize::from(giver)).copied().unwrap_or(0);
        too_many.min(self.too_few.get(usize::from(taker)).copied().unwrap_or(0))
    }

    fn settle(&mut self, giver: u16, taker: u16, points: u128) {
        if let (Some(many), Some(few)) = (
            self.too_many.get_mut(usize::from(giver)),
            self.too_few.get_mut(usize::from(taker)),
        ) {
            *many -= points;
            *few -= points;
        }
    }

    /// Returns the arm that lacks most.
    fn neediest(&self) -> Option<u16> {
        let (arm, lack) = (0u16..).zip(&self.too_few).max_by_key(|(_, lack)| **lack)?;
        (*lack > 0).then_some(arm)
    }
}

/// Moves one boundary between an arm that has too many points and a neighbour with too few.
fn shift_a_boundary(stretches: &mut [Stretch], excess: &mut Excess) -> bool {
    for place in 1..stretches.len() {
        let Some([left, right]) = stretches.get_mut(place - 1..=place) else {
            continue;
        };
        if shift(left, right, excess) || shift(right, left, excess) {
            return true;
        }
    }
    false
}

/// Lets `taker` grow into its neighbour, as far as both their targets allow.
fn shift(giver: &mut Stretch, taker: &mut Stretch, excess: &mut Excess) -> bool {
    let points = excess.between(giver.1, taker.1).min(giver.0);
    giver.0 -= points;
    taker.0 += points;
    excess.settle(giver.1, taker.1, points);
    points > 0
}

/// Hands the end of the smallest stretch that must shrink to the arm that lacks most.
fn hand_over(stretches: &mut Vec<Stretch>, excess: &mut Excess) -> bool {
    let Some(taker) = excess.neediest() else {
        return false;
    };
    let smallest = stretches
        .iter()
        .enumerate()
        .filter(|(_, (_, arm))| excess.between(*arm, taker) > 0)
        .min_by_key(|(_, (length, _))| *length);
    let Some((place, (length, giver))) = smallest.map(|(place, stretch)| (place, *stretch)) else {
        return false;
    };
    let points = excess.between(giver, taker).min(length);
    if let Some(stretch) = stretches.get_mut(place) {
        stretch.0 -= points;
    }
    stretches.insert(place + 1, (points, taker));
    excess.settle(giver, taker, points);
    true
}

/// Drops empty stretches and joins neighbours of one arm.
fn join(stretches: &mut Vec<Stretch>) {
    stretches.retain(|(length, _)| *length > 0);
    stretches.dedup_by(|next, kept| {
        let same = next.1 == kept.1;
        if same {
            kept.0 += next.0;
        }
        same
    });
}
