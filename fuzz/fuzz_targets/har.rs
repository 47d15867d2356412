//! Bodies in HAR documents: any text, any encoding that is claimed of it.

#![no_main]

use std::{ops::ControlFlow, sync::LazyLock};

use contrail_validate::{Schemas, Session, Settings, Validator};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

static VALIDATOR: LazyLock<Validator> =
    LazyLock::new(|| Validator::new(Schemas::embedded(), Settings::default()).compiled());

fn validate(bytes: &[u8]) {
    let mut keep = |finding: contrail_validate::Finding| {
        let end = finding.range.end.offset;
        assert!(end <= bytes.len() as u64, "{finding:?}");
        ControlFlow::Continue(())
    };
    let mut session = Session::new(&VALIDATOR, "capture");
    let _ = session.push(bytes, &mut keep);
    session.finish(&mut keep);
}

fuzz_target!(|input: (u8, &[u8])| {
    let (manner, bytes) = input;
    if manner == 0 {
        return validate(bytes);
    }
    let text = String::from_utf8_lossy(bytes);
    let compression = ["gzip", "deflate", "br", "zstd", "other"][usize::from(manner) % 5];
    let mut content = json!({ "text": text });
    if manner & 0x80 != 0 {
        content["encoding"] = "base64".into();
    }
    let entry = json!({
        "request": { "method": "GET", "url": "https://host/3/events/100" },
        "response": {
            "status": 200,
            "headers": [{ "name": "Content-Encoding", "value": compression }],
            "content": content,
        },
    });
    validate(json!({ "log": { "entries": [entry] } }).to_string().as_bytes());
});
