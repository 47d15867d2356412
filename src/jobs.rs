//! Captures validated side by side; what they give is handed on in their order.

use std::{
    collections::VecDeque,
    mem,
    num::NonZeroUsize,
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread, vec,
};

use contrail_validate::{Finding, Summary};

use crate::{
    choices::Choices,
    input::Source,
    progress::Progress,
    reading::{self, Ended, Reading, Sink},
};

/// How many captures a job may be ahead of the one whose findings are awaited.
const AHEAD: usize = 4;

/// How many findings are handed on at once.
const PARCEL: usize = 256;

/// How many parcels of a capture may wait, so that the memory stays bounded.
const PARCELS: usize = 8;

/// Threads that validate captures.
#[derive(Debug)]
pub(crate) struct Jobs {
    tasks: mpsc::Sender<Task>,
    /// The captures that no job has been given yet.
    sources: vec::IntoIter<Source>,
    /// What is heard of the others, in the order of the captures.
    given: VecDeque<mpsc::Receiver<Told>>,
    most: usize,
    /// How many workers each capture has.
    workers: Option<NonZeroUsize>,
}

#[derive(Debug)]
struct Task {
    source: Source,
    workers: Option<NonZeroUsize>,
    tell: mpsc::SyncSender<Told>,
}

/// What is told of a capture: its findings, and last what came of reading it.
#[derive(Debug)]
enum Told {
    Findings(Vec<Finding>),
    Done(Box<Reading>),
}

impl Jobs {
    /// Starts so many threads. They end when the last capture is read or this is dropped.
    pub(crate) fn start(
        count: NonZeroUsize,
        workers: Option<NonZeroUsize>,
        sources: Vec<Source>,
        choices: &Arc<Choices>,
        progress: &Arc<Progress>,
    ) -> Self {
        let (tasks, queue) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..count.get() {
            let (queue, choices, progress) =
                (Arc::clone(&queue), Arc::clone(choices), Arc::clone(progress));
            // Not joined: a thread that waits for its input must not keep the program from its end.
            thread::spawn(move || {
                while let Some(task) = next_task(&queue) {
                    task.run(&choices, &progress);
                }
            });
        }
        let most = AHEAD * count.get();
        Self { tasks, sources: sources.into_iter(), given: VecDeque::new(), most, workers }
    }

    /// Hands on the findings of the next capture, and gives what came of it.
    ///
    /// # Panics
    ///
    /// If there is no further capture, or a thread panicked.
    pub(crate) fn next(&mut self, sink: &mut Sink<'_>) -> Reading {
        self.give();
        let capture = self.given.pop_front().expect("a capture is asked for once");
        loop {
            match capture.recv().expect("a thread tells how it ended") {
                Told::Findings(findings) => {
                    if findings.into_iter().try_for_each(&mut *sink).is_break() {
                        return Reading { summary: Summary::default(), ended: Ended::Stopped };
                    }
                }
                Told::Done(reading) => return *reading,
            }
        }
    }

    /// Gives the threads captures to read, but not too many ahead.
    fn give(&mut self) {
        while self.given.len() < self.most
            && let Some(source) = self.sources.next()
        {
            let (tell, told) = mpsc::sync_channel(PARCELS);
            // The threads live as long as there may be tasks.
            let _ = self.tasks.send(Task { source, workers: self.workers, tell });
            self.given.push_back(told);
        }
    }
}

fn next_task(queue: &Mutex<mpsc::Receiver<Task>>) -> Option<Task> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

impl Task {
    fn run(self, choices: &Choices, progress: &Progress) {
        let mut parcel = Vec::new();
        let reading = {
            let mut sink = |finding| {
                parcel.push(finding);
                if parcel.len() < PARCEL || self.send(mem::take(&mut parcel)) {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            };
            let validator = choices.validator(&self.source.name());
            reading::validate(&self.source, validator, self.workers, progress, &mut sink)
        };
        if parcel.is_empty() || self.send(parcel) {
            // Nobody listens any more when the run was ended.
            let _ = self.tell.send(Told::Done(Box::new(reading)));
        }
    }

    /// Whether anybody still listens.
    fn send(&self, parcel: Vec<Finding>) -> bool {
        self.tell.send(Told::Findings(parcel)).is_ok()
    }
}
