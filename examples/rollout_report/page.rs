//! Puts the charts and the tables on one page that needs nothing else.

use std::error::Error;
use std::fmt::Write as _;

use switchstand::experiment::ReadOut;
use switchstand::rollout::{Phase, StateChange};

use crate::release::Release;
use crate::{chart, intervals, three_arms};

const STYLE: &str = "
body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 900px; margin: 2em auto; padding: 0 1em }
h1 { font-size: 1.6em } h2 { margin-top: 2.5em; border-top: 1px solid #ccc; padding-top: 1em }
h3 { margin-bottom: 0.2em } svg { width: 100%; min-width: 800px; height: auto; display: block } p { margin: 0.4em 0 }
.old { color: #1f77b4 } .new { color: #d62728 } .safety { color: #2ca02c }
.promoted { color: #2a7d2a } .rejected { color: #b22 }
table { border-collapse: collapse } td, th { text-align: left; padding: 0.15em 1em 0.15em 0; vertical-align: top }
td:first-child { white-space: nowrap } .wide { overflow-x: auto }
pre { white-space: pre; overflow-x: auto; background: #f6f6f6; padding: 0.8em; font-size: 0.85em }
";

/// Returns the page.
pub(crate) fn write(releases: &[Release]) -> Result<String, Box<dyn Error>> {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
    );
    let alpha = releases.first().map_or(0.0, |release| {
        let schedule = release.rollout.schedule();
        schedule.alpha_each().get() * schedule.guards().len() as f64
    });
    write!(
        page,
        "<title>Roll-outs</title>\n<style>{STYLE}</style>\n<h1>Two roll-outs of a new version</h1>\n\
         <p>Simulated requests; router, roll-out, guards and experiment are switchstand's. The \
         chance that a guard rejects a harmless version is at most {alpha} over the whole release.</p>\n"
    )?;
    for release in releases {
        section(&mut page, release)?;
    }
    let read_out = three_arms::read_out()?;
    writeln!(
        page,
        "<h2>Three arms</h2>\n<p>The e-mail test of 2008: 64,000 customers, no e-mail or one of \
         two.</p>"
    )?;
    measured(&mut page, &read_out)?;
    page.push_str("</html>\n");
    Ok(page)
}

fn section(page: &mut String, release: &Release) -> Result<(), Box<dyn Error>> {
    let class = match release.rollout.phase() {
        Phase::Promoted => "promoted",
        _ => "rejected",
    };
    writeln!(
        page,
        "<h2>{}</h2>\n<p>In truth the new version makes {}, and adds {} to the score.</p>\n\
         <p class=\"{class}\"><b>{}</b></p>",
        release.name,
        release.candidate.words(),
        release.candidate.score,
        escape(&release.outcome())
    )?;
    let charts = [
        (
            "Exposure",
            "Users whom the draw sends to the new version.",
            chart::exposure(release)?,
        ),
        (
            "Guard: errors",
            "Evidence in the split of users' first errors, over the whole release, as the \
             logarithm of an e-value: how many times a bet against a harmless version has \
             multiplied its stake. Harm above the dashed line rejects the version. The first \
             guard that breaches does, whatever the other has found so far. In the chart \
             <b class=\"new\">harm</b> and <b class=\"safety\">safety</b>.",
            chart::errors(release)?,
        ),
        (
            "Requests that failed",
            "The part of requests that failed, so far, of the <b class=\"old\">old version</b> and \
             of the <b class=\"new\">new one</b>.",
            chart::rates(release)?,
        ),
        (
            "Guard: score",
            "Effect on the score of users' first answers, in its confidence sequence. A sequence \
             wholly below zero rejects the version.",
            chart::score(release)?,
        ),
    ];
    for (title, words, svg) in charts {
        writeln!(
            page,
            "<h3>{title}</h3>\n<p>{words}</p>\n<div class=\"wide\">{svg}</div>"
        )?;
    }
    page.push_str("<h3>What happened</h3>\n<table>\n<tr><th>minute</th><th>event</th></tr>\n");
    for event in release.rollout.trail().events() {
        let minute = event.at.as_nanos() / 60_000_000_000;
        let words = escape(&words(release, &event.change));
        writeln!(page, "<tr><td>{minute}</td><td>{words}</td></tr>")?;
    }
    page.push_str("</table>\n");
    if let Some(read_out) = &release.read_out {
        writeln!(
            page,
            "<h3>Read-out of the last step that compared the two</h3>\n<p>Of that step's requests \
             alone. The roll-out goes by its guards, which ask only for harm; an experiment that \
             asks what is better takes longer.</p>"
        )?;
        measured(page, read_out)?;
    }
    Ok(())
}

/// Writes the intervals of all arms and metrics, and the read-out in words.
fn measured(page: &mut String, read_out: &ReadOut) -> Result<(), Box<dyn Error>> {
    let verdict = escape(&read_out.verdict.to_string());
    let (svg, words) = (intervals::draw(read_out), escape(&read_out.to_string()));
    writeln!(
        page,
        "<p><b>{verdict}</b></p>\n<div class=\"wide\">{svg}</div>\n\
         <details><summary>All figures</summary><pre>{words}</pre></details>"
    )?;
    Ok(())
}

fn words(release: &Release, change: &StateChange) -> String {
    match change {
        StateChange::Advanced {
            to: Phase::Ramping { step },
            ..
        } => {
            let shares = release.rollout.schedule().ladder().shares();
            let share = shares.get(*step);
            share.map_or(String::new(), |share| {
                format!("went on to {share} of the users")
            })
        }
        StateChange::Advanced { to, .. } => format!("went on: {to}"),
        StateChange::Breached { guard, found } => format!("guard {guard} breached: {found}"),
        StateChange::RolledBack { cause } => format!("rejected: {cause}"),
        other => format!("{other:?}"),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
