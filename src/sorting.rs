//! Sorting of short lists, by one piece of code for all.

use core::cmp::Ordering;

/// Sorts `items`; equal ones stay in the order in which they stood.
///
/// For lists that are sorted once in a while: arms, shadows, versions, rows of a log.
// The standard sort is compiled anew for each type and each comparison, some 3,000 statements a
// time; 20 of them were a tenth of the library. Here numbers are sorted, and only the exchange
// below is compiled for each type.
pub(crate) fn sort_by<T>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let mut places = places(
        items.len(),
        &|left, right| match (items.get(left), items.get(right)) {
            (Some(left), Some(right)) => compare(left, right),
            _ => Ordering::Equal,
        },
    );
    for at in 0..items.len() {
        // Each exchange brings one item to its place, so there are fewer of them than items.
        while let Some(&place) = places.get(at)
            && place != at
        {
            items.swap(at, place);
            places.swap(at, place);
        }
    }
}

/// Where each of `count` items belongs.
fn places(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|left, right| compare(*left, *right));
    let mut places = vec![0; count];
    for (place, item) in order.into_iter().enumerate() {
        if let Some(slot) = places.get_mut(item) {
            *slot = place;
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_the_standard_sort() {
        let mut state = 7_u32;
        for length in [0, 1, 2, 3, 20, 500] {
            let mut items: Vec<(u32, usize)> = Vec::new();
            for number in 0..length {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                items.push((state >> 28, number));
            }
            let mut expected = items.clone();
            expected.sort_by_key(|&(key, _)| key);
            sort_by(&mut items, |left, right| left.0.cmp(&right.0));
            assert_eq!(items, expected);
        }
    }
}
