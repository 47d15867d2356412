//! The arguments of `contrail serve`.

use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr};

use clap::{Args, ValueEnum};
use contrail_replay::{ClockKind, Delay, Fault, HttpFault, StartOn};

use super::{
    recording::{CHANGES, RecordingArgs, TIMING},
    times::Span,
};

const EXAMPLES: &str = "\
Examples:
  contrail serve day.jsonl                              the API at http://127.0.0.1:8317/2/ and /3/
  contrail serve day.jsonl --speed 60                   an hour in a minute
  contrail serve day.jsonl --speed max --exit-when-drained --report served.json
                                                        for CI: ends when all events are deleted
  contrail serve day.jsonl --clock consumer             time waits for the consumers
  contrail serve day.jsonl --listen 0.0.0.0:8317 --access-key KEY --control-listen 127.0.0.1:8318
                                                        for other machines
  contrail serve day.jsonl --fault 503,p=0.1 --fault lost-delete,count=1
                                                        with a bad day
  curl -H 'AccessKey: me' http://127.0.0.1:8317/3/events

Watch and control it with a browser: http://127.0.0.1:8317/_contrail/

Exit codes:
    0  every event was deleted, with --exit-when-drained
    2  the arguments cannot be used, or the address is not free
    3  something could not be read
    4  events were removed before they were deleted, with --exit-when-drained
  130  ended by Ctrl-C or SIGTERM";

/// Lines are so short that they are not wrapped.
const FAULT_HELP: &str = "\
Plant a fault; may be given several times

Faults of requests:
  429,p=0.1,retry-after=5s      answered with 429 and Retry-After
  500,p=0.1                     answered with 500
  503,p=0.1,retry-after=5s      answered with 503
  slow-body,over=10s            the body of the answer takes so long
  truncated-body,p=0.1          the connection breaks in the middle of the body
  reset,p=0.1                   the connection is reset before an answer
  lost-delete,p=0.1             a delete is done, but the client gets an error
  redelivery,p=0.1              a delete is answered with 204, but its events come again

p is the share of requests that are hit, from 0 to 1; without it, all are. Each can be limited
by path=/3/events (what the path begins with), method=GET, count=N (at most so many),
after=N (not the first so many), and from=TIME|+SPAN and to=TIME|+SPAN in recording time.

Faults of events are those of `contrail replay`, such as drop,p=0.01 or delay,p=0.1,fixed=5s.
Which requests and events are hit depends on --seed: the same requests meet the same faults.";

/// The arguments of `contrail serve`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) recording: RecordingArgs,

    /// Which clock moves the time
    #[arg(long, value_enum, default_value_t, value_name = "CLOCK", help_heading = TIMING)]
    pub(crate) clock: ClockChoice,

    /// When time begins
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", help_heading = TIMING)]
    pub(crate) start_on: StartChoice,

    /// Keep events until they are deleted, and keys subscribed
    ///
    /// Without it, events are removed after 14 days, and 4 days after they were handed out, and keys
    /// are unsubscribed after 30 days without a Get: all in recording time.
    #[arg(long, help_heading = TIMING)]
    pub(crate) no_retention: bool,

    /// Plant a fault of requests or of events, such as 503,p=0.1 or lost-delete,count=1; may be given
    /// several times
    #[arg(long = "fault", value_name = "FAULT", long_help = FAULT_HELP, help_heading = CHANGES)]
    pub(crate) faults: Vec<ServeFault>,

    /// Answer requests so much later: 200ms, uniform=100ms..2s, or lognormal=200ms:0.5
    #[arg(long, value_name = "DELAY", help_heading = CHANGES)]
    pub(crate) latency: Option<Delay>,

    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8317", value_parser = address, value_name = "ADDRESS:PORT", help_heading = SERVER)]
    pub(crate) listen: SocketAddr,

    /// Take this access key, and none but those given; may be given several times
    ///
    /// Without it any key is taken, but only from this machine.
    #[arg(long = "access-key", value_name = "KEY", env = "CONTRAIL_ACCESS_KEY", hide_env_values = true, value_delimiter = ',', help_heading = SERVER)]
    pub(crate) access_keys: Vec<String>,

    /// End when every subscriber has deleted every event
    #[arg(long, help_heading = SERVER)]
    pub(crate) exit_when_drained: bool,

    /// Where to listen for the page and the control API, which are then not at --listen
    #[arg(long, value_parser = address, value_name = "ADDRESS:PORT", help_heading = SERVER)]
    pub(crate) control_listen: Option<SocketAddr>,

    /// The token that the control API wants
    #[arg(long, value_name = "TOKEN", env = "CONTRAIL_CONTROL_TOKEN", hide_env_values = true, help_heading = SERVER)]
    pub(crate) control_token: Option<String>,

    /// How many bytes of waiting events are kept in memory; others wait in a temporary file
    #[arg(long, default_value_t = 64 << 20, value_name = "BYTES", help_heading = SERVER)]
    pub(crate) queue_memory: usize,

    /// How long a request may take, a client may not read, and a connection may be idle
    #[arg(long, default_value = "75s", value_name = "SPAN", help_heading = SERVER)]
    pub(crate) timeout: Span,

    /// How many connections there may be at a time
    #[arg(long, default_value_t = 4096, value_parser = connections, value_name = "N", help_heading = SERVER)]
    pub(crate) max_connections: usize,

    /// Write the report as JSON to this file
    #[arg(long, value_name = "FILE", help_heading = SERVER)]
    pub(crate) report: Option<PathBuf>,

    /// Print what cannot be read, and nothing else
    #[arg(long, short, help_heading = SERVER)]
    pub(crate) quiet: bool,
}

const SERVER: &str = "Server";

impl fmt::Debug for ServeArgs {
    /// Without secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ServeArgs")
            .field("recording", &self.recording)
            .field("listen", &self.listen)
            .finish_non_exhaustive()
    }
}

/// An address and a port; `localhost` is one too.
fn address(text: &str) -> Result<SocketAddr, String> {
    let number = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    let number = number.as_deref().unwrap_or(text);
    number.parse().map_err(|_| "want an address and a port, such as 127.0.0.1:8317".to_owned())
}

fn connections(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| 0 < *number);
    number.ok_or_else(|| "want a number from 1".to_owned())
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum ClockChoice {
    /// That of this machine
    #[default]
    Wall,
    /// Time stands still until the control API advances it
    Manual,
    /// Time goes on to the next event when every subscriber has deleted all that waits
    Consumer,
}

impl From<ClockChoice> for ClockKind {
    fn from(choice: ClockChoice) -> Self {
        match choice {
            ClockChoice::Wall => Self::Wall,
            ClockChoice::Manual => Self::Manual,
            ClockChoice::Consumer => Self::Consumer,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum StartChoice {
    /// With the first request of any key
    #[default]
    FirstPoll,
    /// When all keys of --access-key have asked
    EveryKey,
    /// At once
    Launch,
}

impl From<StartChoice> for StartOn {
    fn from(choice: StartChoice) -> Self {
        match choice {
            StartChoice::FirstPoll => Self::FirstPoll,
            StartChoice::EveryKey => Self::EveryKey,
            StartChoice::Launch => Self::Launch,
        }
    }
}

/// What can go wrong with a request or with an event.
#[derive(Clone, Debug)]
pub(crate) enum ServeFault {
    Request(HttpFault),
    Event(Fault),
}

impl FromStr for ServeFault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.split(',').next().unwrap_or_default();
        if HttpFault::kinds().any(|kind| kind == name) {
            return text.parse().map(Self::Request);
        }
        text.parse().map(Self::Event).map_err(|error: String| {
            match text.parse::<HttpFault>() {
                // Neither family has the kind: what is meant may be in either.
                Err(other) if is_unknown(&error) && other.contains("did you mean") => other,
                Err(_) if is_unknown(&error) && !error.contains("did you mean") => {
                    let kinds: Vec<_> = HttpFault::kinds().collect();
                    format!("{error}; or, for requests, {}", kinds.join(", "))
                }
                _ => error,
            }
        })
    }
}

fn is_unknown(error: &str) -> bool {
    error.starts_with("there is no fault")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_one_of_requests_or_of_events() {
        let read = |text: &str| text.parse::<ServeFault>();
        assert!(matches!(read("503,p=0.1"), Ok(ServeFault::Request(_))));
        assert!(matches!(read("drop,p=0.1"), Ok(ServeFault::Event(_))));
        for (text, expected) in [
            ("503,q=1", "`503` has no `q`"),
            ("drop,q=1", "`drop` has no `q`"),
            ("dorp", "there is no fault `dorp`; did you mean `drop`?"),
            ("lost-deleet", "there is no fault `lost-deleet`; did you mean `lost-delete`?"),
            (
                "nothing",
                "there is no fault `nothing`: want drop, duplicate, delay, reorder, skew \
                or offline; or, for requests, 429, 500, 503, slow-body, truncated-body, reset, \
                lost-delete, redelivery",
            ),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }
}
