//! Figures for people: a table with bars, notes, and what became of an earlier run.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use indicatif::{DecimalBytes, HumanCount};

use super::{
    compare::{Change, Comparison},
    figures::Figures,
    report::{Input, Report},
    stages::{Role, YARDSTICK},
};
use crate::{cli::CompareBy, render::counted};

/// Bars that are shorter than this say nothing.
const SHORTEST_BAR: usize = 8;

/// Longer ones say no more.
const LONGEST_BAR: usize = 60;

/// How the table looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) colored: bool,
    /// Characters a line.
    pub(super) width: usize,
    /// Whether bars are drawn in blocks, which not everything that reads a pipe can show.
    pub(super) blocks: bool,
}

impl Look {
    /// For files and pipes.
    pub(super) const PLAIN: Self = Self { colored: false, width: 100, blocks: false };
}

/// The whole text.
pub(super) fn text(report: &Report, look: Look) -> String {
    let mut text = format!("{}\n\n", input_line(&report.input));
    push_table(&mut text, &report.stages, look);
    let runs = report.stages.first().map_or(0, |figures| figures.runs);
    let runs = counted(runs as u64, "run", "runs");
    let _ = writeln!(text, "\n{}", legend(&runs));
    for note in &report.notes {
        let _ = writeln!(text, "note: {note}");
    }
    if let Some(comparison) = &report.comparison {
        text.push('\n');
        push_comparison(&mut text, comparison, look);
    }
    text
}

fn input_line(input: &Input) -> String {
    let Input { files, bytes, documents, events, bytes_per_event, api_version, .. } = input;
    format!(
        "{}, {}, {}, {} of {bytes_per_event:.0} bytes, API version {api_version}",
        counted(*files as u64, "file", "files"),
        DecimalBytes(*bytes),
        counted(*documents, "document", "documents"),
        counted(*events, "event", "events"),
    )
}

fn legend(runs: &str) -> String {
    format!(
        "MB/s: 10^6 bytes of input, decompressed, a second; the median of {runs}. Spread: half of\n\
         what lies between the fastest and the slowest run. Bars are as long as MB/s; `>` goes on.\n\
         {YARDSTICK} is serde_json and the jsonschema crate in a loop. docs/bench.md tells more."
    )
}

const HEAD: [&str; 6] = ["stage", "MB/s", "events/s", "ns/event", "x plain-loop", "spread"];

fn push_table(text: &mut String, stages: &[Figures], look: Look) {
    let rows: Vec<_> = stages.iter().map(cells).collect();
    let widths = widths(&HEAD, &rows);
    let left = look.width.saturating_sub(widths.iter().map(|width| width + 2).sum());
    let bar_width = left.min(LONGEST_BAR);
    push_row(text, &HEAD.map(str::to_owned), &widths);
    text.push('\n');
    for (figures, row) in stages.iter().zip(&rows) {
        push_row(text, row, &widths);
        if SHORTEST_BAR <= bar_width {
            let share = figures.mb_per_second / longest(stages);
            let style = if look.colored { style(figures.role) } else { Style::new() };
            let bar = bar(share, bar_width, look.blocks);
            let _ = write!(text, "  {style}{bar}{style:#}");
        }
        text.push('\n');
    }
}

fn cells(figures: &Figures) -> [String; 6] {
    [
        figures.stage.clone(),
        rate(figures.mb_per_second),
        count(figures.events_per_second),
        rate(figures.ns_per_event),
        figures.ratio.map_or_else(|| "-".to_owned(), ratio),
        format!("{:.0} %", figures.spread_percent),
    ]
}

/// The rate of the longest bar: of those that read the input as JSON, the fastest. What the machine
/// can do at best is so much faster that all others would be as short as each other.
fn longest(stages: &[Figures]) -> f64 {
    let fastest = |is_meant: &dyn Fn(Role) -> bool| {
        let meant = stages.iter().filter(|figures| is_meant(figures.role));
        meant.map(|figures| figures.mb_per_second).max_by(f64::total_cmp)
    };
    let readers = fastest(&|role| role != Role::Limit);
    readers.or_else(|| fastest(&|_| true)).unwrap_or(1.0)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a share of the width of a line"
)]
fn bar(share: f64, width: usize, blocks: bool) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let (full, goes_on) = if blocks { ("█", "▶") } else { ("#", ">") };
    if 1.0 < share {
        return full.repeat(width - 1) + goes_on;
    }
    let length = share * width as f64;
    if !blocks {
        return full.repeat((length.round() as usize).max(1));
    }
    let eighths = ((length * 8.0).round() as usize).max(1);
    full.repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

fn style(role: Role) -> Style {
    match role {
        Role::Limit => Style::new().dimmed(),
        Role::Contrail => AnsiColor::Green.on_default(),
        Role::Peer => AnsiColor::Yellow.on_default(),
    }
}

fn push_comparison(text: &mut String, comparison: &Comparison, look: Look) {
    const HEAD: [&str; 5] = ["stage", "before", "now", "change", "of the fastest run"];
    let Comparison { contrail, by, threshold_percent, stages, missing, .. } = comparison;
    let (unit, figure): (_, fn(f64) -> String) = match by {
        CompareBy::Throughput => ("MB/s", rate),
        CompareBy::Ratio => ("the ratio to plain-loop", ratio),
    };
    let _ = writeln!(text, "Compared with an earlier run of contrail {contrail}, by {unit}:\n");
    let rows: Vec<_> = stages
        .iter()
        .map(|change| {
            let Change { stage, before, now, percent, fastest_percent, .. } = change;
            let (before, now) = (figure(*before), figure(*now));
            let percents = [percent, fastest_percent].map(|percent| format!("{percent:+.1} %"));
            let [percent, fastest_percent] = percents;
            [stage.clone(), before, now, percent, fastest_percent]
        })
        .collect();
    let widths = widths(&HEAD, &rows);
    push_row(text, &HEAD.map(str::to_owned), &widths);
    text.push('\n');
    for (change, row) in stages.iter().zip(&rows) {
        push_row(text, row, &widths);
        if change.slower {
            let style = if look.colored { AnsiColor::Red.on_default() } else { Style::new() };
            let _ = write!(text, "  {style}slower than {threshold_percent} % allows{style:#}");
        }
        text.push('\n');
    }
    if comparison.may_be_the_machine() {
        text.push_str(
            "\nnote: plain-loop is slower too, so perhaps the machine is; --compare-by ratio allows for it\n",
        );
    }
    if !missing.is_empty() {
        let missing = missing.join(", ");
        let _ = writeln!(text, "\nnote: only the earlier run measured {missing}");
    }
}

fn widths<const N: usize>(head: &[&str; N], rows: &[[String; N]]) -> [usize; N] {
    std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| row[column].len());
        cells.chain([head[column].len()]).max().unwrap_or_default()
    })
}

/// The first cell stands on the left, the others on the right.
fn push_row<const N: usize>(text: &mut String, cells: &[String; N], widths: &[usize; N]) {
    for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let _ = match column {
            0 => write!(text, "{cell:width$}"),
            _ => write!(text, "  {cell:>width$}"),
        };
    }
}

/// A rate or a span, to the digits that mean something.
fn rate(number: f64) -> String {
    if number < 100.0 { format!("{number:.1}") } else { count(number) }
}

fn ratio(number: f64) -> String {
    match number {
        ..10.0 => format!("{number:.2}"),
        10.0..100.0 => format!("{number:.1}"),
        _ => count(number),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
fn count(number: f64) -> String {
    HumanCount(number.round() as u64).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_or_all_before_the_point() {
        let shown = |number| (rate(number), ratio(number));
        assert_eq!(shown(0.123), ("0.1".to_owned(), "0.12".to_owned()));
        assert_eq!(shown(12.345), ("12.3".to_owned(), "12.3".to_owned()));
        assert_eq!(shown(12_345.6), ("12,346".to_owned(), "12,346".to_owned()));
    }

    #[test]
    fn bars_are_as_long_as_the_rate_and_say_when_they_go_on() {
        for (share, plain, blocks) in [
            (1.0, "##########", "██████████"),
            (0.5, "#####", "█████"),
            (0.56, "######", "█████▋"),
            (0.001, "#", "▏"),
            (1.5, "#########>", "█████████▶"),
        ] {
            assert_eq!(bar(share, 10, false), plain, "{share}");
            assert_eq!(bar(share, 10, true), blocks, "{share}");
        }
    }
}
