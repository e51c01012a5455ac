use switchstand::comparison::{PairedOutcomes, TruthOfAction};

fn main() {
    let clicked = TruthOfAction(true);
    let mut outcomes = PairedOutcomes::default();
    let _ = outcomes.record::<bool, u64>(&clicked, &1, &2, |_, clicked| *clicked);
}
