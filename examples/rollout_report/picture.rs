//! Draws both releases on one clock, one below the other, as the front pages show them: on a telephone
//! two side by side cannot be read.

use std::error::Error;

use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::FontStyle;

use crate::chart::{Area, BLUE, Drawn, GREY, RED, percent, the_end};
use crate::release::Release;

const SIZE: (u32, u32) = (560, 720);

/// Returns the picture.
pub(crate) fn draw(releases: &[Release]) -> Result<String, Box<dyn Error>> {
    let longest = releases.iter().map(|release| release.minutes.len()).max();
    let end = longest.unwrap_or(0) as f64;
    let highest = releases
        .iter()
        .flat_map(|release| [release.error_rates(0), release.error_rates(1)].concat())
        .fold(0.0, |highest: f64, (_, rate)| highest.max(rate));
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        for (half, release) in area.split_evenly((2, 1)).iter().zip(releases) {
            let (upper, lower) = half.split_vertically(165);
            exposure(&upper, release, end)?;
            errors(&lower, release, end, 1.15 * highest)?;
        }
        area.present()?;
    }
    Ok(svg)
}

fn exposure(area: &Area<'_>, release: &Release, end: f64) -> Drawn {
    let how = match release.rollout.state().cause() {
        None => format!("promoted after {} minutes", release.minutes.len() - 1),
        Some(_) => format!("rejected after {} minutes", release.minutes.len() - 1),
    };
    let title = format!("{}: {how}", release.candidate.words());
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 16).into_font().style(FontStyle::Bold))
        .margin(8)
        .margin_right(18)
        .x_label_area_size(30)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..end, 0.0..1.05)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_labels(6)
        .x_label_formatter(&|minute| format!("{minute:.0}"))
        .y_desc("users on the new version")
        .y_labels(5)
        .y_label_formatter(&|share| format!("{:.0} %", 100.0 * share))
        .draw()?;
    let steps = release.shares();
    chart.draw_series(AreaSeries::new(steps, 0.0, BLUE.mix(0.25)).border_style(BLUE))?;
    Ok(())
}

fn errors(area: &Area<'_>, release: &Release, end: f64, highest: f64) -> Drawn {
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .margin_right(18)
        .x_label_area_size(38)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..end, 0.0..highest)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_desc("minutes since the start")
        .x_labels(6)
        .x_label_formatter(&|minute| format!("{minute:.0}"))
        .y_desc("requests that failed so far")
        .y_labels(5)
        .y_label_formatter(&|rate| percent(*rate, highest))
        .draw()?;
    for (version, name, colour) in [(0, "old version", GREY), (1, "new version", RED)] {
        let line = LineSeries::new(release.error_rates(version), colour.stroke_width(2));
        chart
            .draw_series(line)?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    chart
        .draw_series(the_end(release, 0.0, highest))?
        .label("the end of the roll-out")
        .legend(|(x, y)| DashedPathElement::new([(x, y), (x + 18, y)], 5, 4, BLACK));
    // One legend for both, where no line is.
    if release.minutes.len() as f64 > end / 2.0 {
        return Ok(());
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.85))
        .label_font(("sans-serif", 12))
        .draw()?;
    Ok(())
}
