//! Draws the intervals of all candidates in all metrics of a read-out, as one SVG.
//!
//! Effects are shown in parts of the control's value, on an axis for each metric. Every text has a
//! column that is as wide as its longest one.

use std::fmt::Write as _;

use switchstand::experiment::{ArmFinding, Finding, Kind, ReadOut, Role};

/// The height of a line, and a letter's width in the figures' font: no letter or digit is wider.
const LINE: f64 = 26.0;
const LETTER: f64 = 7.8;
const AXIS: f64 = 420.0;
const GAP: f64 = 18.0;
const HEAD: [&str; 5] = ["metric", "arm", "control", "arm's value", "effect"];

/// One line: its texts, and the relative effect with its interval where there is one.
struct Line {
    texts: [String; 5],
    effect: Option<[f64; 3]>,
    limit: Option<f64>,
    colour: &'static str,
}

/// Part of an axis: from where to where, and the step of its ticks.
struct Axis {
    low: f64,
    high: f64,
    step: f64,
}

/// Returns the picture: the lines of one metric, and the axis that they share, after another's.
pub(crate) fn draw(read: &ReadOut) -> String {
    let metrics: Vec<Vec<Line>> = read
        .findings
        .iter()
        .filter(|one| one.kind != Kind::Gauge)
        .map(|finding| {
            let mut lines: Vec<Line> = finding
                .comparisons
                .iter()
                .map(|arm| Line::of(finding, arm))
                .collect();
            // A metric is named once, and so is its control's value.
            for line in lines.iter_mut().skip(1) {
                line.texts[0].clear();
                line.texts[2].clear();
            }
            lines
        })
        .collect();
    let lines = || metrics.iter().flatten();
    let widths: [f64; 5] = std::array::from_fn(|column| {
        let texts = lines().map(|line| line.texts[column].chars().count());
        let longest = texts.max().unwrap_or_default();
        LETTER * longest.max(HEAD[column].len()) as f64
    });
    let starts: [f64; 5] = std::array::from_fn(|column| {
        let before: f64 = widths[..column].iter().sum();
        GAP + before + GAP * column as f64
    });
    let left = starts[4] + widths[4] + 2.0 * GAP;
    let rows = lines().count() + metrics.len();
    let (width, height) = (left + AXIS + 3.0 * GAP, LINE * (rows as f64 + 2.8));

    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"12.5\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    for (head, start) in HEAD.iter().zip(starts) {
        text(&mut svg, start, LINE, "start", "#666", head);
    }
    let mut y = 2.0 * LINE;
    for metric in &metrics {
        let axis = Axis::of(metric);
        let bottom = y + LINE * (metric.len() as f64 - 0.4);
        axis.draw(&mut svg, left, y - 0.6 * LINE, bottom);
        for line in metric {
            for (words, start) in line.texts.iter().zip(starts) {
                text(&mut svg, start, y + 4.0, "start", "#222", words);
            }
            line.draw(&mut svg, left, y, &axis);
            y += LINE;
        }
        y += LINE;
    }
    let below = "effect in parts of the control's value; dotted: margin or worth";
    text(&mut svg, left + 0.5 * AXIS, y, "middle", "#666", below);
    svg.push_str("</svg>\n");
    svg
}

impl Axis {
    /// Returns the axis that shows 0 and most intervals whole.
    fn of(lines: &[Line]) -> Axis {
        let (mut low, mut high) = (0.0_f64, 0.0_f64);
        for line in lines {
            let Some([lower, effect, upper]) = line.effect else {
                continue;
            };
            let most = 4.0 * effect.abs().max(0.01);
            let limit = line.limit.filter(|limit| limit.abs() <= most);
            for end in [lower, effect, upper, limit.unwrap_or_default()] {
                low = low.min(end.max(-most));
                high = high.max(end.min(most));
            }
        }
        let rough = (high - low).max(1e-6) / 6.0;
        let power = 10.0_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0].map(|times| times * power);
        let step = step.into_iter().find(|step| *step >= rough);
        let step = step.unwrap_or(10.0 * power);
        Axis {
            low: step * (low / step).floor(),
            high: step * (high / step).ceil(),
            step,
        }
    }

    fn x(&self, left: f64, part: f64) -> f64 {
        let part = part.clamp(self.low, self.high);
        left + AXIS * (part - self.low) / (self.high - self.low)
    }

    fn holds(&self, part: f64) -> bool {
        (self.low..=self.high).contains(&part)
    }

    fn draw(&self, svg: &mut String, left: f64, top: f64, bottom: f64) {
        let ticks = ((self.high - self.low) / self.step).round() as i32;
        let first = (self.low / self.step).round();
        for tick in 0..=ticks {
            let part = (first + f64::from(tick)) * self.step;
            let stroke = if part == 0.0 { "#444" } else { "#ddd" };
            let at = self.x(left, part);
            let _ = writeln!(
                svg,
                "<line x1=\"{at:.1}\" y1=\"{top:.1}\" x2=\"{at:.1}\" y2=\"{bottom:.1}\" \
                 stroke=\"{stroke}\"/>"
            );
            text(
                svg,
                at,
                bottom + 14.0,
                "middle",
                "#666",
                &percent(part, self.step),
            );
        }
    }
}

impl Line {
    fn of(finding: &Finding, arm: &ArmFinding) -> Line {
        let is_rate = matches!(finding.kind, Kind::Rate | Kind::CommonRate);
        let value = |value: Option<f64>| match (value, is_rate) {
            (None, _) => "-".to_owned(),
            (Some(rate), true) => format!("{} %", figures(100.0 * rate)),
            (Some(value), false) => figures(value),
        };
        let test = arm.test.as_ref().ok();
        let control = finding.value.unwrap_or_default().abs();
        let relative = test.and_then(|test| test.relative);
        let effect = relative
            .and_then(|found| Some([found.interval.lower, found.effect?, found.interval.upper]));
        let said = match (test, effect) {
            (None, _) => "not tested yet".to_owned(),
            (Some(test), None) => figures(test.effect),
            (Some(_), Some([_, effect, _])) => format!("{:+.1} %", 100.0 * effect),
        };
        let (size, worse) = match finding.role {
            Role::Goal { worth, worse } => (Some(worth), Some(worse)),
            Role::Guardrail { margin, worse } => (Some(margin), Some(worse)),
            Role::Watched => (None, None),
        };
        let higher = worse == Some(switchstand::stats::Worse::Higher);
        let is_goal = matches!(finding.role, Role::Goal { .. });
        let limit = size.map(|size| {
            let part = if finding.is_relative {
                size
            } else {
                size / control
            };
            // A goal's worth lies on the good side, a guardrail's margin on the bad one.
            if higher == is_goal { -part } else { part }
        });
        let is_worse = |test: &switchstand::experiment::Test| (test.effect > 0.0) == higher;
        let colour = match test {
            Some(test) if test.is_significant() && is_worse(test) => "#c0392b",
            Some(test) if test.is_significant() || test.within_margin => "#2a7d2a",
            _ => "#1f77b4",
        };
        Line {
            texts: [
                finding.metric.clone(),
                arm.arm.clone(),
                value(finding.value),
                value(arm.value),
                said,
            ],
            effect,
            limit: limit.filter(|limit| limit.is_finite()),
            colour,
        }
    }

    fn draw(&self, svg: &mut String, left: f64, y: f64, axis: &Axis) {
        if let Some(limit) = self.limit.filter(|limit| axis.holds(*limit)) {
            let (at, from, to) = (axis.x(left, limit), y - 0.42 * LINE, y + 0.42 * LINE);
            let _ = writeln!(
                svg,
                "<line x1=\"{at:.1}\" y1=\"{from:.1}\" x2=\"{at:.1}\" y2=\"{to:.1}\" stroke=\"#888\" \
                 stroke-dasharray=\"2 3\"/>"
            );
        }
        let Some([lower, effect, upper]) = self.effect else {
            return;
        };
        let (from, to, colour) = (axis.x(left, lower), axis.x(left, upper), self.colour);
        let _ = writeln!(
            svg,
            "<line x1=\"{from:.1}\" y1=\"{y:.1}\" x2=\"{to:.1}\" y2=\"{y:.1}\" stroke=\"{colour}\" \
             stroke-width=\"2\"/>"
        );
        // What goes on beyond the picture has an arrow in the place of its end.
        for (end, at, side) in [(lower, from, -1.0), (upper, to, 1.0)] {
            let back = if axis.holds(end) { 0.0 } else { 8.0 };
            let (inner, top, foot) = (at - side * back, y - 5.0, y + 5.0);
            let _ = writeln!(
                svg,
                "<path d=\"M {inner:.1} {top:.1} L {at:.1} {y:.1} L {inner:.1} {foot:.1}\" \
                 fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>"
            );
        }
        if axis.holds(effect) {
            let at = axis.x(left, effect);
            let _ = writeln!(
                svg,
                "<circle cx=\"{at:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{colour}\"/>"
            );
        }
    }
}

/// Writes a tick with as many places as tell it from the next one.
fn percent(part: f64, step: f64) -> String {
    let places = (-(100.0 * step).log10().floor()).max(0.0) as usize;
    match part == 0.0 {
        true => "0".to_owned(),
        false => format!("{:+.places$} %", 100.0 * part),
    }
}

/// Writes a number with three figures.
fn figures(value: f64) -> String {
    let places = match value.abs() {
        size if size >= 100.0 || size == 0.0 => 0,
        size => (2.0 - size.log10().floor()).min(8.0) as usize,
    };
    format!("{value:.places$}")
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, fill: &str, words: &str) {
    let words = words
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{fill}\">{words}</text>"
    );
}
