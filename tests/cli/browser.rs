//! The page of `contrail serve`, in a browser.

use std::io::{self, Write as _};

use serde_json::Value;

use crate::{
    program::heartbeat,
    served::{KEY, Served},
    webdriver::{Browser, ENTER, RIGHT},
};

/// How many events the recording holds, 18 seconds apart, so for nearly ten hours.
const EVENTS: u64 = 2000;

/// `contrail serve` with a recording, and its page in a browser.
struct Stage {
    // Fields are dropped in this order.
    browser: Browser,
    server: Served,
}

/// The recording: two types, and whole seconds.
fn recording() -> Vec<String> {
    let event = |number| {
        let at = 6 * 3600 + 18 * number;
        let time = format!("{:02}:{:02}:{:02}Z", at / 3600, at / 60 % 60, at % 60);
        let event = heartbeat(number).replace("06:14:30Z", &time).replace("06:14:59Z", &time);
        match number % 10 {
            9 => event.replace("HeartbeatEvent", "LogicalDeviceOnlineEvent"),
            _ => event,
        }
    };
    (0..EVENTS).map(event).collect()
}

impl Stage {
    /// Opens the page, and waits until it shows that the recording is played.
    fn set() -> Option<Self> {
        let browser = match Browser::start() {
            Ok(browser) => browser,
            Err(absent) => {
                // Not `eprintln!`: what a test prints by that is not seen when it passes.
                let _ = writeln!(io::stderr(), "skipped, for there is no browser: {absent}");
                return None;
            }
        };
        let server = Served::lines(&recording(), &["--start-on", "launch"]);
        let stage = Self { browser, server };
        stage.browser.open(&format!("{}/_contrail/", stage.server.origin));
        stage.wait_for("#state", "playing");
        Some(stage)
    }

    fn wait_for(&self, css: &str, text: &str) {
        let css = Value::from(css);
        let text = Value::from(text);
        self.browser.wait_until(&format!("document.querySelector({css})?.textContent === {text}"));
    }

    /// Waits until the number that an element shows is over this one.
    fn wait_for_over(&self, css: &str, number: u64) {
        let css = Value::from(css);
        self.browser.wait_until(&format!(
            "Number(document.querySelector({css})?.textContent.replaceAll(',', '')) > {number}"
        ));
    }

    fn number(&self, css: &str) -> u64 {
        let text = self.browser.text(css).replace(',', "");
        text.parse().unwrap_or_else(|_| panic!("want a number at {css}, got {text:?}"))
    }

    fn assert_no_complaints(&self) {
        assert_eq!(self.browser.complaints(), Vec::<String>::new());
    }
}

#[test]
fn the_page_plays_pauses_steps_and_changes_the_speed() {
    let Some(stage) = Stage::set() else { return };
    let browser = &stage.browser;
    stage.wait_for("#speed", "1");
    browser.click("#pause");
    stage.wait_for("#state", "paused");
    browser.run("document.activeElement.blur()", &[]);
    browser.press(' ');
    stage.wait_for("#state", "playing");

    let arrived = stage.number("#arrived");
    browser.click("#presets [value='600']");
    stage.wait_for("#speed", "600");
    browser.wait_until("document.querySelector('#position').textContent > '00:01:00'");
    stage.wait_for_over("#arrived", arrived);
    browser.click("#pause");
    stage.wait_for("#state", "paused");

    browser.type_into("#speed-to", &format!("1/2{ENTER}"));
    stage.wait_for("#speed", "1/2");
    let arrived = stage.number("#arrived");
    browser.click("#step");
    stage.wait_for_over("#arrived", arrived);
    assert_eq!(stage.number("#arrived"), arrived + 1);
    stage.wait_for("#state", "paused");
    stage.assert_no_complaints();
}

#[test]
fn the_page_seeks() {
    let Some(stage) = Stage::set() else { return };
    let browser = &stage.browser;
    browser.click("#pause");
    stage.wait_for("#state", "paused");
    browser.type_into("#seek-to", &format!("+10m{ENTER}"));
    stage.wait_for("#position", "00:10:00.0");
    stage.wait_for("#seek-to", "");

    // Keys are for who does not type.
    browser.press(RIGHT);
    browser.click("#forward");
    stage.wait_for("#position", "00:11:00.0");
    browser.run("document.activeElement.blur()", &[]);
    browser.press(RIGHT);
    stage.wait_for("#position", "00:11:05.0");

    // The middle of the timeline, which begins at the start and ends with the last event.
    browser.wait_until("document.querySelector('#rows').children.length === 2");
    stage.wait_for("#total", "2,000");
    stage.wait_for("#length", "09:59:42");
    browser.click("#timeline");
    browser.wait_until("document.querySelector('#position').textContent > '04:55'");
    let position = browser.text("#position");
    assert!(position.as_str() < "05:05", "{position}");
    stage.assert_no_complaints();
}

#[test]
fn the_page_shows_subscribers_requests_and_faults() {
    let Some(stage) = Stage::set() else { return };
    let browser = &stage.browser;
    let address = format!("{}/3/", stage.server.origin);
    stage.wait_for("#no-subscribers .address", &address);
    stage.server.get(KEY, 100);
    browser.wait_until("document.querySelectorAll('#subscribers tr').length === 1");
    browser.click("#presets [value='600']");
    stage.wait_for_over("#subscribers .pending", 0);

    let batch = stage.server.get(KEY, 100);
    let delivered = batch.events.len();
    assert_ne!(delivered, 0);
    stage.wait_for("#subscribers .delivered", &delivered.to_string());
    assert_eq!(stage.server.delete(KEY, &batch.id).status, 204);
    stage.wait_for("#subscribers .deleted", &delivered.to_string());
    assert!(!browser.text("#subscribers .key").contains(KEY), "keys are not shown whole");
    stage.wait_for("#requests-get", "2");
    stage.wait_for("#requests-delete", "1");

    browser.type_into("#fault", &format!("503,count=1{ENTER}"));
    browser.wait_until("document.querySelectorAll('#faults li').length === 1");
    browser.click("#clear-faults");
    browser.wait_until("document.querySelectorAll('#faults li').length === 0");
    stage.assert_no_complaints();
}
