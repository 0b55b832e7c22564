//! Activities, and what their findings break.

use super::Lint;
use crate::activity::{Activity, Kind};
use crate::diagnostic::nearest;
use crate::position::At;

impl Lint<'_> {
    pub(super) fn activity(&mut self, activity: &At<Activity>) {
        for requirements in activity.findings.values() {
            self.requirements(requirements);
        }
        let kind = match activity.kinds().as_slice() {
            [kind] => *kind,
            [] => {
                let hint = "name one, with its parameters; suites/README.md lists them".to_owned();
                return self.lacking(activity.at, "the activity does nothing", Some(hint));
            }
            kinds => {
                let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
                let message = format!("the case has {} activities: {}", names.len(), names.join(", "));
                return self.report(activity.at, message, Some("make a case of each".to_owned()));
            }
        };
        if let Kind::CrashConsistency(crash) = kind
            && crash.during.is_empty()
        {
            let hint = "list some of upload, commit, tag, delete".to_owned();
            self.lacking(activity.at, "`during` names no moment", Some(hint));
        }
        let known = kind.findings();
        for name in activity.findings.keys() {
            if !known.iter().any(|(finding, _)| *finding == name.as_str()) {
                let hint = nearest(name, known.iter().map(|(finding, _)| *finding));
                self.report(name.at(), format!("`{}` cannot find `{name}`", kind.name()), hint);
            }
        }
        for (finding, about) in known {
            if !activity.findings.contains_key(*finding) {
                let message = format!("the finding `{finding}` of `{}` breaks nothing", kind.name());
                let hint = format!("say under `findings:` which requirements promise this: {about}");
                self.lacking(activity.at, message, Some(hint));
            }
        }
    }
}
