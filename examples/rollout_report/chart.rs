//! Draws one release as four charts, each an SVG; the page says which colour is what, so that
//! nothing lies over a line.

use std::error::Error;

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::release::{Minute, Release};

const SIZE: (u32, u32) = (860, 240);
pub(crate) const BLUE: RGBColor = RGBColor(31, 119, 180);
const GREEN: RGBColor = RGBColor(44, 160, 44);
pub(crate) const RED: RGBColor = RGBColor(214, 39, 40);
pub(crate) const GREY: RGBColor = RGBColor(110, 110, 110);

pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(crate) type Drawn = Result<(), Box<dyn Error>>;

/// The share of users that the draw sends to the candidate.
pub(crate) fn exposure(release: &Release) -> Result<String, Box<dyn Error>> {
    draw(|area| {
        let steps = release.shares();
        let highest = steps.iter().map(|(_, share)| *share).fold(0.0, f64::max);
        let mut chart = ChartBuilder::on(&area)
            .margin(10)
            .margin_right(20)
            .x_label_area_size(34)
            .y_label_area_size(60)
            .build_cartesian_2d(0.0..end_of(release), 0.0..1.05 * highest)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .x_desc("minutes since the start")
            .x_label_formatter(&|minute| format!("{minute:.0}"))
            .y_desc("share of users")
            .y_label_formatter(&|share| percent(*share, highest))
            .draw()?;
        chart.draw_series(AreaSeries::new(steps, 0.0, BLUE.mix(0.25)).border_style(BLUE))?;
        chart.draw_series(the_end(release, 0.0, 1.05 * highest))?;
        Ok(())
    })
}

/// The part of each version's requests that failed so far.
pub(crate) fn rates(release: &Release) -> Result<String, Box<dyn Error>> {
    draw(|area| {
        let [old, new] = [0, 1].map(|version| release.error_rates(version));
        let highest = old.iter().chain(&new).map(|(_, rate)| *rate);
        let highest = 1.1 * highest.fold(0.01, f64::max);
        let mut chart = ChartBuilder::on(&area)
            .margin(10)
            .margin_right(20)
            .x_label_area_size(34)
            .y_label_area_size(60)
            .build_cartesian_2d(0.0..end_of(release), 0.0..highest)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .x_desc("minutes since the start")
            .x_label_formatter(&|minute| format!("{minute:.0}"))
            .y_desc("requests that failed")
            .y_label_formatter(&|rate| percent(*rate, highest))
            .draw()?;
        for (rates, colour) in [(old, BLUE), (new, RED)] {
            chart.draw_series(LineSeries::new(rates, colour.stroke_width(2)))?;
        }
        Ok(())
    })
}

/// The evidence of harm and of safety, and what each needs.
pub(crate) fn errors(release: &Release) -> Result<String, Box<dyn Error>> {
    draw(|area| {
        let readings = || release.minutes.iter().map(|minute| &minute.errors);
        let threshold = schedule_threshold(release);
        let evidence = readings().flat_map(|reading| [reading.harm.ln_e, reading.safe.ln_e]);
        let (least, most) = evidence.fold((-1.0, threshold), |(least, most), ln_e| {
            (ln_e.min(least), ln_e.max(most))
        });
        let mut chart = ChartBuilder::on(&area)
            .margin(10)
            .margin_right(20)
            .x_label_area_size(34)
            .y_label_area_size(60)
            .build_cartesian_2d(0.0..end_of(release), least - 0.5..most + 1.0)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .x_desc("minutes since the start")
            .x_label_formatter(&|minute| format!("{minute:.0}"))
            .y_desc("evidence, ln e")
            .draw()?;
        let over_time = |value: fn(&Minute) -> f64| {
            let minutes = (0_u32..).zip(&release.minutes);
            minutes.map(move |(minute, seen)| (f64::from(minute), value(seen)))
        };
        let harm = over_time(|seen| seen.errors.harm.ln_e);
        chart.draw_series(LineSeries::new(harm, RED.stroke_width(2)))?;
        let safety = over_time(|seen| seen.errors.safe.ln_e);
        chart.draw_series(LineSeries::new(safety, GREEN.stroke_width(2)))?;
        chart.draw_series(the_end(release, least - 0.5, most + 1.0))?;
        let line = [(0.0, threshold), (end_of(release), threshold)];
        chart.draw_series(DashedLineSeries::new(line, 6, 4, GREY.into()))?;
        Ok(())
    })
}

/// The effect on the score within its confidence sequence.
pub(crate) fn score(release: &Release) -> Result<String, Box<dyn Error>> {
    draw(|area| {
        let points: Vec<(f64, [f64; 3])> = (0_u32..)
            .zip(&release.minutes)
            .filter_map(|(minute, seen)| Some((f64::from(minute), seen.score?)))
            .collect();
        let bounds = points
            .iter()
            .map(|(_, [_, lower, upper])| lower.abs().max(upper.abs()));
        let widest = bounds.fold(0.001, f64::max).min(0.05);
        let mut chart = ChartBuilder::on(&area)
            .margin(10)
            .margin_right(20)
            .x_label_area_size(34)
            .y_label_area_size(60)
            .build_cartesian_2d(0.0..end_of(release), -widest..widest)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .x_desc("minutes since the start")
            .x_label_formatter(&|minute| format!("{minute:.0}"))
            .y_desc("new minus old")
            .y_label_formatter(&|effect| format!("{effect:.3}"))
            .draw()?;
        let inside = |bound: f64| bound.clamp(-widest, widest);
        let upper = points.iter().map(|&(x, [_, _, upper])| (x, inside(upper)));
        let lower = points.iter().map(|&(x, [_, lower, _])| (x, inside(lower)));
        let band: Vec<_> = upper.chain(lower.rev()).collect();
        chart.draw_series([Polygon::new(band, BLUE.mix(0.2))])?;
        let effect = points
            .iter()
            .map(|&(x, [effect, _, _])| (x, inside(effect)));
        chart.draw_series(LineSeries::new(effect, BLUE.stroke_width(2)))?;
        let zero = [(0.0, 0.0), (end_of(release), 0.0)];
        chart.draw_series(LineSeries::new(zero, GREY))?;
        chart.draw_series(the_end(release, -widest, widest))?;
        Ok(())
    })
}

/// The evidence of harm that rejects, at the error rate that the schedule gives each guard.
pub(crate) fn schedule_threshold(release: &Release) -> f64 {
    -release.rollout.schedule().alpha_each().get().ln()
}

/// Writes a share with as many places as tell ticks of an axis of this height apart.
pub(crate) fn percent(share: f64, highest: f64) -> String {
    let places = (1.0 - (100.0 * highest).log10().floor()).max(0.0) as usize;
    format!("{:.places$} %", 100.0 * share)
}

/// A dashed line where the roll-out was promoted, or the version rejected.
pub(crate) fn the_end(
    release: &Release,
    from: f64,
    to: f64,
) -> DashedLineSeries<std::array::IntoIter<(f64, f64), 2>, u32> {
    let at = end_of(release);
    DashedLineSeries::new([(at, from), (at, to)], 5, 4, BLACK.into())
}

pub(crate) fn end_of(release: &Release) -> f64 {
    (release.minutes.len() - 1) as f64
}

fn draw(chart: impl FnOnce(Area<'_>) -> Drawn) -> Result<String, Box<dyn Error>> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        chart(area.clone())?;
        area.present()?;
    }
    Ok(svg)
}
