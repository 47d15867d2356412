//! The stages at work, with a clock beside them.

use std::time::Duration;

use anyhow::{Context as _, bail};
use contrail_replay::clock::Clock;

use super::{
    dump::{Dump, Slab},
    rounds::Work,
    stages::{Job, Judges, Pass, Stage, Tally},
};
use crate::progress::Progress;

/// The stages that are measured, and what they are measured upon.
pub(super) struct Passes<'p> {
    stages: &'p [&'static Stage],
    dump: &'p Dump,
    judges: &'p Judges,
    clock: &'p dyn Clock,
    progress: &'p Progress,
    /// What a pass of each stage counted, as far as there was one.
    tallies: Vec<Option<Tally>>,
}

impl<'p> Passes<'p> {
    pub(super) fn new(
        stages: &'p [&'static Stage],
        dump: &'p Dump,
        judges: &'p Judges,
        clock: &'p dyn Clock,
        progress: &'p Progress,
    ) -> Self {
        Self { stages, dump, judges, clock, progress, tallies: vec![None; stages.len()] }
    }

    /// What a pass of each stage counted.
    pub(super) fn tallies(self) -> Vec<Tally> {
        self.tallies.into_iter().map(Option::unwrap_or_default).collect()
    }

    /// Does several passes of a stage over what is in memory, or on disk.
    fn run(&mut self, number: usize, passes: u32, slabs: &[Slab]) -> anyhow::Result<Duration> {
        let mut time = Duration::ZERO;
        for _ in 0..passes {
            let before = self.clock.elapsed();
            let tally = match self.stages[number].job {
                Job::Files(job) => job(&self.dump.sources).context("cannot read it again")?,
                Job::Bytes(begin) => {
                    let mut pass = begin(self.judges);
                    for slab in slabs {
                        pass.slab(slab);
                    }
                    pass.end()
                }
            };
            time += self.clock.elapsed().saturating_sub(before);
            self.check(number, &tally)?;
        }
        Ok(time)
    }

    /// Does a pass of each stage over each slab in turn: what was read is worked at by all of them.
    fn stream(&mut self, times: &mut [Duration]) -> anyhow::Result<()> {
        let begin = |stage: &&'static Stage| match stage.job {
            Job::Files(_) => None,
            Job::Bytes(begin) => Some(begin(self.judges)),
        };
        let mut passes: Vec<Option<Box<dyn Pass + '_>>> = self.stages.iter().map(begin).collect();
        self.dump
            .each_slab(&mut |slab| {
                for (pass, time) in passes.iter_mut().zip(&mut *times) {
                    if let Some(pass) = pass {
                        let before = self.clock.elapsed();
                        pass.slab(slab);
                        *time += self.clock.elapsed().saturating_sub(before);
                    }
                }
            })
            .context("cannot read it again")?;
        let tallies: Vec<_> = passes.iter().map(|pass| Some(pass.as_ref()?.end())).collect();
        for (number, tally) in tallies.into_iter().enumerate() {
            tally.map_or(Ok(()), |tally| self.check(number, &tally))?;
        }
        Ok(())
    }

    /// All passes of a stage count the same, or the files are others than before.
    fn check(&mut self, number: usize, tally: &Tally) -> anyhow::Result<()> {
        let before = self.tallies[number].get_or_insert_with(|| tally.clone());
        let bytes = tally.iter().find(|(name, _)| *name == "bytes").map(|(_, bytes)| *bytes);
        let read = bytes.unwrap_or(self.dump.survey.summary.bytes);
        if before != tally || read != self.dump.survey.summary.bytes {
            bail!("the input changed while it was measured");
        }
        Ok(())
    }
}

impl Work for Passes<'_> {
    fn stages(&self) -> usize {
        self.stages.len()
    }

    fn round(&mut self, passes: &[u32]) -> anyhow::Result<Vec<Duration>> {
        let mut times = vec![Duration::ZERO; passes.len()];
        let dump = self.dump;
        let held = dump.held.as_deref();
        for (number, (time, passes)) in times.iter_mut().zip(passes).enumerate() {
            let stage = self.stages[number];
            if held.is_some() || matches!(stage.job, Job::Files(_)) {
                self.progress.tell(stage.name);
                *time = self.run(number, *passes, held.unwrap_or_default())?;
                self.progress.advance(1);
            }
        }
        if held.is_none() {
            self.progress.tell("all stages");
            self.stream(&mut times)?;
            self.progress.advance(self.stages.len() as u64);
        }
        Ok(times)
    }
}
