//! Listing tags (spec.md#listing-tags).

use super::{Api, Call, next_link};
use crate::{
    errors::{Code, Refusal, StoreError},
    freedoms::Freedom,
    path::Name,
    query::encode,
    reply::Reply,
    rules::{Rule, Rules},
    store::Store,
};
use http::{
    StatusCode,
    header::{CONTENT_TYPE, LINK},
};
use serde_json::{Map, Value};

/// GET of the tag list.
pub(super) async fn list(api: &Api, call: &Call, name: Name) -> Result<Reply, Refusal> {
    let rules = api.rules;
    let n = call.query.get("n").map(|text| number(text, &rules)).transpose()?;
    let last = call.query.get("last").map(str::to_owned);
    if last.is_some() && n.is_none() && rules.breaks(Rule::TagsLastWithoutN) {
        return Err(Refusal::bad_request(Code::Unsupported, "last needs n"));
    }
    let repository = name.clone();
    let found = api.blocking(move |store| {
        let exists = store.exists(&repository);
        Ok(if exists { Some(known_tags(store, &repository, &rules)?) } else { None })
    });
    // A repository whose content was deleted keeps an empty list; one that never had any is unknown.
    let tags = found.await?.filter(|tags| !tags.is_empty() || rules.holds(Rule::TagsFound));
    let tags = tags.ok_or_else(|| Refusal::not_found(Code::NameUnknown, "there is no such repository"))?;
    let mut tags = tags;
    let folded = api.manner.takes(Freedom::TagsFolded);
    if folded {
        tags.sort_by(|a, b| place(a, true).cmp(&place(b, true)));
    }
    let page = page(tags, n, last.as_deref(), folded, &rules);
    let mut reply = Reply::new(rules.pick(Rule::TagsStatus, StatusCode::OK, StatusCode::PARTIAL_CONTENT))
        .header(CONTENT_TYPE, "application/json")
        .json(&body(&name, &page.tags, &rules));
    if let (Some(n), Some(after)) = (n, page.next) {
        let after = rules.pick(Rule::TagsLinkAdvances, after, last.unwrap_or_default());
        let last = if after.is_empty() { String::new() } else { format!("&last={}", encode(&after)) };
        let place = rules.pick(Rule::TagsLinkPath, format!("/v2/{name}"), String::new());
        let target = format!("{place}/tags/list?n={n}{last}");
        let (relation, brackets) = (rules.holds(Rule::TagsLinkRelation), rules.holds(Rule::TagsLinkForm));
        reply = reply.header(LINK, next_link(&target, relation, brackets));
    }
    Ok(reply)
}

/// Reads `n`; beyond what fits it is as good as no limit.
fn number(text: &str, rules: &Rules) -> Result<usize, Refusal> {
    if text.starts_with('-') && rules.breaks(Rule::TagsLimitNegative) {
        return Err(Refusal::plain(StatusCode::INTERNAL_SERVER_ERROR, "slice bounds out of range"));
    }
    if let Ok(number) = text.parse::<u128>()
        && rules.breaks(Rule::TagsLimitLarge)
    {
        return Ok((number % (1 << 32)) as usize);
    }
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let refusal = || Refusal::bad_request(Code::Unsupported, format!("n is {text:?}, not a number"));
    if digits { Ok(text.parse().unwrap_or(usize::MAX)) } else { Err(refusal()) }
}

/// All tags in order (dist.tags.order.01).
fn known_tags(store: &Store, name: &Name, rules: &Rules) -> Result<Vec<String>, StoreError> {
    let mut tags = if rules.breaks(Rule::TagsIsolation) {
        store.tags_of_all()?
    } else if rules.breaks(Rule::TagsOrder) {
        store.tags_by_age(name)?
    } else {
        store.tags(name)?
    };
    if rules.breaks(Rule::TagsOrderAscending) {
        tags.reverse();
    }
    if rules.breaks(Rule::TagsOrderText) {
        tags.sort_by_key(|tag| tag.parse().unwrap_or(u64::MAX));
    }
    if rules.breaks(Rule::TagsAll) {
        tags.truncate(100);
    }
    if rules.breaks(Rule::TagsOnlyTags) {
        tags.extend(store.manifests(name)?);
        tags.sort_unstable();
    }
    if rules.breaks(Rule::TagsComplete)
        && let Some(newest) = store.tags_by_age(name)?.pop()
    {
        tags.retain(|tag| *tag != newest);
    }
    Ok(tags)
}

/// One page, and the value of `last` for the next if there is more.
struct Page {
    tags: Vec<String>,
    next: Option<String>,
}

fn page(mut tags: Vec<String>, n: Option<usize>, last: Option<&str>, folded: bool, rules: &Rules) -> Page {
    if let Some(last) = last.filter(|_| rules.holds(Rule::TagsLastHonoured)) {
        tags = after(tags, last, folded, rules);
    }
    let total = tags.len();
    let first = tags.first().cloned();
    let length = match n {
        None => total,
        Some(0) if rules.breaks(Rule::TagsZero) => total,
        Some(_) if rules.breaks(Rule::TagsLimit) => total,
        Some(n) if n > 1 && rules.breaks(Rule::TagsShortPage) => n - 1,
        Some(n) if n > 0 && rules.breaks(Rule::TagsLimitExact) => n + 1,
        Some(n) => n,
    };
    tags.truncate(length);
    // n=0 asks for nothing, and there is no next page of nothing (dist.tags.n0.01).
    let more = length < total && (n != Some(0) || rules.breaks(Rule::TagsZeroLink)) && rules.holds(Rule::TagsShortPage);
    let next = tags.last().cloned().or(first).filter(|_| more);
    let reversed =
        n.is_some() && rules.breaks(Rule::TagsOrderWithN) || last.is_some() && rules.breaks(Rule::TagsOrderWithLast);
    if reversed {
        tags.reverse();
    }
    Page { tags, next }
}

/// Where a tag stands in the order: by ASCII code, or without regard to case first.
fn place(tag: &str, folded: bool) -> (String, &str) {
    (if folded { tag.to_ascii_lowercase() } else { String::new() }, tag)
}

/// The tags behind `last`, which need not exist any more (dist.x.last.exclusive).
fn after(mut tags: Vec<String>, last: &str, folded: bool, rules: &Rules) -> Vec<String> {
    if rules.breaks(Rule::TagsLastIsTag) {
        let index = last.parse().unwrap_or(0).min(tags.len());
        return tags.split_off(index);
    }
    if rules.breaks(Rule::TagsLastUnknownNotEnd) && !tags.iter().any(|tag| tag == last) {
        return Vec::new();
    }
    // Lists in another order than that of their names are cut where the name stands.
    let ordered = [Rule::TagsOrder, Rule::TagsOrderAscending, Rule::TagsOrderText, Rule::TagsLastUnknown]
        .into_iter()
        .all(|rule| rules.holds(rule));
    let inclusive = rules.breaks(Rule::TagsLastExclusive);
    let start = if ordered {
        tags.partition_point(|tag| place(tag, folded) < place(last, folded) || tag == last && !inclusive)
    } else {
        tags.iter().position(|tag| tag == last).map_or(0, |index| index + usize::from(!inclusive))
    };
    tags.split_off(start)
}

/// `{"name", "tags"}` (dist.tags.body.01).
fn body(name: &Name, tags: &[String], rules: &Rules) -> Value {
    let mut body = Map::new();
    if rules.holds(Rule::TagsName) {
        let short = name.as_str().rsplit('/').next().unwrap_or_default();
        body.insert("name".to_owned(), rules.pick(Rule::TagsNameTrue, name.as_str(), short).into());
    }
    if !tags.is_empty() || rules.holds(Rule::TagsArray) && rules.holds(Rule::TagsPresent) {
        body.insert("tags".to_owned(), tags.into());
    } else if rules.holds(Rule::TagsPresent) {
        body.insert("tags".to_owned(), Value::Null);
    }
    body.into()
}
