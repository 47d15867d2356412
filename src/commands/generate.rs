//! `contrail generate`: a synthetic recording, and what is wrong in it.

mod packed;

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use anyhow::Context as _;
use contrail_replay::{
    clock::{Clock as _, WallClock},
    synthetic::{Defects, Mix, Recording, Settings, SettingsError},
};
use indicatif::HumanBytes;

use crate::{
    amounts,
    cli::GenerateArgs,
    input,
    outcome::{Outcome, UsageError},
    progress::Progress,
    render::counted,
};
use packed::{Packed, compression};

/// Bytes that are written at once.
const CHUNK: usize = 256 << 10;

pub(super) fn run(args: &GenerateArgs) -> anyhow::Result<Outcome> {
    let settings = settings(args).map_err(|error| UsageError(error.to_string()))?;
    let devices = settings.devices;
    let recording = Recording::new(settings).map_err(|error| UsageError(error.to_string()))?;
    check_files(args)?;
    let output: Box<dyn Write> = match &args.output {
        Some(path) => Box::new(create("--output", path)?),
        None => Box::new(io::stdout()),
    };
    let output = Packed::new(output, compression(args.compress, args.output.as_deref()))?;
    let truth = match &args.truth {
        Some(path) => Some(BufWriter::new(create("--truth", path)?)),
        None => None,
    };
    let clock = WallClock::start();
    let mut run = Run {
        recording,
        output,
        truth,
        progress: Progress::new(!args.no_progress, None),
        sums: Sums::default(),
    };
    run.write()?;
    if !args.quiet {
        let Sums { bytes, planted } = run.sums;
        let elapsed = clock.now().0;
        let planted = match planted {
            _ if args.defects.is_empty() => String::new(),
            planted => format!("; {} planted", counted(planted, "defect", "defects")),
        };
        let events = amounts::events(run.recording.events());
        let devices = counted(u64::from(devices), "device", "devices");
        // Nobody need read it.
        let _ = writeln!(
            io::stderr(),
            "generated {events} of {devices}, {} in {}{planted}",
            HumanBytes(bytes),
            amounts::short(elapsed)
        );
    }
    Ok(Outcome::Clean)
}

fn settings(args: &GenerateArgs) -> Result<Settings, SettingsError> {
    let duration = args.duration.map(|span| span.0);
    // More than fit are too many anyway.
    let devices = u32::try_from(args.devices.0).unwrap_or(u32::MAX);
    let events = match (args.events, duration) {
        (Some(events), _) => events.0,
        (None, Some(duration)) => Settings::usual_events(devices, duration),
        (None, None) => Settings::default().events,
    };
    let mix = args
        .mix
        .iter()
        .try_fold(Mix::default(), |mix, weight| mix.with(&weight.type_name, weight.weight))?;
    let defects = args
        .defects
        .iter()
        .try_fold(Defects::default(), |defects, rate| defects.with(&rate.rule, rate.rate))?;
    Ok(Settings {
        events,
        devices,
        duration: duration.unwrap_or_else(|| Settings::usual_duration(events, devices)),
        start: args.start.0,
        version: args.api_version,
        mix,
        framing: args.framing.into(),
        batch: args.batch,
        seed: args.seed,
        defects,
    })
}

/// Refuses to write two things to one file.
fn check_files(args: &GenerateArgs) -> Result<(), UsageError> {
    if let (Some(output), Some(truth)) = (&args.output, &args.truth)
        && input::is_same_file(output, truth)
    {
        let shown = output.display();
        return Err(UsageError(format!("--output and --truth would both write {shown}")));
    }
    Ok(())
}

fn create(what: &str, path: &Path) -> Result<File, UsageError> {
    File::create(path).map_err(|error| UsageError(format!("{what} {}: {error}", path.display())))
}

/// One recording that is being written.
struct Run {
    recording: Recording,
    output: Packed,
    truth: Option<BufWriter<File>>,
    progress: Progress,
    sums: Sums,
}

/// What was written.
#[derive(Clone, Copy, Default)]
struct Sums {
    bytes: u64,
    planted: u64,
}

impl Run {
    fn write(&mut self) -> anyhow::Result<()> {
        let mut text = Vec::with_capacity(2 * CHUNK);
        let mut is_more = true;
        while is_more {
            is_more = self.recording.write(&mut text);
            self.tell_planted()?;
            if CHUNK <= text.len() || !is_more {
                self.output.write_all(&text)?;
                self.sums.bytes += text.len() as u64;
                self.progress.advance(text.len() as u64);
                text.clear();
            }
        }
        self.output.finish()?;
        if let Some(truth) = &mut self.truth {
            truth.flush().context("--truth")?;
        }
        self.progress.finish();
        Ok(())
    }

    fn tell_planted(&mut self) -> anyhow::Result<()> {
        for planted in self.recording.take_planted() {
            self.sums.planted += 1;
            if let Some(truth) = &mut self.truth {
                serde_json::to_writer(&mut *truth, &planted).context("--truth")?;
                truth.write_all(b"\n").context("--truth")?;
            }
        }
        Ok(())
    }
}
