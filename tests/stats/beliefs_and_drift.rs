//! Laws of beliefs and of drift.
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use proptest::prelude::*;
use switchstand::stats::bayes::{self, BetaLaw, NormalLaw};
use switchstand::stats::{Alpha, Counts, PValue, drift};

const FIVE: Alpha = Alpha::FIVE_PERCENT;

fn close(x: f64, y: f64, tolerance: f64) -> bool {
    x == y || (x - y).abs() <= tolerance * x.abs().max(y.abs()).max(1.0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn t1_drift_is_symmetric_where_it_says_so(
        pairs in prop::collection::vec((1_u64..500, 1_u64..500), 2..12)
    ) {
        let (e, o): (Vec<u64>, Vec<u64>) = pairs.into_iter().unzip();
        let forth = drift::binned(&e, &o, 0.0).unwrap();
        let back = drift::binned(&o, &e, 0.0).unwrap();
        for (x, y) in [
            (forth.psi, back.psi),
            (forth.jensen_shannon, back.jensen_shannon),
            (forth.hellinger, back.hellinger),
            (forth.total_variation, back.total_variation),
            (forth.chi_squared, back.chi_squared),
        ] {
            prop_assert!(close(x, y, 1e-12) && x >= 0.0);
        }
    }

    #[test]
    fn t1_beliefs_about_two_rates_add_up(
        xa in 0_u64..300, na in 300_u64..400, xb in 0_u64..300, nb in 300_u64..5000,
        prior in prop_oneof![Just(BetaLaw::UNIFORM), Just(BetaLaw::JEFFREYS)],
    ) {
        let a = prior.updated(&Counts::new(xa, na).unwrap());
        let b = prior.updated(&Counts::new(xb, nb).unwrap());
        let belief = bayes::compare_rates(a, b);
        prop_assert!(close(belief.candidate_larger + belief.control_larger, 1.0, 1e-11));
        let gain = belief.loss_of_control - belief.loss_of_candidate;
        prop_assert!(close(gain, b.mean() - a.mean(), 1e-12));
        let best = bayes::best_of_rates(&[a, b]).unwrap();
        prop_assert!(close(best.probability[1], belief.candidate_larger, 1e-9));
        prop_assert!(close(best.expected_loss[1], belief.loss_of_candidate, 1e-9));
    }

    #[test]
    fn t1_one_arm_is_best_and_someone_is_second(
        arms in prop::collection::vec((-2.0..2.0_f64, 0.01..3.0_f64), 2..8)
    ) {
        let laws: Vec<NormalLaw> =
            arms.iter().map(|(m, s)| NormalLaw::new(*m, *s).unwrap()).collect();
        let best = bayes::best_of_means(&laws).unwrap();
        prop_assert!(close(best.probability.iter().sum(), 1.0, 1e-9));
        prop_assert!(close(best.top_two.iter().sum(), 1.0, 1e-9));
        for (arm, loss) in arms.iter().zip(&best.expected_loss) {
            prop_assert!(close(arm.0 + loss, best.expected_best, 1e-9));
        }
    }

    #[test]
    fn t1_a_normal_belief_of_two_arms_has_a_closed_form(
        m in -3.0..3.0_f64, s in 0.1..2.0_f64, t in 0.1..2.0_f64
    ) {
        let arms = [NormalLaw::new(0.0, t).unwrap(), NormalLaw::new(m, s).unwrap()];
        let best = bayes::best_of_means(&arms).unwrap();
        let effect = NormalLaw::new(m, s.hypot(t)).unwrap().summary(FIVE, 0.0).unwrap();
        prop_assert!(close(best.probability[1], effect.probability_positive, 1e-9));
        prop_assert!(close(best.expected_loss[1], effect.loss_of_candidate, 1e-9));
        prop_assert!(close(best.expected_loss[0], effect.loss_of_control, 1e-9));
    }
}

#[test]
fn t1_psi_tends_to_chi_squared() {
    // The index and Pearson's statistic agree to first order, and so do their p-values.
    let drift = drift::binned(
        &[10_000; 10],
        &[
            5_050, 4_960, 5_010, 4_930, 5_070, 5_020, 4_980, 4_900, 5_040, 5_040,
        ],
        0.0,
    )
    .unwrap();
    let p: PValue = drift.psi_p.unwrap();
    assert!((p.value - drift.chi_squared_p.value).abs() < 5e-3);
}
