//! Cases for clients.

use super::Lint;
use crate::client::{Certificate, ClientCase, Form, Intervention};
use crate::position::At;

impl<'a> Lint<'a> {
    pub(super) fn client(&mut self, client: &'a ClientCase) {
        for word in client.tls.iter().flat_map(|tls| std::iter::once(&tls.registry).chain(&tls.elsewhere)) {
            self.template(word, word.at);
            if word.names().next().is_none()
                && let Err(message) = Certificate::parse(word.source())
            {
                let known = Certificate::ALL.map(Certificate::word).join(", ");
                self.report(word.at, message, Some(format!("write {known}, or none")));
            }
        }
        for upstream in &client.upstream {
            for name in upstream.push.iter() {
                self.fixture(name);
            }
            for template in upstream.tag.iter().chain(&upstream.to) {
                self.template(template, template.at);
            }
        }
        for intervention in &client.script {
            self.intervention(intervention);
        }
        for template in client.with.values() {
            self.template(template, template.at);
        }
        for name in client.content.iter() {
            self.fixture(name);
        }
        for sight in &client.seen {
            self.template(&sight.request, sight.request.at);
            self.requirements(&sight.req);
            if sight.matchers().next().is_none() {
                let hint = "say what is expected, e.g. `count: 1`".to_owned();
                self.lacking(sight.at, "nothing is expected of these requests", Some(hint));
            }
        }
        for occurrence in client.written.iter().chain(&client.output) {
            self.template(&occurrence.of, occurrence.of.at);
        }
        for (matcher, _) in client.matchers() {
            self.matcher(matcher, false);
        }
    }

    fn intervention(&mut self, intervention: &'a At<Intervention>) {
        self.template(&intervention.request, intervention.request.at);
        for matcher in intervention.when.values() {
            self.matcher(matcher, false);
        }
        let (answer, change) = (&intervention.answer, &intervention.change);
        let ways = [answer.is_some(), change.is_some(), intervention.redirect.is_some()];
        if ways.iter().filter(|way| **way).count() > 1 {
            let hint = "make an entry of each; the first that answers decides".to_owned();
            self.report(intervention.at, "`answer`, `change` and `redirect` exclude each other", Some(hint));
        }
        if !ways.contains(&true) && intervention.strip.is_empty() {
            let hint = "add `answer`, `change`, `redirect` or `strip`".to_owned();
            self.lacking(intervention.at, "nothing is done to these requests", Some(hint));
        }
        if let Some(status) = &intervention.redirect {
            self.template(status, status.at);
            let is_redirect = |status: u16| matches!(status, 301..=303 | 307 | 308);
            if status.names().next().is_none() && !status.source().parse().is_ok_and(is_redirect) {
                let hint = "write 301, 302, 303, 307 or 308".to_owned();
                self.report(status.at, format!("`{}` is not the status of a redirect", status.source()), Some(hint));
            }
        }
        if let Some(form) = change.as_ref().and_then(|change| change.location.as_ref()) {
            self.template(form, form.at);
            if form.names().next().is_none()
                && let Err(message) = form.source().parse::<Form>()
            {
                self.report(form.at, message, Some("write absolute, relative or elsewhere".to_owned()));
            }
        }
        let fields = answer.iter().flat_map(|answer| answer.headers.values());
        let fields = fields.chain(change.iter().flat_map(|change| change.headers.values()));
        let bodies = answer.iter().flat_map(|answer| answer.body.iter());
        let bodies = bodies.chain(change.iter().flat_map(|change| change.body.iter().chain(&change.state)));
        for template in fields.chain(bodies) {
            self.template(template, template.at);
        }
    }
}
