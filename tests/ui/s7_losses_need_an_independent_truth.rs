use switchstand::comparison::{PairedOutcomes, TruthOfAction};

fn main() {
    let clicked = TruthOfAction(true);
    let mut outcomes = PairedOutcomes::default();
    let _ = outcomes.record_loss::<bool, u64>(&clicked, &1, &2, |_, _| 0.0);
}
