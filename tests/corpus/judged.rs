//! Whether the files of the corpus are judged as their place says.

use std::{collections::BTreeMap, fs, io::Read as _, ops::ControlFlow, path::Path, sync::LazyLock};

use contrail_validate::{
    ApiVersion, Finding, Schemas, Session, Settings, Summary, Validator, VersionChoice,
};
use libtest_mimic::Failed;

use crate::{name, root};

/// A validator for a choice of version; schemas are compiled once.
pub(crate) fn validator(choice: VersionChoice) -> &'static Validator {
    static AUTO: LazyLock<Validator> = LazyLock::new(|| new(VersionChoice::Auto));
    static TWO: LazyLock<Validator> = LazyLock::new(|| new(VersionChoice::Fixed(ApiVersion(2))));
    static THREE: LazyLock<Validator> = LazyLock::new(|| new(VersionChoice::Fixed(ApiVersion(3))));
    match choice {
        VersionChoice::Auto => &AUTO,
        VersionChoice::Fixed(ApiVersion(2)) => &TWO,
        VersionChoice::Fixed(_) => &THREE,
    }
}

fn new(choice: VersionChoice) -> Validator {
    let mut settings = Settings::default();
    settings.api_version = choice;
    Validator::new(Schemas::embedded(), settings)
}

/// All findings in some bytes.
pub(crate) fn findings(choice: VersionChoice, bytes: &[u8]) -> (Vec<Finding>, Summary) {
    let mut found = Vec::new();
    let mut keep = |finding| {
        found.push(finding);
        ControlFlow::Continue(())
    };
    let mut session = Session::new(validator(choice), "corpus");
    let _ = session.push(bytes, &mut keep);
    let summary = session.finish(&mut keep);
    (found, summary)
}

/// A finding as `rule line:column`.
pub(crate) fn in_short(finding: &Finding) -> String {
    format!("{} {}", finding.rule.name, finding.start())
}

fn read(path: &Path) -> Result<Vec<u8>, Failed> {
    let bytes = fs::read(path)?;
    let mut plain = Vec::new();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => flate2::read::MultiGzDecoder::new(&*bytes).read_to_end(&mut plain)?,
        Some("zst") => zstd::Decoder::new(&*bytes)?.read_to_end(&mut plain)?,
        _ => return Ok(bytes),
    };
    Ok(plain)
}

pub(crate) fn is_clean(path: &Path) -> Result<(), Failed> {
    let (found, summary) = findings(VersionChoice::Auto, &read(path)?);
    if summary.batches + summary.events == 0 {
        return Err("nothing was read".into());
    }
    expect(&found, &[])
}

/// The name of the file is that of the rule.
pub(crate) fn breaks_one_rule(path: &Path) -> Result<(), Failed> {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let rule = file.split('.').next().unwrap_or_default();
    let (found, _) = findings(VersionChoice::Auto, &read(path)?);
    let rules: Vec<_> = found.iter().map(|finding| finding.rule.name).collect();
    if rules == [rule] { Ok(()) } else { Err(format!("want {rule} alone, got {rules:?}").into()) }
}

/// The slips of the documentation have the findings that `corpus/slips/findings.json` lists.
pub(crate) fn has_listed_findings(path: &Path) -> Result<(), Failed> {
    let list = fs::read_to_string(root().join("slips/findings.json"))?;
    let list: BTreeMap<String, Vec<String>> = serde_json::from_str(&list)?;
    let name = name(path);
    let name = name.strip_prefix("slips/").unwrap_or(&name);
    let want = list.get(name).ok_or_else(|| format!("findings.json does not list {name}"))?;
    let (found, _) = findings(VersionChoice::Auto, &read(path)?);
    expect(&found, want)
}

fn expect(found: &[Finding], want: &[String]) -> Result<(), Failed> {
    let got: Vec<_> = found.iter().map(in_short).collect();
    if got == want { Ok(()) } else { Err(format!("want {want:?}, got {got:?}").into()) }
}
