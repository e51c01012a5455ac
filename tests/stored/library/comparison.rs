//! What comparisons of answers are asked.

use serde_json::{Value, json};
use switchstand::comparison::{
    Agreement, Confusion, Difference, Disagreement, PairedOutcomes, Tally, Worst,
};
use switchstand::stats::Alpha;

use crate::said::{Said, number, said};

use super::accumulators::{counts, histogram, paired_counts, paired_moments};

pub(crate) fn say(kind: &str, form: &Value) -> Said {
    match kind {
        "Tally" => said(form, tally),
        "Agreement" => said(form, agreement),
        "Worst" => said(form, worst),
        "Disagreement" => said(form, disagreement),
        "Confusion" => said(form, confusion),
        "Difference" => said(form, |read: &Difference| {
            json!([number(read.size()), read.is_none()])
        }),
        "PairedOutcomes" => said(form, |read: &PairedOutcomes| {
            json!([paired_counts(read.right()), paired_moments(read.loss())])
        }),
        _ => panic!("unknown kind {kind}"),
    }
}

fn tally(read: &Tally<u8>) -> Value {
    let mut twice = read.clone();
    let merged = twice.merge(read).is_ok();
    let each = |(name, one): (&str, &Agreement<u8>)| json!([name, agreement(one)]);
    json!({
        "pairs": read.pairs(),
        "agreements": read.agreements().map(each).collect::<Vec<_>>(),
        "labels": confusion(read.labels()),
        "errors": read.errors().collect::<Vec<_>>(),
        "scores": paired_moments(read.scores()),
        "unscored": read.unscored(),
        "latencies": [histogram(read.primary_latency()), histogram(read.shadow_latency()), paired_moments(read.latency())],
        "twice": [json!(merged), json!(twice.pairs()), json!(twice.agreements().map(each).collect::<Vec<_>>())],
    })
}

fn agreement(read: &Agreement<u8>) -> Value {
    let counted = read.counts().map(|found| counts(&found));
    json!({
        "pairs": [read.pairs(), read.disagreeing()],
        "disagreement": read.disagreement(),
        "counts": counted.map_err(|refusal| refusal.to_string()),
        "worst": worst(read.worst()),
    })
}

fn worst(read: &Worst<u8>) -> Value {
    json!(read.iter().map(disagreement).collect::<Vec<_>>())
}

fn disagreement(read: &Disagreement<u8>) -> Value {
    json!([
        read.unit.to_string(),
        number(read.difference.size()),
        read.primary,
        read.shadow
    ])
}

fn confusion(read: &Confusion) -> Value {
    let kappa = read.kappa(Alpha::FIVE_PERCENT);
    json!({
        "cells": read.iter().collect::<Vec<_>>(),
        "labels": read.labels(),
        "beyond": read.beyond(),
        "pairs": read.pairs(),
        "kappa": kappa.map(|found| found.test.effect).map_err(|refusal| refusal.to_string()),
    })
}
