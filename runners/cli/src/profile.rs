//! Profiles: what is known about products, in `runners/subjects`.

use std::path::PathBuf;

use plimsoll_engine::expectations::{ExpectationEntry, Expectations};
use plimsoll_suite::diagnostic::nearest;
use plimsoll_suite::document;
use plimsoll_suite::position::At;
use serde::Deserialize;

use crate::args::{RunArgs, time};
use crate::error::CliError;

/// The profiles that are built in, by name.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("distribution-3", include_str!("../../subjects/distribution-3.yaml")),
    ("docker-hub", include_str!("../../subjects/docker-hub.yaml")),
    ("docker-registry-2.8", include_str!("../../subjects/docker-registry-2.8.yaml")),
    ("ecr", include_str!("../../subjects/ecr.yaml")),
    ("gar", include_str!("../../subjects/gar.yaml")),
    ("ghcr", include_str!("../../subjects/ghcr.yaml")),
    ("gitea", include_str!("../../subjects/gitea.yaml")),
    ("harbor", include_str!("../../subjects/harbor.yaml")),
    ("olareg", include_str!("../../subjects/olareg.yaml")),
    ("quay", include_str!("../../subjects/quay.yaml")),
    ("zot", include_str!("../../subjects/zot.yaml")),
];

/// What is known about one product.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Profile {
    /// The product, in a line.
    pub product: String,
    /// What to see to before a run, and what is known that no case looks at.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Options of `run` that suit it, for what is given nowhere else.
    #[serde(default)]
    pub options: Options,
    /// Verdicts that are known.
    #[serde(default)]
    pub expectations: Vec<At<ExpectationEntry>>,
}

/// See [`Profile::options`].
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// Deletion is declined, so that cleaning up is in vain.
    keep: Option<bool>,
    /// Cases at the same time, for those that limit the rate of requests.
    jobs: Option<usize>,
    /// Longest time for one request.
    timeout: Option<String>,
    /// Longest time for one case.
    deadline: Option<String>,
}

impl Profile {
    /// The profile of a name, or of a file.
    pub fn find(name: &str) -> Result<Self, CliError> {
        if let Some((_, text)) = BUILT_IN.iter().find(|(built_in, _)| *built_in == name) {
            return Self::read(&format!("runners/subjects/{name}.yaml"), text);
        }
        let path = PathBuf::from(name);
        if !path.is_file() {
            let near = nearest(name, BUILT_IN.iter().map(|(name, _)| *name));
            let hint = near.unwrap_or_else(|| "`plimsoll list --subjects` shows the built-in ones".to_owned());
            return Err(CliError::usage(format!("`{name}` is no known product and no file")).hint(hint));
        }
        let text =
            std::fs::read_to_string(&path).map_err(|error| CliError::usage(format!("cannot read {name}: {error}")))?;
        Self::read(name, &text)
    }

    fn read(path: &str, text: &str) -> Result<Self, CliError> {
        let profile: Self = document(path, text).map_err(|mistake| CliError::mistake(&mistake, text))?;
        profile.known().check(path).map_err(|mistake| CliError::mistake(&mistake, text))?;
        Ok(profile)
    }

    /// The verdicts that are known.
    pub fn known(&self) -> Expectations {
        Expectations { expectations: self.expectations.clone() }
    }

    /// Fills in what was left open.
    pub fn fill(&self, args: &mut RunArgs) -> Result<(), CliError> {
        let wrong = |error| CliError::usage(format!("the profile of {} has a mistake: {error}", self.product));
        let span = |text: &Option<String>| text.as_deref().map(time).transpose();
        args.subject.keep |= self.options.keep.unwrap_or(false);
        args.how.pace.jobs = args.how.pace.jobs.or(self.options.jobs.filter(|jobs| *jobs > 0));
        args.how.pace.timeout = args.how.pace.timeout.or(span(&self.options.timeout).map_err(wrong)?);
        args.how.pace.deadline = args.how.pace.deadline.or(span(&self.options.deadline).map_err(wrong)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use plimsoll_engine::plan::{Selection, plan};
    use plimsoll_suite::Library;
    use plimsoll_suite::ledger::SpecVersion;

    use super::*;

    #[test]
    fn every_profile_is_built_in_and_about_cases_that_are_there() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../subjects");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let files: BTreeSet<String> = files
            .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
            .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        let names: BTreeSet<String> = BUILT_IN.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(files, names);
        let library = Library::embedded().unwrap();
        let ids = |version| plan(&library.specs["distribution"], version, &Selection::default());
        let versions = [SpecVersion::V1_0, SpecVersion::V1_1, SpecVersion::Main];
        let ids: Vec<String> = versions.into_iter().flat_map(ids).map(|entry| entry.id).collect();
        for (name, _) in BUILT_IN {
            let profile = Profile::find(name).unwrap();
            let known = profile.known();
            assert_eq!(known.stale(&ids), Vec::<&At<String>>::new(), "{name}");
            profile.fill(&mut RunArgs::default()).unwrap();
        }
    }

    #[test]
    fn flags_come_before_a_profile() {
        let profile = Profile::read("p.yaml", "product: p\noptions: { jobs: 2, timeout: 1m, keep: true }\n").unwrap();
        let mut args = RunArgs::default();
        args.how.pace.jobs = Some(7);
        profile.fill(&mut args).unwrap();
        assert_eq!((args.how.pace.jobs, args.how.pace.timeout), (Some(7), Some(std::time::Duration::from_secs(60))));
        assert!(args.subject.keep);
    }

    #[test]
    fn an_unknown_product_is_a_mistake_with_a_hint() {
        let error = Profile::find("zott").unwrap_err().to_string();
        assert!(error.contains("no known product") && error.contains("`zot`"), "{error}");
        let error = Profile::read("p.yaml", "product: p\nexpectation: []\n").unwrap_err().to_string();
        assert!(error.contains("did you mean `expectations`?"), "{error}");
    }
}
