use switchstand::comparison::{PairedOutcomes, Truth};

fn main() {
    let clicked = Truth::dependent_on_action(true);
    let mut outcomes = PairedOutcomes::default();
    let _ = outcomes.record_loss::<bool, u64>(&clicked, &1, &2, |_, _| 0.0);
}
