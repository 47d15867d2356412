//! The arguments of `contrail replay` about HTTP.

use std::fmt;

use clap::{Args, value_parser};

use super::times::Span;

/// The arguments about HTTP.
///
/// What may hold a secret is read later and not by clap, whose errors show what was given.
#[derive(Args)]
pub(crate) struct HttpArgs {
    /// Send events to this URL, one in each request, or with --batch a batch
    ///
    /// Each is the JSON body of a POST. What is answered with 2xx is delivered. After a connection that
    /// fails, a timeout, and the answers 408, 429 and 5xx the request is sent again; any other answer
    /// ends the replay. Redirects are not followed. A proxy is taken from the environment.
    #[arg(long, value_name = "URL", group = "place", help_heading = HTTP)]
    pub(crate) post: Option<String>,

    /// A header of the requests; may be given several times
    #[arg(long = "header", value_name = "NAME=VALUE", requires = "post", help_heading = HTTP)]
    pub(crate) headers: Vec<String>,

    /// A header with its value in an environment variable, for secrets; may be given several times
    #[arg(long = "header-env", value_name = "NAME=VARIABLE", requires = "post", help_heading = HTTP)]
    pub(crate) header_variables: Vec<String>,

    /// How many requests are under way at once; with more than 1, events may overtake each other
    #[arg(long, default_value_t = 1, value_parser = value_parser!(u16).range(1..=256), value_name = "N", requires = "post", help_heading = HTTP)]
    pub(crate) concurrency: u16,

    /// How long a request may take, with its answer
    #[arg(long, default_value = "10s", value_name = "SPAN", requires = "post", help_heading = HTTP)]
    pub(crate) timeout: Span,

    /// How often a request is sent again: after 100ms, 200ms, 400ms, or as Retry-After says
    ///
    /// A server that asks for more than 5 minutes is not asked again.
    #[arg(long, default_value_t = 3, value_name = "N", requires = "post", help_heading = HTTP)]
    pub(crate) retries: u32,

    /// How long to wait before a request is sent again for the first time
    #[arg(long, default_value = "100ms", value_name = "SPAN", requires = "post", hide = true)]
    pub(crate) backoff: Span,
}

impl fmt::Debug for HttpArgs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("HttpArgs").finish_non_exhaustive()
    }
}

const HTTP: &str = "HTTP";
