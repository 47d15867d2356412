//! A HAR document: the requests and responses that a browser or a proxy recorded.
//!
//! The format is HAR 1.2 (<http://www.softwareishard.com/blog/har-12-spec/>). Members that are missing
//! or of a wrong type are taken as not given.

use std::borrow::Cow;

use crate::tree::{Kind, Node};

/// One request and its response.
#[derive(Clone, Debug)]
pub struct HarEntry<'t> {
    /// Its index in `log.entries`, from 0.
    pub index: u64,
    /// The entry itself.
    pub node: Node<'t>,
    /// The method of the request.
    pub method: Cow<'t, str>,
    /// The path of the URL of the request, without host and query.
    pub path: String,
    /// The status of the response.
    pub status: Option<u16>,
    /// The string that holds the body of the response.
    pub text: Option<Node<'t>>,
    /// How the body is written in the string, such as `base64`.
    pub encoding: Cow<'t, str>,
    /// The `Content-Encoding` that the server named, such as `gzip`.
    pub content_encoding: Cow<'t, str>,
}

impl<'t> HarEntry<'t> {
    fn of(index: u64, node: Node<'t>) -> Self {
        let string = |pointer| node.pointer(pointer).and_then(Node::as_str).unwrap_or_default();
        Self {
            index,
            node,
            method: string("/request/method"),
            path: path_of(&string("/request/url")).to_owned(),
            status: node
                .pointer("/response/status")
                .and_then(|status| status.as_number()?.parse().ok()),
            text: node.pointer("/response/content/text").filter(|text| text.kind() == Kind::String),
            encoding: string("/response/content/encoding"),
            content_encoding: header(node, "Content-Encoding"),
        }
    }

    /// The API version that the URL names, if the entry is a request to get events.
    ///
    /// That is a GET whose path ends in `/{version}/events` or `/{version}/events/{limit}`, with
    /// `events` in any case.
    pub fn events_version(&self) -> Option<u8> {
        if !self.method.eq_ignore_ascii_case("GET") {
            return None;
        }
        let mut segments = self.path.rsplit('/').filter(|segment| !segment.is_empty());
        let mut last = segments.next()?;
        if is_number(last) {
            last = segments.next()?;
        }
        let version = segments.next().filter(|version| is_number(version))?;
        last.eq_ignore_ascii_case("events").then(|| version.parse().ok()).flatten()
    }

    /// Whether the status leaves room for events: no error, no redirect, and not "no content".
    pub fn may_hold_events(&self) -> bool {
        self.status.is_none_or(|status| status < 300 && status != 204)
    }
}

/// The entries of a document that is a [`Har`](crate::DocumentKind::Har).
pub fn har_entries(root: Node<'_>) -> impl Iterator<Item = HarEntry<'_>> {
    let entries = entries(root).into_iter().flat_map(Node::elements);
    entries.zip(0..).map(|(node, index)| HarEntry::of(index, node))
}

/// The array that makes a document a HAR.
fn entries(root: Node<'_>) -> Option<Node<'_>> {
    root.get("log")?.get("entries").filter(|entries| entries.kind() == Kind::Array)
}

pub(crate) fn is_har(root: Node<'_>) -> bool {
    entries(root).is_some()
}

/// The value of a header of the response.
fn header<'t>(entry: Node<'t>, want: &str) -> Cow<'t, str> {
    let headers = entry.pointer("/response/headers").into_iter().flat_map(Node::elements);
    let text = |header: Node<'t>, name| header.get(name).and_then(Node::as_str);
    headers
        .filter(|header| text(*header, "name").is_some_and(|name| name.eq_ignore_ascii_case(want)))
        .find_map(|header| text(header, "value"))
        .unwrap_or_default()
}

/// The path of a URL, which may lack its scheme and host.
fn path_of(url: &str) -> &str {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let url = &url[..end];
    match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |path| &rest[path..]),
        None => url,
    }
}

fn is_number(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DocumentKind, Tree};

    fn check<T>(text: &str, read: impl FnOnce(Node<'_>) -> T) -> T {
        let mut tree = Tree::default();
        tree.parse(text.as_bytes(), 0).unwrap();
        read(tree.root(text))
    }

    fn version_of(method: &str, url: &str) -> Option<u8> {
        let entry = format!(r#"{{"request":{{"method":"{method}","url":"{url}"}}}}"#);
        check(&entry, |node| HarEntry::of(0, node).events_version())
    }

    #[test]
    fn get_events_is_known_by_its_url() {
        for (url, want) in [
            ("https://api.jetstreamrfid.com/2/events", Some(2)),
            ("https://api.jetstreamrfid.com/3/events", Some(3)),
            ("https://api.jetstreamrfid.com/2/events/100", Some(2)),
            ("https://api.jetstreamrfid.com/2/events/100?", Some(2)),
            ("https://api.jetstreamrfid.com/3/Events?limit=5&type=x/y", Some(3)),
            ("http://localhost:8080/mock/3/EVENTS/512#top", Some(3)),
            ("https://proxy.example/jetstream//2/events/", Some(2)),
            ("/3/events", Some(3)),
            ("https://host/4/events", Some(4)),
            ("https://3/events", None),
            ("https://host/events", None),
            ("https://host/events/100", None),
            ("/events", None),
            ("/events/100", None),
            ("https://host/2/events/100/200", None),
            ("https://host/2/events/latest", None),
            ("https://host/2/eventsx", None),
            ("https://host/300/events", None),
            ("https://host/v2/events", None),
            ("https://host/2/devices?x=/2/events", None),
            ("https://host", None),
            ("", None),
        ] {
            assert_eq!(version_of("GET", url), want, "{url}");
        }
        assert_eq!(version_of("get", "/2/events"), Some(2));
        assert_eq!(version_of("DELETE", "https://host/2/events"), None);
        assert_eq!(version_of("", "https://host/2/events"), None);
    }

    #[test]
    fn what_is_missing_or_of_a_wrong_type_is_not_given() {
        let har = r#"{"log":{"entries":[
            null, 5, "x", [], {}, {"request":7,"response":null},
            {"request":{"method":1,"url":{}},"response":{"status":"200","content":{"text":9}}},
            {"response":{"headers":[{"name":"content-encoding","value":"br"}],"content":[]}}
        ]}}"#;
        check(har, |root| {
            assert_eq!(DocumentKind::of(root), DocumentKind::Har);
            let entries: Vec<_> = har_entries(root).collect();
            assert_eq!(entries.len(), 8);
            for (entry, index) in entries.iter().zip(0..) {
                assert_eq!((entry.index, entry.status), (index, None));
                assert!(entry.events_version().is_none() && entry.text.is_none());
            }
            assert_eq!(entries[7].content_encoding, "br");
        });
    }

    #[test]
    fn a_har_is_known_by_its_entries() {
        for (text, want) in [
            (r#"{"log":{"entries":[]}}"#, DocumentKind::Har),
            (r#"{"log":{"entries":{}}}"#, DocumentKind::Other),
            (r#"{"log":{"version":"1.2"}}"#, DocumentKind::Other),
            (r#"{"entries":[]}"#, DocumentKind::Other),
            (r#"{"Type":"x","log":{"entries":[]}}"#, DocumentKind::Event),
        ] {
            assert_eq!(check(text, DocumentKind::of), want, "{text}");
        }
    }

    #[test]
    fn the_status_says_whether_there_can_be_events() {
        for (status, want) in [
            ("0", true),
            ("200", true),
            ("206", true),
            ("204", false),
            ("302", false),
            ("304", false),
            ("401", false),
            ("500", false),
            ("99999999", true),
            ("\"200\"", true),
        ] {
            let entry = format!(r#"{{"response":{{"status":{status}}}}}"#);
            let may = check(&entry, |node| HarEntry::of(0, node).may_hold_events());
            assert_eq!(may, want, "{status}");
        }
    }
}
