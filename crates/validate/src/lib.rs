//! Checks captures of the Jetstream API: bytes in, findings out.
//!
//! Bad input is a [`Finding`], never an error; an [`Error`] means that the work could not be done,
//! which only a broken set of schemas can cause.
//!
//! ```
//! use std::ops::ControlFlow;
//! use contrail_validate::{Schemas, Session, Settings, Validator};
//!
//! let validator = Validator::new(Schemas::embedded(), Settings::default());
//! let mut messages = Vec::new();
//! let mut keep = |finding: contrail_validate::Finding| {
//!     messages.push(format!("{}: {}", finding.start(), finding.message));
//!     ControlFlow::Continue(())
//! };
//! let mut session = Session::new(&validator, "dump.json");
//! session.push(br#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":4,"Events":[]}"#, &mut keep);
//! let summary = session.finish(&mut keep);
//! assert_eq!(messages, ["1:59: Count is 4 but Events holds no events"]);
//! assert_eq!((summary.batches, summary.events), (1, 0));
//! ```

mod body;
mod changes;
mod check;
mod compression;
mod content;
mod defect;
mod draft;
mod error;
mod event;
mod finding;
mod fingerprint;
mod identity;
mod instance;
mod plain;
mod plan;
mod recording;
mod redact;
mod rule;
mod schema_check;
mod schema_failures;
mod schemas;
mod session;
mod settings;
mod similar;
mod summary;
mod version;

pub use body::har_body;
pub use changes::{Change, ChangeKind, EventVersions, Subject, VersionChanges};
pub use compression::Compression;
pub use error::Error;
pub use finding::{EventRef, Finding};
pub use plain::PlainValidator;
pub use plan::{MemberCounts, Note};
pub use rule::{Example, Family, RULES, Rule, Severity};
pub use schemas::Schemas;
pub use session::{Flow, Scout, Session, Survey, Validator};
pub use settings::{MAX_WINDOW, Settings, UnknownRule};
pub use similar::{closest, similar};
pub use summary::{Severities, Summary, VersionCount};
pub use version::{ApiVersion, VersionChoice};
