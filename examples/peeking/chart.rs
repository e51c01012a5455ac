//! Draws which canaries were stopped when.

use std::error::Error;

use plotters::prelude::*;

use crate::methods::METHODS;
use crate::{Outcome, REQUESTS, RUNS};

const COLOURS: [RGBColor; 8] = [
    RGBColor(214, 39, 40),
    RGBColor(255, 127, 14),
    RGBColor(188, 189, 34),
    RGBColor(140, 86, 75),
    RGBColor(148, 103, 189),
    RGBColor(127, 127, 127),
    RGBColor(23, 190, 207),
    RGBColor(31, 119, 180),
];

/// Requests between two points of a line.
const STEP: usize = 4_000;

/// Returns an SVG with one panel per outcome.
pub(crate) fn draw(outcomes: &[Outcome]) -> Result<String, Box<dyn Error>> {
    let mut svg = String::new();
    draw_on(SVGBackend::with_string(&mut svg, (1_200, 860)), outcomes)?;
    Ok(svg)
}

fn draw_on(backend: SVGBackend<'_>, outcomes: &[Outcome]) -> Result<(), Box<dyn Error>> {
    let root = backend.into_drawing_area();
    root.fill(&WHITE)?;
    let title = "Canaries stopped so far, a look after every bad event (nominal error rate 1 %)";
    let root = root.titled(title, ("sans-serif", 22))?;
    for (panel, outcome) in root.split_evenly((2, 2)).iter().zip(outcomes) {
        let name = match outcome.ratio {
            1.0 => "harmless: every stop is a false alarm".to_owned(),
            ratio => format!("{ratio} times the errors"),
        };
        let highest = if outcome.ratio == 1.0 { 0.5 } else { 1.0 };
        let mut chart = ChartBuilder::on(panel)
            .caption(name, ("sans-serif", 18))
            .margin(12)
            .margin_right(26)
            .x_label_area_size(34)
            .y_label_area_size(64)
            .build_cartesian_2d(0.0..REQUESTS as f64, 0.0..highest)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .x_desc("requests")
            .x_labels(5)
            .x_label_formatter(&|x| format!("{:.0} k", x / 1_000.0))
            .y_desc("canaries stopped so far")
            .y_label_formatter(&|y| format!("{:.0} %", 100.0 * y))
            .draw()?;
        for ((method, stops), colour) in METHODS.iter().zip(&outcome.stops).zip(COLOURS) {
            let is_guard = method.name.starts_with("guard");
            let style = colour.stroke_width(if is_guard { 3 } else { 1 });
            let series = LineSeries::new(stopped_by(stops), style);
            let drawn = chart.draw_series(series)?;
            if outcome.ratio == 1.0 {
                drawn.label(method.name).legend(move |(x, y)| {
                    PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2))
                });
            }
        }
        if outcome.ratio == 1.0 {
            chart
                .configure_series_labels()
                .position(SeriesLabelPosition::UpperLeft)
                .background_style(WHITE.mix(0.85))
                .label_font(("sans-serif", 13))
                .draw()?;
        }
    }
    root.present()?;
    Ok(())
}

/// The share of canaries stopped, over the requests.
fn stopped_by(stops: &[Option<u64>]) -> Vec<(f64, f64)> {
    let mut times: Vec<u64> = stops.iter().flatten().copied().collect();
    times.sort_unstable();
    let share = |request: u64| {
        let stopped = times.partition_point(|time| *time <= request);
        (request as f64, stopped as f64 / RUNS as f64)
    };
    (0..=REQUESTS).step_by(STEP).map(share).collect()
}
