//! Faults of HTTP: which requests to a stand-in go wrong, and how. Pure: it is told of each request,
//! and says what is to happen.

mod spec;

use std::{fmt, num::NonZeroU64};

use serde::Serialize;

use crate::{
    chance::Chance,
    schedule::Bound,
    time::{Nanos, RecordingTime},
};

/// A fault of HTTP, read from a text such as `503,p=0.1,retry-after=5s,path=/3/events`.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpFault {
    /// What goes wrong.
    pub kind: HttpFaultKind,
    /// How many of the requests it hits, from 0 for none to 1 for all.
    pub probability: f64,
    /// Which requests it can hit.
    pub scope: HttpScope,
    /// Not so many of the first requests that it could hit.
    pub after: u64,
    /// At most so many requests.
    pub count: Option<NonZeroU64>,
    name: &'static str,
    text: String,
}

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpFaultKind {
    /// It is answered with an error.
    Status {
        /// The status.
        code: u16,
        /// When the client is told to ask again: whole seconds, as the header wants them.
        retry_after: Option<Nanos>,
    },
    /// The body of the answer is slow.
    SlowBody {
        /// How long it takes.
        over: Nanos,
    },
    /// The connection breaks in the middle of the body of the answer.
    TruncatedBody,
    /// The connection is reset before an answer.
    Reset,
    /// A delete is done, but the client gets an error.
    LostDelete,
    /// A delete is answered as if it were done, but the events are handed out again.
    Redelivery,
}

impl HttpFaultKind {
    /// The only methods of requests that it can hit; nothing if it can hit any.
    fn methods(self) -> Option<&'static [&'static str]> {
        match self {
            Self::LostDelete | Self::Redelivery => Some(&["DELETE", "PATCH"]),
            Self::Status { .. } | Self::SlowBody { .. } | Self::TruncatedBody | Self::Reset => None,
        }
    }

    fn takes_method(self, asked: &str) -> bool {
        self.methods()
            .is_none_or(|methods| methods.iter().any(|method| method.eq_ignore_ascii_case(asked)))
    }
}

/// Which requests a fault can hit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpScope {
    /// Those whose path begins so, in any case.
    pub path: Option<String>,
    /// Those of this method, in any case.
    pub method: Option<String>,
    /// From this time of the recording on.
    pub from: Option<Bound>,
    /// Before this time of the recording.
    pub to: Option<Bound>,
}

/// A request.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Its method.
    pub method: &'a str,
    /// Its path, without the query.
    pub path: &'a str,
    /// The time in the recording when it comes.
    pub time: RecordingTime,
    /// The time of the first event of the recording.
    pub first: RecordingTime,
}

impl HttpScope {
    fn takes(&self, asked: &Asked<'_>) -> bool {
        let begins = |path: &String| {
            let begin = asked.path.as_bytes().get(..path.len());
            begin.is_some_and(|begin| begin.eq_ignore_ascii_case(path.as_bytes()))
        };
        self.path.as_ref().is_none_or(begins)
            && self.method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(asked.method))
            && Bound::enclose(self.from, self.to, asked.time, asked.first)
    }
}

/// How many requests a fault hit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HttpFaultCount {
    /// The fault, as it was written.
    pub fault: String,
    /// The number of requests.
    pub requests: u64,
}

/// The faults of HTTP of a stand-in.
///
/// Whether a fault hits a request is a hash of (seed, fault, number of the request among those that
/// the fault could hit): the same in every run with the same requests.
#[derive(Clone, Debug)]
pub struct HttpFaults {
    chance: Chance,
    planted: Vec<Planted>,
}

impl HttpFaults {
    /// The faults, the first of which goes before the others; `seed` says which of all possible
    /// choices are made.
    pub fn new(list: Vec<HttpFault>, seed: u64) -> Self {
        let mut faults =
            Self { chance: Chance::new(seed).named(b"http fault"), planted: Vec::new() };
        for fault in list {
            faults.add(fault);
        }
        faults
    }

    /// Adds a fault behind the others. It counts from the next request on.
    pub fn add(&mut self, fault: HttpFault) {
        // Counted among its kind, so that a further fault of another kind changes nothing, and two
        // of one kind do not always choose the same requests.
        let before = self.planted.iter().filter(|it| it.fault.name == fault.name).count() as u64;
        let chance = self.chance.named(fault.name.as_bytes()).of(before);
        self.planted.push(Planted { fault, chance, candidates: 0, hit: 0 });
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.planted.is_empty()
    }

    /// Takes all faults away, with their counts.
    pub fn clear(&mut self) {
        self.planted.clear();
    }

    /// What happens to a request: the first fault that hits it. Each request is to be told once, in
    /// the order in which they come.
    pub fn choose(&mut self, asked: &Asked<'_>) -> Option<HttpFaultKind> {
        let mut chosen = None;
        for planted in &mut self.planted {
            // Asked of every fault: each counts the requests that it could hit.
            let would_hit = planted.would_hit(asked);
            if would_hit && chosen.is_none() {
                planted.hit += 1;
                chosen = Some(planted.fault.kind);
            }
        }
        chosen
    }

    /// How many requests each fault hit, in their order.
    pub fn counts(&self) -> Vec<HttpFaultCount> {
        let count = |it: &Planted| HttpFaultCount { fault: it.fault.to_string(), requests: it.hit };
        self.planted.iter().map(count).collect()
    }
}

/// A fault with its choices and its counts.
#[derive(Clone, Debug)]
struct Planted {
    fault: HttpFault,
    chance: Chance,
    /// How many requests it could hit so far.
    candidates: u64,
    /// How many it hit.
    hit: u64,
}

impl Planted {
    /// Whether it hits a request, unless another fault does. A request that it could hit is counted.
    fn would_hit(&mut self, asked: &Asked<'_>) -> bool {
        let HttpFault { kind, scope, after, count, probability, .. } = &self.fault;
        if !kind.takes_method(asked.method) || !scope.takes(asked) {
            return false;
        }
        let number = self.candidates;
        self.candidates += 1;
        *after <= number
            && count.is_none_or(|most| self.hit < most.get())
            && self.chance.of(number).fraction() < *probability
    }
}

impl fmt::Display for HttpFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests;
