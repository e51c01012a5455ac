//! Any sequence of changes of the arms moves exactly what it must.

use switchstand::{Arm, release::Split};

const LINE: u128 = 1 << 64;

/// Reads bytes as changes of an eight-armed split and checks each of them.
pub(crate) fn check(bytes: &[u8]) {
    let label = |place: u8| format!("arm-{}", place % 8);
    let arms = (0..4).map(|place| Arm::new(&label(place), "v", 1));
    let mut split = Split::new(arms).expect("four arms of weight one");
    for change in bytes.chunks_exact(3) {
        let &[what, place, weight] = change else {
            continue;
        };
        let label = label(place);
        let weight = u32::from(weight) * u32::from(weight) * 257;
        let next = match what % 4 {
            0 | 1 => split.reweight([(label.as_str(), weight)]),
            2 => split.with_arm(Arm::new(&label, "v", weight)),
            _ => split.without_arm(&label),
        };
        let Ok(next) = next else { continue };
        let (before, after) = (points(&split), points(&next));
        assert_eq!(
            after.iter().map(|(_, points)| points).sum::<u128>(),
            LINE,
            "no gap"
        );
        let of = |side: &[(String, u128)], arm: &str| {
            side.iter()
                .filter(|(label, _)| label == arm)
                .map(|(_, points)| points)
                .sum::<u128>()
        };
        let lost: u128 = before
            .iter()
            .map(|(arm, points)| points.saturating_sub(of(&after, arm)))
            .sum();
        assert_eq!(moved(&split, &next), lost, "R6: nobody moves who need not");
        let again = Split::with_layout(next.arms().cloned(), &next.stretches());
        assert_eq!(
            again.as_ref(),
            Ok(&next),
            "a layout that is carried is accepted"
        );
        split = next;
    }
}

fn spans(split: &Split) -> Vec<(u128, u128, String)> {
    let stretches = split.stretches();
    let ends = stretches
        .iter()
        .skip(1)
        .map(|next| u128::from(next.from))
        .chain([LINE]);
    let pairs = stretches.iter().zip(ends);
    pairs
        .map(|(stretch, end)| (u128::from(stretch.from), end, stretch.arm.clone()))
        .collect()
}

/// The points of each arm that has any.
fn points(split: &Split) -> Vec<(String, u128)> {
    let mut points: Vec<(String, u128)> = Vec::new();
    for (start, end, arm) in spans(split) {
        match points.iter_mut().find(|(label, _)| *label == arm) {
            Some((_, sum)) => *sum += end - start,
            None => points.push((arm, end - start)),
        }
    }
    points
}

fn moved(old: &Split, new: &Split) -> u128 {
    let mut moved = 0;
    for (start, end, from) in spans(old) {
        for (begin, stop, to) in spans(new) {
            if from != to {
                moved += end.min(stop).saturating_sub(start.max(begin));
            }
        }
    }
    moved
}
