//! What the credentials of a request have to cover.

use crate::{
    path::{Name, Reference, Route},
    rules::Rule,
    users::Action,
};
use http::{HeaderMap, Method, header::RANGE};

/// An action in a repository, and how a careless registry lets it pass.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) name: &'a Name,
    pub(crate) action: Action,
    /// The rule that an endpoint breaks which only looks whether somebody has logged in.
    pub(super) any_user: Rule,
    /// The rule that an endpoint breaks which does not even do that.
    pub(super) anybody: Option<Rule>,
}

impl<'a> Wanted<'a> {
    /// None where any credentials will do.
    pub(crate) fn of(route: &'a Route, method: &Method, headers: &HeaderMap) -> Option<Self> {
        let new = |name, action, any_user, anybody| Some(Self { name, action, any_user, anybody });
        let head = *method == Method::HEAD;
        match (route, method.as_str()) {
            (Route::Ping | Route::Token, _) => None,
            (Route::Manifest(name, Reference::Tag(_)), "DELETE") => {
                new(name, Action::Delete, Rule::AccessTagDelete, None)
            }
            (Route::Manifest(name, _), "DELETE") => new(name, Action::Delete, Rule::AccessManifestDelete, None),
            (Route::Manifest(name, _), "PUT") => {
                new(name, Action::Push, Rule::AccessManifestPush, Some(Rule::AnonymousManifestPush))
            }
            (Route::Manifest(name, _), _) if head => new(name, Action::Pull, Rule::AccessManifestHead, None),
            (Route::Manifest(name, Reference::Tag(_)), _) => {
                new(name, Action::Pull, Rule::AccessTagPull, Some(Rule::AnonymousTagPull))
            }
            (Route::Manifest(name, _), _) => new(name, Action::Pull, Rule::AccessManifestPull, None),
            (Route::Blob(name, _), "DELETE") => new(name, Action::Delete, Rule::AccessBlobDelete, None),
            (Route::Blob(name, _), _) if head => new(name, Action::Pull, Rule::AccessBlobHead, None),
            (Route::Blob(name, _), _) if headers.contains_key(RANGE) => {
                new(name, Action::Pull, Rule::AccessBlobRange, None)
            }
            (Route::Blob(name, _), _) => new(name, Action::Pull, Rule::AccessBlobPull, Some(Rule::AnonymousBlobPull)),
            (Route::Tags(name), _) => new(name, Action::Pull, Rule::AccessTags, Some(Rule::AnonymousTags)),
            (Route::Referrers(name, _), _) => new(name, Action::Pull, Rule::AccessReferrers, None),
            (Route::Uploads(name), _) => {
                new(name, Action::Push, Rule::AccessUploadOpen, Some(Rule::AnonymousUploadOpen))
            }
            (Route::Session(name, _), "PATCH") => {
                new(name, Action::Push, Rule::AccessUploadChunk, Some(Rule::AnonymousUploadChunk))
            }
            (Route::Session(name, _), "PUT") => new(name, Action::Push, Rule::AccessUploadClose, None),
            (Route::Session(name, _), "DELETE") => new(name, Action::Push, Rule::AccessUploadCancel, None),
            (Route::Session(name, _), _) => new(name, Action::Push, Rule::AccessUploadStatus, None),
        }
    }

    /// The right to read what a mount takes.
    pub(crate) fn mount_from(name: &'a Name) -> Self {
        Self { name, action: Action::Pull, any_user: Rule::AccessMountFrom, anybody: None }
    }
}
