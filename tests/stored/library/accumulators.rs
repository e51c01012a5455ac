//! What accumulators are asked.

use serde_json::{Value, json};
use switchstand::stats::agreement::{ConfusionMatrix, pabak};
use switchstand::stats::covariate::{
    CovariateMoments, PreRelease, PreReleaseSums, RatioCovariateMoments,
};
use switchstand::stats::{
    Counts, HigherMoments, Histogram, Moments, PairedCounts, PairedMoments, RatioMoments,
};

use crate::said::{Said, number, said};

pub(crate) fn say(kind: &str, form: &Value) -> Said {
    match kind {
        "Moments" => said(form, moments),
        "HigherMoments" => said(form, higher_moments),
        "PairedMoments" => said(form, paired_moments),
        "RatioMoments" => said(form, ratio_moments),
        "CovariateMoments" => said(form, covariate_moments),
        "RatioCovariateMoments" => said(form, ratio_covariate_moments),
        "PreRelease" => said(form, |read: &PreRelease| json!(read.get())),
        "PreReleaseSums" => said(form, |read: &PreReleaseSums| {
            json!([read.numerator.get(), read.denominator.get()])
        }),
        "Counts" => said(form, counts),
        "PairedCounts" => said(form, paired_counts),
        "Histogram" => said(form, histogram),
        "ConfusionMatrix" => said(form, matrix),
        _ => panic!("unknown kind {kind}"),
    }
}

/// Says the moments, and the error of the mean once more values have come.
pub(crate) fn moments(read: &Moments) -> Value {
    let mut later = *read;
    let more = [0.5, 2.0, -3.25];
    let added = later
        .extend_from_slice(&more)
        .map_err(|error| error.to_string());
    json!({
        "n": read.n(),
        "mean": read.mean(),
        "variance": read.variance(),
        "error": read.standard_error(),
        "later": [json!(added), json!([later.n(), later.mean(), later.variance()])],
    })
}

fn higher_moments(read: &HigherMoments) -> Value {
    let mut later = *read;
    let added = later.extend_from_slice(&[0.5, 2.0, -3.25]);
    json!({
        "n": read.n(),
        "mean": read.mean(),
        "ends": [read.min(), read.max()],
        "variance": read.variance(),
        "skewness": read.skewness(),
        "kurtosis": read.excess_kurtosis(),
        "later": [json!(added.is_ok()), json!([later.mean(), later.skewness(), later.excess_kurtosis()])],
    })
}

pub(crate) fn paired_moments(read: &PairedMoments) -> Value {
    let mut later = *read;
    let added = later.extend_from_slices(&[0.5, 2.0], &[1.0, -3.25]);
    json!({
        "n": read.n(),
        "x": moments(&read.x()),
        "y": moments(&read.y()),
        "difference": moments(&read.difference()),
        "covariance": read.covariance(),
        "correlation": read.correlation(),
        "later": [json!(added.is_ok()), json!(later.covariance())],
    })
}

fn ratio_moments(read: &RatioMoments) -> Value {
    json!({
        "n": read.n(),
        "numerator": moments(&read.numerator()),
        "denominator": moments(&read.denominator()),
        "ratio": read.ratio().map_err(|refusal| refusal.to_string()),
        "covariance": read.covariance(),
        "correlation": read.correlation(),
    })
}

fn covariate_moments(read: &CovariateMoments) -> Value {
    json!({
        "n": read.n(),
        "metric": moments(&read.metric()),
        "covariate": moments(&read.covariate()),
        "covariance": read.covariance(),
        "correlation": read.correlation(),
    })
}

fn ratio_covariate_moments(read: &RatioCovariateMoments) -> Value {
    use switchstand::stats::covariate::adjust_ratios;
    let mut other = *read;
    for i in 0..8_u32 {
        let before = PreReleaseSums {
            numerator: PreRelease::new(f64::from(i)),
            denominator: PreRelease::new(f64::from(1 + i % 3)),
        };
        let _ = other.record(before, f64::from(i % 5), f64::from(1 + i % 2));
    }
    // The sums across have no accessor: they decide what is left after the adjustment.
    let adjusted = adjust_ratios(read, &other);
    let adjusted = adjusted.map(|found| [found.theta, found.effect, found.standard_error]);
    json!({
        "n": read.n(),
        "before": ratio_moments(&read.before()),
        "during": ratio_moments(&read.during()),
        "adjusted": adjusted.map_err(|refusal| refusal.to_string()),
    })
}

pub(crate) fn counts(read: &Counts) -> Value {
    json!([
        read.successes(),
        read.failures(),
        read.trials(),
        read.rate()
    ])
}

pub(crate) fn paired_counts(read: &PairedCounts) -> Value {
    json!({
        "cells": [read.both(), read.only_control(), read.only_candidate(), read.neither()],
        "n": read.n(),
        "discordant": read.discordant(),
        "control": counts(&read.control()),
        "candidate": counts(&read.candidate()),
    })
}

pub(crate) fn histogram(read: &Histogram) -> Value {
    let quantile = |q| read.quantile(q).map_err(|refusal| refusal.to_string());
    let quantiles = [0.01, 0.25, 0.5, 0.9, 0.99].map(quantile);
    let bounds = |rank| {
        read.bounds_of_rank(rank)
            .map(|(a, b)| [number(a), number(b)])
    };
    let ranks = [1, 2, 10].map(bounds);
    let mut later = read.clone();
    let added = later.extend_from_slice(&[1e-12, 1.0, 1e6]);
    json!({
        "n": read.n(),
        "relative_error": read.relative_error(),
        "quantiles": quantiles,
        "ranks": ranks,
        "later": [json!(added.is_ok()), json!(later.quantile(0.5).ok())],
    })
}

fn matrix(read: &ConfusionMatrix) -> Value {
    let size = read.categories();
    let row = |i| (0..size).map(|j| read.count(i, j)).collect::<Vec<_>>();
    json!({
        "rows": (0..size).map(row).collect::<Vec<_>>(),
        "n": read.n(),
        "pabak": pabak(read).map_err(|refusal| refusal.to_string()),
    })
}
