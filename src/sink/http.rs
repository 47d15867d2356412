//! Events, or batches of them, to a web server: each is the body of a POST.

mod acknowledged;
mod client;
mod retry_after;

use std::{
    io,
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender},
    },
    thread,
};

use contrail_replay::{Delivered, Departing, Sink, SinkError};

use super::batch::{Batches, Parcel, Shape};
use acknowledged::Account;
pub(crate) use client::PostSettings;
use client::{Client, Failure};

/// Posts events. Between two calls, a worker is always free: what comes due can leave at once.
pub(crate) struct Post {
    url: String,
    batches: Batches,
    /// One for each request that can be under way; none when the sink has failed.
    workers: Vec<SyncSender<Job>>,
    /// The numbers of those that have nothing to do.
    free: Vec<usize>,
    results: Receiver<Done>,
    account: Account,
    failed: Option<SinkError>,
}

/// A body to be delivered.
struct Job {
    number: usize,
    body: Vec<u8>,
}

/// What came of a job.
struct Done {
    worker: usize,
    number: usize,
    result: Result<(), Failure>,
}

impl Post {
    pub(crate) fn new(settings: PostSettings, concurrency: u16, shape: Shape) -> io::Result<Self> {
        let url = settings.shown.clone();
        let client = Arc::new(Client::new(settings, concurrency.into()));
        let (done, results) = mpsc::channel();
        let workers: Vec<_> = (0..concurrency.into())
            .map(|worker| start(worker, Arc::clone(&client), done.clone()))
            .collect::<io::Result<_>>()?;
        Ok(Self {
            url,
            batches: Batches::new(shape),
            free: (0..workers.len()).collect(),
            workers,
            results,
            account: Account::default(),
            failed: None,
        })
    }

    /// Gives a parcel to a worker, and waits until there is a free one again.
    fn post(&mut self, parcel: Parcel, body: Vec<u8>) -> Result<(), SinkError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let worker = self.free.pop().expect("a worker is free between two parcels");
        let number = self.account.send(parcel, body.len());
        // A worker that is gone leaves no result, which is told below.
        let _ = self.workers[worker].send(Job { number, body });
        self.wait_for_free(1)
    }

    /// Takes results until so many workers are free.
    fn wait_for_free(&mut self, wanted: usize) -> Result<(), SinkError> {
        while self.free.len() < wanted {
            match self.results.recv() {
                Ok(done) => self.take(done)?,
                Err(_) => return Err(self.fail("the threads that send have ended".to_owned())),
            }
        }
        while let Ok(done) = self.results.try_recv() {
            self.take(done)?;
        }
        Ok(())
    }

    fn take(&mut self, done: Done) -> Result<(), SinkError> {
        if let Err(failure) = done.result {
            return Err(self.fail(failure.to_string()));
        }
        self.account.acknowledge(done.number);
        self.free.push(done.worker);
        Ok(())
    }

    /// Ends the workers, but waits for what is under way: it may arrive, and then it counts.
    fn fail(&mut self, message: String) -> SinkError {
        self.workers.clear();
        for done in &self.results {
            if done.result.is_ok() {
                self.account.acknowledge(done.number);
            }
        }
        let error = SinkError { sink: self.url.clone(), message, is_closed: false };
        self.failed.insert(error).clone()
    }
}

impl Sink for Post {
    fn send(&mut self, events: &Departing) -> Result<(), SinkError> {
        for leaver in events.events() {
            let mut body = Vec::new();
            if let Some(parcel) = self.batches.add(leaver, &mut body) {
                self.post(parcel, body)?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        let mut body = Vec::new();
        if let Some(parcel) = self.batches.close(&mut body) {
            self.post(parcel, body)?;
        }
        self.wait_for_free(self.workers.len())
    }

    fn delivered(&self) -> Delivered {
        self.account.delivered()
    }

    /// One parcel, so that the lag of an event is not measured long before it leaves.
    fn most_at_once(&self) -> usize {
        self.batches.most()
    }
}

fn start(worker: usize, client: Arc<Client>, done: Sender<Done>) -> io::Result<SyncSender<Job>> {
    let (jobs, received) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name(format!("post {worker}"))
        .spawn(move || work(worker, &client, &received, &done))?;
    Ok(jobs)
}

fn work(worker: usize, client: &Client, jobs: &Receiver<Job>, done: &Sender<Done>) {
    for Job { number, body } in jobs {
        // No job comes while there is one: only the end of the sink cuts the wait short.
        let pause = |span| matches!(jobs.recv_timeout(span), Err(RecvTimeoutError::Timeout));
        let result = client.deliver(&body, pause);
        if done.send(Done { worker, number, result }).is_err() {
            return;
        }
    }
}
