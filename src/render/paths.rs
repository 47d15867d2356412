//! The names of captures as the hosts of repositories want them: relative, with forward slashes.

use std::{
    borrow::Cow,
    path::{MAIN_SEPARATOR_STR, Path, PathBuf},
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is not written as it is in the path of a URI. A colon in front would look like a scheme.
const RESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Makes paths relative to a folder.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    base: PathBuf,
}

impl Paths {
    /// Paths below `base` are written from there.
    pub(super) fn new(base: &Path) -> Self {
        Self { base: base.to_owned() }
    }

    /// The path of a capture; standard input is `stdin`.
    pub(super) fn path<'f>(&self, file: &'f str) -> Cow<'f, str> {
        if file == "<stdin>" {
            return Cow::Borrowed("stdin");
        }
        let path = Path::new(file);
        let path = path.strip_prefix(&self.base).unwrap_or(path);
        let path = path.strip_prefix(".").unwrap_or(path).to_str().unwrap_or(file);
        if MAIN_SEPARATOR_STR == "/" {
            Cow::Borrowed(path)
        } else {
            Cow::Owned(path.replace(MAIN_SEPARATOR_STR, "/"))
        }
    }

    /// The same as a URI, relative where the path is.
    pub(super) fn uri(&self, file: &str) -> String {
        let path = self.path(file);
        let encoded = utf8_percent_encode(&path, RESERVED);
        match (Path::new(&*path).is_absolute(), path.starts_with('/')) {
            (false, _) => encoded.to_string(),
            (true, true) => format!("file://{encoded}"),
            (true, false) => format!("file:///{encoded}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_base() {
        let paths = Paths::new(Path::new("/a base"));
        for (file, path, uri) in [
            ("<stdin>", "stdin", "stdin"),
            ("a/b.json", "a/b.json", "a/b.json"),
            ("./a.json", "a.json", "a.json"),
            ("../a.json", "../a.json", "../a.json"),
            ("/a base/a.json", "a.json", "a.json"),
            ("/else/a b.json", "/else/a b.json", "file:///else/a%20b.json"),
            ("a:b%,#?ü.json", "a:b%,#?ü.json", "a%3Ab%25%2C%23%3F%C3%BC.json"),
        ] {
            assert_eq!((&*paths.path(file), &*paths.uri(file)), (path, uri));
        }
    }
}
