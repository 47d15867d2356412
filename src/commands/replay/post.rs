//! The arguments about HTTP, understood. No message shows what may be a secret.

use std::ffi::OsString;

use contrail_replay::duration;
use ureq::http::{
    HeaderMap, HeaderName, HeaderValue, Uri,
    header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING},
};

use crate::{cli::HttpArgs, outcome::UsageError, sink::PostSettings};

/// Where to and how events are posted; nothing if they are not. `variable` looks up an environment
/// variable.
pub(super) fn settings(
    args: &HttpArgs,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Option<PostSettings>, UsageError> {
    let Some(url) = &args.post else { return Ok(None) };
    let uri = uri(url)?;
    if args.timeout.0 == 0 {
        return Err(UsageError("--timeout: want more than nothing".to_owned()));
    }
    Ok(Some(PostSettings {
        shown: shown(&uri),
        uri,
        headers: headers(args, variable)?,
        timeout: duration(args.timeout.0),
        retries: args.retries,
        backoff: duration(args.backoff.0),
    }))
}

fn uri(text: &str) -> Result<Uri, UsageError> {
    let error =
        |why: &str| UsageError(format!("--post: {why}; want one such as https://host/path"));
    let uri: Uri = text.parse().map_err(|_| error("this is no URL"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(error("the URL is not of http or https"));
    }
    if uri.host().is_none_or(str::is_empty) {
        return Err(error("the URL names no host"));
    }
    Ok(uri)
}

/// The URL without user information, and without the query, which often holds a key.
fn shown(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or_default();
    let host = uri.host().unwrap_or_default();
    let port = uri.port().map(|port| format!(":{port}")).unwrap_or_default();
    let query = if uri.query().is_some() { "?..." } else { "" };
    format!("{scheme}://{host}{port}{}{query}", uri.path())
}

fn headers(
    args: &HttpArgs,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<HeaderMap, UsageError> {
    let mut headers = HeaderMap::new();
    for text in &args.headers {
        let (name, text) = split(text, "--header", "NAME=VALUE")?;
        let value = value(&name, text.as_bytes())?;
        headers.append(name, value);
    }
    for text in &args.header_variables {
        let (name, from) = split(text, "--header-env", "NAME=VARIABLE")?;
        let text = variable(from).ok_or_else(|| {
            UsageError(format!("--header-env {name}: the environment has no variable {from}"))
        })?;
        let value = value(&name, text.as_encoded_bytes())?;
        headers.append(name, value);
    }
    headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    Ok(headers)
}

/// Takes the name off. What has none is not shown: `Authorization: secret` is all value.
fn split<'t>(text: &'t str, option: &str, want: &str) -> Result<(HeaderName, &'t str), UsageError> {
    let parts = text.split_once('=').and_then(|(name, rest)| Some((name.parse().ok()?, rest)));
    let (name, rest) = parts.ok_or_else(|| UsageError(format!("{option}: want {want}")))?;
    // A wrong length would make one request of two.
    if matches!(name, CONTENT_LENGTH | TRANSFER_ENCODING) {
        return Err(UsageError(format!("{option}: {name} follows from the body")));
    }
    Ok((name, rest))
}

fn value(name: &HeaderName, text: &[u8]) -> Result<HeaderValue, UsageError> {
    let mut value = HeaderValue::from_bytes(text)
        .map_err(|_| UsageError(format!("the value of the header {name} is not plain text")))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_shown_without_secrets() {
        for (url, want) in [
            ("http://host", "http://host/"),
            ("https://user:secret@host:8443/hook?key=secret", "https://host:8443/hook?..."),
            ("http://[::1]:80/a/b", "http://[::1]:80/a/b"),
        ] {
            assert_eq!(shown(&uri(url).unwrap()), want);
        }
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for (url, want) in [
            ("host/hook", "this is no URL"),
            ("/hook", "the URL is not of http or https"),
            ("ftp://secret@host/hook", "the URL is not of http or https"),
            ("http://user:secret@/hook", "this is no URL"),
            ("http://sec ret@host/", "this is no URL"),
        ] {
            let UsageError(error) = uri(url).unwrap_err();
            assert_eq!(error, format!("--post: {want}; want one such as https://host/path"));
        }
    }
}
