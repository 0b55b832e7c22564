//! Tag lists and referrers.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod common;
use common::*;
use plimsoll_registry::{Config, Server};
use serde_json::{Value, json};

/// The target of a Link header with rel="next".
fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link");
    link.strip_suffix(">; rel=\"next\"").and_then(|link| link.strip_prefix('<')).map(str::to_owned)
}

#[tokio::test]
async fn tags_are_listed_in_pages() {
    let r = registry(|_| {}).await;
    r.blob("a/b", b"{}").await;
    for tag in ["b", "a", "C", "10", "9"] {
        r.manifest("a/b", tag, &image(json!({}))).await.1.is(201);
    }
    let tags = async |query: &str| {
        let answer = r.get(&format!("/v2/a/b/tags/list{query}")).await.is(200);
        let body = answer.json();
        assert_eq!(body["name"], "a/b");
        (body["tags"].clone(), next(&answer))
    };
    let link = |last| Some(format!("/v2/a/b/tags/list?n=2&last={last}"));
    assert_eq!(tags("").await, (json!(["10", "9", "C", "a", "b"]), None));
    assert_eq!(tags("?n=0").await, (json!([]), None));
    assert_eq!(tags("?n=2").await, (json!(["10", "9"]), link("9")));
    assert_eq!(tags("?n=2&last=9").await, (json!(["C", "a"]), link("a")));
    assert_eq!(tags("?n=2&last=a").await, (json!(["b"]), None));
    assert_eq!(tags("?n=5").await, (json!(["10", "9", "C", "a", "b"]), None));
    assert_eq!(tags("?last=B").await, (json!(["C", "a", "b"]), None));
    for bad in ["x", "-1", ""] {
        r.get(&format!("/v2/a/b/tags/list?n={bad}")).await.is(400);
    }
}

#[tokio::test]
async fn referrers_follow_the_rules_of_artifact_types() {
    let r = registry(|_| {}).await;
    let subject = descriptor(MANIFEST, b"absent");
    let path = format!("/v2/a/referrers/{}", sha256(b"absent"));
    let empty = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] });
    assert_eq!(r.get(&path).await.is(200).json(), empty);
    assert_eq!(r.get("/v2/a/referrers/sha256:x").await.is(400).code(), "DIGEST_INVALID");
    r.blob("a", b"{}").await;
    let annotations = json!({ "k": "v" });
    let (typed, answer) = r
        .manifest("a", "t", &image(json!({ "subject": subject, "artifactType": "a/b+c", "annotations": annotations })))
        .await;
    assert_eq!(answer.is(201).header("oci-subject"), sha256(b"absent"));
    let (config, _) = r.manifest("a", "", &image(json!({ "subject": subject, "artifactType": "" }))).await;
    let (bare, _) = r.manifest("a", "", &index(json!({ "subject": subject }))).await;
    let answer = r.get(&path).await.is(200);
    assert_eq!(answer.header("content-type"), INDEX);
    let list = answer.json()["manifests"].as_array().unwrap().clone();
    assert_eq!(list.len(), 3);
    let find = |digest: &str| list.iter().find(|d| d["digest"] == digest).unwrap().clone();
    assert_eq!(find(&typed)["artifactType"], "a/b+c");
    assert_eq!(find(&typed)["annotations"], annotations);
    assert_eq!(find(&config)["artifactType"], "application/vnd.example.config+json");
    assert_eq!(find(&bare).get("artifactType"), None);
    for filter in ["a%2Fb%2Bc", "a/b+c"] {
        let answer = r.get(&format!("{path}?artifactType={filter}")).await.is(200);
        assert_eq!(answer.header("oci-filters-applied"), "artifactType");
        assert_eq!(answer.json()["manifests"], json!([find(&typed)]));
    }
    assert_eq!(r.get(&path.replace("/a/", "/b/")).await.is(200).json(), empty);
    r.send("DELETE", &format!("/v2/a/manifests/{typed}"), &[], "").await.is(202);
    assert_eq!(r.get(&path).await.json()["manifests"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn referrers_come_in_pages_that_keep_the_filter() {
    let r = registry(|config| config.referrers_page = 2).await;
    r.blob("a", b"{}").await;
    let subject = descriptor(MANIFEST, b"s");
    for n in 0..9 {
        let artifact_type = if n % 3 == 0 { "a/x" } else { "a/y+z" };
        let manifest =
            image(json!({ "subject": subject, "artifactType": artifact_type, "annotations": { "n": n.to_string() } }));
        r.manifest("a", "", &manifest).await.1.is(201);
    }
    let mut at = Some(format!("/v2/a/referrers/{}?artifactType=a/y%2Bz", sha256(b"s")));
    let mut seen: Vec<Value> = Vec::new();
    let mut pages = 0;
    while let Some(path) = at {
        let answer = r.get(&path).await.is(200);
        assert_eq!(answer.header("oci-filters-applied"), "artifactType");
        seen.extend(answer.json()["manifests"].as_array().unwrap().clone());
        at = next(&answer);
        pages += 1;
    }
    let mut digests: Vec<_> = seen.iter().map(|d| d["digest"].as_str().unwrap()).collect();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!((digests.len(), seen.len(), pages), (6, 6, 3));
}

#[tokio::test]
async fn manifests_from_before_the_referrers_api_are_listed_after_it() {
    let root = tempfile::tempdir().unwrap();
    let mut config = Config::new(root.path());
    config.referrers = false;
    let server = Server::start(config.clone()).await.unwrap();
    let api = Api::new(server.url());
    api.blob("a", b"{}").await;
    let path = format!("/v2/a/referrers/{}", sha256(b"s"));
    api.get(&path).await.is(404);
    let manifest = image(json!({ "subject": descriptor(MANIFEST, b"s") }));
    let (digest, answer) = api.manifest("a", "", &manifest).await;
    assert_eq!(answer.is(201).header("oci-subject"), "");
    let unrelated = image(json!({ "annotations": { "a": "b" } }));
    api.manifest("a", "", &unrelated).await.1.is(201);
    let list = [&manifest, &unrelated].map(|m| descriptor(MANIFEST, m.to_string().as_bytes()));
    api.manifest("a", &sha256(b"s").replace(':', "-"), &index(json!({ "manifests": list }))).await.1.is(201);
    server.shutdown().await;

    config.referrers = true;
    let server = Server::start(config).await.unwrap();
    let list = Api::new(server.url()).get(&path).await.is(200).json()["manifests"].clone();
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!(list[0]["digest"], digest);
}
