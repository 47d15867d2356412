//! Two runs over the same bytes: what became slower.

use serde::Serialize;

use super::{
    figures::Figures,
    report::Earlier,
    stages::{Role, Stage, YARDSTICK},
};
use crate::{cli::CompareBy, outcome::UsageError};

/// What became of the stages.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Comparison {
    /// The version of the program that did the earlier run.
    pub(super) contrail: String,
    pub(super) by: CompareBy,
    pub(super) threshold_percent: f64,
    pub(super) stages: Vec<Change>,
    /// Stages of the earlier run that this one did not have.
    pub(super) missing: Vec<String>,
    /// Whether a stage of Contrail is slower than the threshold allows.
    pub(super) slower: bool,
}

/// What became of one stage.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Change {
    pub(super) stage: String,
    pub(super) before: f64,
    pub(super) now: f64,
    /// Below 0 if it became slower.
    #[serde(rename = "change_percent")]
    pub(super) percent: f64,
    /// The same of the fastest run of each, which noise touches least.
    #[serde(rename = "fastest_change_percent")]
    pub(super) fastest_percent: f64,
    /// Whether both are slower than the threshold allows. Stages that are not Contrail's may be.
    pub(super) slower: bool,
}

impl Comparison {
    /// Whether what is slower is so perhaps because everything is.
    pub(super) fn may_be_the_machine(&self) -> bool {
        let is_slow = |change: &Change| change.percent < -self.threshold_percent;
        let mut yardsticks = self.stages.iter().filter(|change| change.stage == YARDSTICK);
        self.slower && yardsticks.any(is_slow)
    }
}

/// Refuses a comparison of which nothing would come, before anything is measured.
pub(super) fn check_stages(
    earlier: &Earlier,
    stages: &[&Stage],
    by: CompareBy,
) -> Result<(), UsageError> {
    let has_both = |name: &str| {
        stages.iter().any(|stage| stage.name == name)
            && earlier.stages.iter().any(|figures| figures.stage == name)
    };
    let is_compared = |stage: &&Stage| has_both(stage.name) && stage.name != YARDSTICK;
    match by {
        CompareBy::Ratio if !has_both(YARDSTICK) || !stages.iter().any(is_compared) => {
            Err(earlier.refused("both runs need the stage plain-loop and one other"))
        }
        CompareBy::Throughput if !stages.iter().any(|stage| has_both(stage.name)) => {
            Err(earlier.refused("the runs have no stage in common"))
        }
        _ => Ok(()),
    }
}

/// Holds the stages that both runs have against each other.
pub(super) fn compare(
    earlier: &Earlier,
    now: &[Figures],
    by: CompareBy,
    threshold_percent: f64,
) -> Comparison {
    let then = |stage: &str| earlier.stages.iter().find(|figures| figures.stage == stage);
    let change = |figures: &Figures| {
        let (before, fastest_before) = figure(then(&figures.stage)?, &earlier.stages, by)?;
        let (after, fastest_after) = figure(figures, now, by)?;
        let percent = change_percent(before, after);
        let fastest_percent = change_percent(fastest_before, fastest_after);
        let is_ours = figures.role == Role::Contrail;
        let slower = is_ours && percent.max(fastest_percent) < -threshold_percent;
        let stage = figures.stage.clone();
        Some(Change { stage, before, now: after, percent, fastest_percent, slower })
    };
    let stages: Vec<_> = now.iter().filter_map(change).collect();
    let names = earlier.stages.iter().map(|figures| &figures.stage);
    let is_missing = |name: &&String| now.iter().all(|figures| figures.stage != **name);
    Comparison {
        contrail: earlier.contrail.clone(),
        by,
        threshold_percent,
        missing: names.filter(is_missing).cloned().collect(),
        slower: stages.iter().any(|change| change.slower),
        stages,
    }
}

fn change_percent(before: f64, now: f64) -> f64 {
    (now / before - 1.0) * 100.0
}

/// What counts of a stage among the others of its run: its figure, and that of its fastest pass,
/// which is in a unit of its own. Nothing if the stage says nothing.
fn figure(figures: &Figures, all: &[Figures], by: CompareBy) -> Option<(f64, f64)> {
    let fastest = figures.seconds.fastest;
    match by {
        CompareBy::Throughput => Some((figures.mb_per_second, 1.0 / fastest)),
        CompareBy::Ratio if figures.stage == YARDSTICK => None,
        CompareBy::Ratio => {
            let yardstick = all.iter().find(|figures| figures.stage == YARDSTICK)?;
            Some((figures.ratio?, yardstick.seconds.fastest / fastest))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::stages::chosen, *};

    fn figures(stage: &str, role: &str, mb_per_second: f64, ratio: Option<f64>) -> Figures {
        let figures = json!({
            "stage": stage, "role": role, "mb_per_second": mb_per_second, "events_per_second": 1.0,
            "ns_per_event": 1.0, "ratio": ratio, "spread_percent": 0.0, "runs": 1, "passes": 1,
            "seconds": {"median": 1.0, "fastest": 1.0 / mb_per_second, "slowest": 1.0}, "counts": {},
        });
        serde_json::from_value(figures).unwrap()
    }

    fn earlier(stages: Vec<Figures>) -> Earlier {
        let input = json!({
            "files": 1, "bytes": 1, "documents": 1, "batches": 1, "events": 1, "api_version": 3,
            "bytes_per_event": 1.0, "damages": 0, "damaged_bytes": 0, "sha256": "",
        });
        let stages = serde_json::to_value(stages).unwrap();
        serde_json::from_value(json!({"contrail": "0.0.9", "input": input, "stages": stages}))
            .unwrap()
    }

    fn verdicts(comparison: &Comparison) -> Vec<(&str, bool)> {
        comparison.stages.iter().map(|change| (&*change.stage, change.slower)).collect()
    }

    #[test]
    fn only_stages_of_contrail_fail_and_only_beyond_the_threshold() {
        let before = earlier(vec![
            figures("read", "limit", 1000.0, None),
            figures("lex", "contrail", 100.0, None),
            figures("validate", "contrail", 100.0, None),
            figures("serde-json", "peer", 100.0, None),
            figures("gone", "contrail", 100.0, None),
        ]);
        let now = [
            figures("read", "limit", 1.0, None),
            figures("lex", "contrail", 90.0, None),
            figures("validate", "contrail", 89.9, None),
            figures("serde-json", "peer", 1.0, None),
            figures("new", "contrail", 1.0, None),
        ];
        let comparison = compare(&before, &now, CompareBy::Throughput, 10.0);
        let want = [("read", false), ("lex", false), ("validate", true), ("serde-json", false)];
        assert_eq!(verdicts(&comparison), want);
        assert_eq!((comparison.slower, &*comparison.missing), (true, &["gone".to_owned()][..]));
        let comparison = compare(&before, &now, CompareBy::Throughput, 10.2);
        assert!(!comparison.slower);
    }

    #[test]
    fn the_fastest_run_has_to_be_slower_too() {
        let before = earlier(vec![figures("lex", "contrail", 100.0, None)]);
        let mut lex = figures("lex", "contrail", 50.0, None);
        let compared = |lex: &Figures| {
            compare(&before, std::slice::from_ref(lex), CompareBy::Throughput, 10.0).slower
        };
        assert!(compared(&lex));
        lex.seconds.fastest = 1.0 / 95.0;
        assert!(!compared(&lex), "the median alone may be noise");
    }

    #[test]
    fn ratios_are_compared_on_machines_of_different_speed() {
        let before = earlier(vec![
            figures("validate", "contrail", 500.0, Some(5.0)),
            figures(YARDSTICK, "peer", 100.0, Some(1.0)),
        ]);
        let now = |ratio| {
            [
                figures("validate", "contrail", 50.0 * ratio, Some(ratio)),
                figures(YARDSTICK, "peer", 50.0, Some(1.0)),
            ]
        };
        let compared = |ratio| compare(&before, &now(ratio), CompareBy::Ratio, 10.0);
        assert_eq!(verdicts(&compared(4.9)), [("validate", false)]);
        assert_eq!(verdicts(&compared(4.0)), [("validate", true)]);
    }

    #[test]
    fn what_has_nothing_in_common_is_refused() {
        let with = |names: &[&str]| {
            let figures = names.iter().map(|name| figures(name, "contrail", 1.0, None));
            earlier(figures.collect())
        };
        for (before, now, by, want) in [
            (&["lex"][..], &["lex"][..], CompareBy::Throughput, true),
            (&["lex"], &["frame"], CompareBy::Throughput, false),
            (&["lex"], &["lex"], CompareBy::Ratio, false),
            (&["lex", YARDSTICK], &["lex"], CompareBy::Ratio, false),
            (&["lex", YARDSTICK], &["lex", YARDSTICK], CompareBy::Ratio, true),
            (&["lex", YARDSTICK], &["frame", YARDSTICK], CompareBy::Ratio, false),
        ] {
            let names: Vec<_> = now.iter().map(|name| (*name).to_owned()).collect();
            let checked = check_stages(&with(before), &chosen(&names), by);
            assert_eq!(checked.is_ok(), want, "{before:?} {now:?} {by:?}");
        }
    }

    #[test]
    fn a_slow_machine_is_told_from_a_slow_program() {
        let compared = |loop_now, by| {
            let before = earlier(vec![
                figures("lex", "contrail", 100.0, Some(1.0)),
                figures(YARDSTICK, "peer", 100.0, Some(1.0)),
            ]);
            let now = [
                figures("lex", "contrail", 50.0, Some(0.5)),
                figures(YARDSTICK, "peer", loop_now, Some(1.0)),
            ];
            compare(&before, &now, by, 10.0).may_be_the_machine()
        };
        assert!(compared(50.0, CompareBy::Throughput));
        assert!(!compared(95.0, CompareBy::Throughput));
        assert!(!compared(50.0, CompareBy::Ratio));
    }
}
