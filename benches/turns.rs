//! Ratios: rows that take turns, so that what else the machine does hits all alike.

#![expect(clippy::cast_precision_loss, clippy::print_stdout, reason = "a table for people")]

use contrail_replay::clock::{Clock as _, WallClock};

/// What is measured: its name, and once of it.
pub(crate) type Row<'a> = (&'static str, Box<dyn FnMut() + 'a>);

/// Lets every row have a turn in each round, and prints a table.
///
/// Times are medians. The ratio is how many times as long as the first row a row took: the median of
/// the rounds, so it need not be the quotient of the times.
pub(crate) fn table(name: &str, bytes: usize, rounds: usize, rows: &mut [Row<'_>]) {
    let round = |rows: &mut [Row<'_>]| rows.iter_mut().map(|(_, row)| timed(row)).collect();
    let rounds: Vec<Vec<f64>> = (0..rounds).map(|_| round(rows)).collect();
    println!("\n{name}, {bytes} bytes, {} rounds\n", rounds.len());
    println!("| what | ms | best ms | MB/s | ratio |");
    println!("|---|---|---|---|---|");
    for (at, (name, _)) in rows.iter().enumerate() {
        let seconds = median(rounds.iter().map(|round| round[at]));
        let best = rounds.iter().map(|round| round[at]).fold(f64::INFINITY, f64::min) * 1e3;
        let ratio = median(rounds.iter().map(|round| round[at] / round[0]));
        let rate = bytes as f64 / 1e6 / seconds;
        println!("| {name} | {:.2} | {best:.2} | {rate:.1} | {ratio:.2} |", seconds * 1e3);
    }
}

fn timed(row: &mut dyn FnMut()) -> f64 {
    let clock = WallClock::start();
    row();
    clock.elapsed().as_secs_f64()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
