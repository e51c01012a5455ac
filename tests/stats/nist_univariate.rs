//! Certified values of the NIST Statistical Reference Datasets, univariate summary statistics.
//!
//! Data and certified means and standard deviations: <https://www.itl.nist.gov/div898/strd/>,
//! a publication of the United States government. The certified values are exact to 15 digits
//! for the decimal data; the data as `f64` differ from them by up to half a unit in the last
//! place, which a mean that is kappa standard deviations from zero magnifies by kappa.
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use switchstand::stats::{HigherMoments, Moments};

const LEW: &str = "\
    -213 -564 -35 -15 141 115 -420 -360 203 -338 -431 194 -220 -513 154 -125 -559 92 -21 -579 \
    -52 99 -543 -175 162 -457 -346 204 -300 -474 164 -107 -572 -8 83 -541 -224 180 -420 -374 \
    201 -236 -531 83 27 -564 -112 131 -507 -254 199 -311 -495 143 -46 -579 -90 136 -472 -338 \
    202 -287 -477 169 -124 -568 17 48 -568 -135 162 -430 -422 172 -74 -577 -13 92 -534 -243 \
    194 -355 -465 156 -81 -578 -64 139 -449 -384 193 -198 -538 110 -44 -577 -6 66 -552 -164 \
    161 -460 -344 205 -281 -504 134 -28 -576 -118 156 -437 -381 200 -220 -540 83 11 -568 -160 \
    172 -414 -408 188 -125 -572 -32 139 -492 -321 205 -262 -504 142 -83 -574 0 48 -571 -106 \
    137 -501 -266 190 -391 -406 194 -186 -553 83 -13 -577 -49 103 -515 -280 201 300 -506 131 \
    -45 -578 -80 138 -462 -361 201 -211 -554 32 74 -533 -235 187 -372 -442 182 -147 -566 25 68 \
    -535 -244 194 -351 -463 174 -125 -570 15 72 -550 -190 172 -424 -385 198 -218 -536 96";
const LOTTERY: &str = "\
    162 671 933 414 788 730 817 33 536 875 670 236 473 167 877 980 316 950 456 92 517 557 956 \
    954 104 178 794 278 147 773 437 435 502 610 582 780 689 562 964 791 28 97 848 281 858 538 \
    660 972 671 613 867 448 738 966 139 636 847 659 754 243 122 455 195 968 793 59 730 361 574 \
    522 97 762 431 158 429 414 22 629 788 999 187 215 810 782 47 34 108 986 25 644 829 630 315 \
    567 919 331 207 412 242 607 668 944 749 168 864 442 533 805 372 63 458 777 416 340 436 140 \
    919 350 510 572 905 900 85 389 473 758 444 169 625 692 140 897 672 288 312 860 724 226 884 \
    508 976 741 476 417 831 15 318 432 241 114 799 955 833 358 935 146 630 830 440 642 356 373 \
    271 715 367 393 190 669 8 861 108 795 269 590 326 866 64 523 862 840 219 382 998 4 628 305 \
    747 247 34 747 729 645 856 974 24 568 24 694 608 480 410 729 947 293 53 930 223 203 677 \
    227 62 455 387 318 562 242 428 968";
/// Hundred-thousandths above 2.
const MAVRO: &str = "\
    180 170 180 190 180 170 150 140 150 150 170 180 180 190 190 210 200 160 140 130 130 150 \
    150 160 150 140 130 140 150 140 150 160 150 160 190 200 200 210 220 230 240 250 270 260 \
    260 260 270 260 250 240";
/// Kilometres per second above 299 000.
const MICHELSO: &str = "\
    850 740 900 1070 930 850 950 980 980 880 1000 980 930 650 760 810 1000 1000 960 960 960 \
    940 960 940 880 800 850 880 900 840 830 790 810 880 880 830 800 790 760 800 880 880 880 \
    860 720 720 620 860 970 950 880 910 850 870 840 840 850 840 840 840 890 810 810 820 800 \
    770 760 740 750 760 910 920 890 860 880 720 840 850 850 780 890 840 780 810 760 810 790 \
    810 820 850 870 870 810 740 810 940 950 800 810 870";
/// How often each digit occurs in the set PiDigits. (In one of its 5000 digits, number 957, it
/// has a 3 where pi has an 8.)
const PI_DIGITS: [usize; 10] = [466, 531, 496, 461, 508, 525, 513, 488, 491, 521];

fn numbers(text: &str) -> Vec<f64> {
    let parsed = text.split_whitespace().map(|word| word.parse().unwrap());
    parsed.collect()
}

/// The one value and the two that alternate around it, of the sets NumAcc2 to NumAcc4.
fn alternating(middle: f64, low: f64, high: f64) -> Vec<f64> {
    let mut values = vec![middle];
    values.extend([low, high].repeat(500));
    values
}

#[track_caller]
fn certified(values: &[f64], n: usize, mean: f64, sd: f64) {
    assert_eq!(values.len(), n);
    let (mut batch, mut stream) = (Moments::new(), Moments::new());
    batch.extend_from_slice(values).unwrap();
    values.iter().for_each(|&x| stream.record(x).unwrap());
    let mut higher = HigherMoments::new();
    higher.extend_from_slice(values).unwrap();
    let kappa = mean.abs() / sd;
    for (found_mean, found_sd) in [
        (batch.mean(), batch.standard_deviation()),
        (stream.mean(), stream.standard_deviation()),
        (higher.mean(), higher.standard_deviation()),
    ] {
        let mean_error = (found_mean.unwrap() / mean - 1.0).abs();
        let sd_error = (found_sd.unwrap() / sd - 1.0).abs();
        assert!(mean_error <= 5e-15, "mean off by {mean_error:e}");
        assert!(sd_error <= 5e-15 * (1.0 + kappa), "sd off by {sd_error:e}");
    }
}

#[test]
fn t1_lew() {
    certified(&numbers(LEW), 200, -177.435, 277.332168044316);
}

#[test]
fn t1_lottery() {
    certified(&numbers(LOTTERY), 218, 518.95871559633, 291.699727470969);
}

#[test]
fn t1_mavro() {
    let values: Vec<f64> = numbers(MAVRO).iter().map(|x| (2e5 + x) / 1e5).collect();
    certified(&values, 50, 2.001856, 0.000429123454003053);
}

#[test]
fn t1_michelso() {
    let values: Vec<f64> = numbers(MICHELSO)
        .iter()
        .map(|x| (299_000.0 + x) / 1000.0)
        .collect();
    certified(&values, 100, 299.8524, 0.0790105478190518);
}

#[test]
fn t1_pi_digits() {
    let counted = PI_DIGITS.iter().enumerate();
    let sorted: Vec<f64> = counted
        .flat_map(|(digit, &times)| std::iter::repeat_n(digit as f64, times))
        .collect();
    // Mean and deviation do not depend on the order; sorted would be an easy one.
    let mixed: Vec<f64> = (0..sorted.len()).map(|i| sorted[i * 1777 % 5000]).collect();
    certified(&mixed, 5000, 4.5348, 2.86733906028871);
}

#[test]
fn t1_num_acc_1() {
    certified(
        &[10_000_001.0, 10_000_003.0, 10_000_002.0],
        3,
        10_000_002.0,
        1.0,
    );
}

#[test]
fn t1_num_acc_2() {
    certified(&alternating(1.2, 1.1, 1.3), 1001, 1.2, 0.1);
}

#[test]
fn t1_num_acc_3() {
    let values = alternating(1_000_000.2, 1_000_000.1, 1_000_000.3);
    certified(&values, 1001, 1_000_000.2, 0.1);
}

#[test]
fn t1_num_acc_4() {
    let values = alternating(10_000_000.2, 10_000_000.1, 10_000_000.3);
    certified(&values, 1001, 10_000_000.2, 0.1);
}
