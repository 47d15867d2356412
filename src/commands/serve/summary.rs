//! What came of serving, for people.

use std::fmt;

use contrail_replay::{HttpFaultCount, QueueStatus, server::ServerReport};
use indicatif::HumanCount;

use crate::{
    amounts::{events, fault_lines, span},
    render::counted,
};

/// What came of it, line by line.
pub(super) fn of(report: &ServerReport) -> impl fmt::Display {
    Summary(report)
}

struct Summary<'r>(&'r ServerReport);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        let status = &report.status;
        let requests = status.requests;
        writeln!(
            formatter,
            "served {} in {}: {}, {}, {} refused{}",
            events(status.stand_in.arrived),
            span(status.wall_ns.into()),
            counted(requests.get, "get", "gets"),
            counted(requests.delete, "delete", "deletes"),
            HumanCount(requests.refused),
            if report.drained { "; all is drained" } else { "" },
        )?;
        for subscriber in &status.stand_in.subscribers {
            write_subscriber(formatter, subscriber)?;
        }
        for HttpFaultCount { fault, requests } in &status.faults {
            writeln!(formatter, "fault {fault}: {}", counted(*requests, "request", "requests"))?;
        }
        for line in fault_lines(&status.stand_in.event_faults) {
            writeln!(formatter, "{line}")?;
        }
        for name in &report.unmet {
            writeln!(formatter, "note: no event that was read has the {name}")?;
        }
        if status.stand_in.state == "ended" && status.stand_in.arrived == 0 {
            writeln!(formatter, "note: there were no events to serve")?;
        }
        for (count, what) in [
            (
                status.stand_in.lost,
                "events were removed as too old, or with the keys that they waited for",
            ),
            (report.filtered, "events were left out by filters"),
            (report.outside, "events were outside of the window"),
            (report.misplaced, "events were out of order by more than the read-ahead"),
            (
                report.left_early,
                "events were delayed by less than --fault wants: --fault-memory is too small",
            ),
            (
                report.held_back,
                "times in events were set to the present: they would have been in the future",
            ),
        ] {
            if 0 < count {
                writeln!(formatter, "note: {} {what}", HumanCount(count))?;
            }
        }
        Ok(())
    }
}

fn write_subscriber(formatter: &mut fmt::Formatter<'_>, queue: &QueueStatus) -> fmt::Result {
    let QueueStatus { number, key, counts, pending, .. } = queue;
    write!(formatter, "subscriber {number} ({key}): {} delivered", HumanCount(counts.delivered))?;
    for (count, what) in [
        (counts.again, "of them again"),
        (counts.deleted, "deleted"),
        (counts.expired, "removed as too old"),
        (*pending, "still waiting"),
    ] {
        if 0 < count {
            write!(formatter, ", {} {what}", HumanCount(count))?;
        }
    }
    writeln!(formatter)
}
