//! Which stage works when, and how often: rounds in which each has a run, so that what else the
//! machine does hits all alike.

use std::time::Duration;

/// A run never repeats a stage more often than this.
const MOST_PASSES: u32 = 1_000_000;

/// There are never more rounds than this, or than the user wants.
const MOST_ROUNDS: u32 = 1_000;

/// How much is to be measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    /// How long each stage works before it is measured.
    pub(super) warm_up: Duration,
    /// How long each stage is measured, about.
    pub(super) min_time: Duration,
    pub(super) min_runs: u32,
    /// Whether a run may consist of several passes; otherwise there are more rounds.
    pub(super) may_repeat: bool,
}

/// Something that has stages and a clock.
pub(super) trait Work {
    /// The number of stages.
    fn stages(&self) -> usize;

    /// Does so many passes of each stage, one stage behind the other, and says how long those of each
    /// took together.
    fn round(&mut self, passes: &[u32]) -> anyhow::Result<Vec<Duration>>;
}

/// The runs of one stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Runs {
    /// How often the stage went over all captures in each.
    pub(super) passes: u32,
    /// How long each took, all passes together.
    pub(super) times: Vec<Duration>,
}

/// Warms up, and then measures round by round: the runs of each stage.
pub(super) fn measure(work: &mut dyn Work, effort: Effort) -> anyhow::Result<Vec<Runs>> {
    let pass_times = warm_up(work, effort)?;
    let of_a_run = effort.min_time / effort.min_runs;
    let repeated = |pass: &Duration| passes_in(of_a_run, *pass).max(1);
    let passes: Vec<_> =
        pass_times.iter().map(|pass| if effort.may_repeat { repeated(pass) } else { 1 }).collect();
    let enough = effort.min_time * u32::try_from(passes.len()).unwrap_or(u32::MAX);
    let mut runs: Vec<_> =
        passes.iter().map(|passes| Runs { passes: *passes, times: Vec::new() }).collect();
    let (mut rounds, mut total) = (0, Duration::ZERO);
    while rounds < effort.min_runs || (total < enough && rounds < MOST_ROUNDS) {
        for (runs, time) in runs.iter_mut().zip(work.round(&passes)?) {
            runs.times.push(time);
            total += time;
        }
        rounds += 1;
    }
    Ok(runs)
}

/// Lets each stage work for a while, at least once; says how long a pass of each takes.
fn warm_up(work: &mut dyn Work, effort: Effort) -> anyhow::Result<Vec<Duration>> {
    let first = work.round(&vec![1; work.stages()])?;
    let left = |pass: &Duration| passes_in(effort.warm_up.saturating_sub(*pass), *pass);
    let more: Vec<_> = first.iter().map(left).collect();
    if !effort.may_repeat || more.iter().all(|passes| *passes == 0) {
        return Ok(first);
    }
    let second = work.round(&more)?;
    let pass = |(first, (time, passes)): (&Duration, (&Duration, &u32))| match passes {
        0 => *first,
        passes => *time / *passes,
    };
    Ok(first.iter().zip(second.iter().zip(&more)).map(pass).collect())
}

/// How many passes it takes to fill a span.
fn passes_in(span: Duration, pass: Duration) -> u32 {
    let passes = span.as_nanos().div_ceil(pass.as_nanos().max(1));
    u32::try_from(passes).unwrap_or(u32::MAX).min(MOST_PASSES)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Stages whose passes always take the same time.
    struct Fixed {
        pass_times: Vec<Duration>,
        asked: Vec<Vec<u32>>,
    }

    impl Work for Fixed {
        fn stages(&self) -> usize {
            self.pass_times.len()
        }

        fn round(&mut self, passes: &[u32]) -> anyhow::Result<Vec<Duration>> {
            self.asked.push(passes.to_vec());
            Ok(self.pass_times.iter().zip(passes).map(|(time, passes)| *time * *passes).collect())
        }
    }

    fn measured(pass_times: &[Duration], effort: Effort) -> (Vec<Runs>, Vec<Vec<u32>>) {
        let mut work = Fixed { pass_times: pass_times.to_vec(), asked: Vec::new() };
        (measure(&mut work, effort).unwrap(), work.asked)
    }

    const EFFORT: Effort =
        Effort { warm_up: millis(500), min_time: millis(1000), min_runs: 5, may_repeat: true };

    #[test]
    fn a_fast_stage_is_repeated_and_a_slow_one_is_not() {
        let (runs, asked) = measured(&[millis(10), millis(700)], EFFORT);
        assert_eq!(asked[..2], [[1, 1], [49, 0]]);
        assert_eq!(asked[2..], vec![[20, 1]; 5]);
        assert_eq!(runs[0], Runs { passes: 20, times: vec![millis(200); 5] });
        assert_eq!(runs[1], Runs { passes: 1, times: vec![millis(700); 5] });
    }

    #[test]
    fn without_repetition_there_are_more_rounds() {
        let effort = Effort { may_repeat: false, ..EFFORT };
        let (runs, asked) = measured(&[millis(10), millis(90)], effort);
        assert_eq!(asked, vec![[1, 1]; 1 + 20]);
        assert_eq!(runs[0].times.len(), 20);
    }

    #[test]
    fn nothing_asked_for_is_one_pass_before_and_the_runs() {
        let effort =
            Effort { warm_up: millis(0), min_time: millis(0), min_runs: 3, may_repeat: true };
        assert_eq!(measured(&[millis(10)], effort).1, vec![[1]; 4]);
    }

    #[test]
    fn a_clock_that_stands_still_ends_too() {
        let (runs, asked) = measured(&[Duration::ZERO], EFFORT);
        assert_eq!((asked.len(), runs[0].passes), (2 + 1_000, MOST_PASSES));
    }
}
