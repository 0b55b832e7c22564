//! Requests that are rarer than those of the other scenarios: what comes back after it was deleted, what comes twice,
//! and paths, header fields and contents that only a careless or hostile client sends.

use crate::{
    Recorder,
    common::{INDEX, MANIFEST, descriptor, image, index, sha256},
};
use serde_json::{Value, json};
use std::{fmt::Write as _, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Content that is served wrong by those who take it for something else.
pub(crate) async fn contents(r: Arc<Recorder>) {
    let large = vec![b'x'; (1 << 20) + 1];
    for content in [&b"zeros\0\0"[..], b"\x1f\x8bgzip", &large] {
        let digest = r.blob("a", content).await;
        let served = r.api.get(&format!("/v2/a/blobs/{digest}")).await;
        let coding = served.header("content-encoding");
        writeln!(r.log.lock().unwrap(), "{} bytes {coding}", served.body.len()).unwrap();
    }
    let digest = r.blob("a", b"0123456789").await;
    let path = format!("/v2/a/blobs/{digest}");
    for range in ["bytes=0-0", "bytes=8-9", "bytes=-11", "bytes=0-99999999999999999999"] {
        r.send("GET", &path, &[("range", range)], "").await;
    }
    r.send("HEAD", &path, &[("range", "bytes=1-2")], "").await;
    r.send("GET", &path, &[("if-none-match", &format!("\"{digest}\""))], "").await;
    let empty = r.blob("a", b"").await;
    r.send("GET", &format!("/v2/a/blobs/{empty}"), &[("range", "bytes=0-0")], "").await;
}

pub(crate) async fn repositories(r: Arc<Recorder>) {
    let digest = r.blob("a", b"above").await;
    r.get(&format!("/v2/a/b/blobs/{digest}")).await;
    let digest = r.blob("a/b", b"below").await;
    r.get(&format!("/v2/a-b/blobs/{digest}")).await;
    let (one, other) = (r.blob("source", b"one").await, r.blob("source", b"other").await);
    for from in ["x/../source", "./source", "target", "none", "source"] {
        r.send("POST", &format!("/v2/target/blobs/uploads/?mount={one}&from={from}"), &[], "").await;
    }
    r.send("POST", &format!("/v2/target/blobs/uploads/?mount={one}&from=target"), &[], "").await;
    for path in [format!("source/blobs/{one}"), format!("target/blobs/{one}"), format!("target/blobs/{other}")] {
        r.get(&format!("/v2/{path}")).await;
    }
}

pub(crate) async fn sessions(r: Arc<Recorder>) {
    let whole = format!("?digest={}", sha256(b"abcdef"));
    let wrong = format!("?digest={}", sha256(b"wrong"));
    let session = r.session("a").await;
    let chunk = r.send("PATCH", &session, &[("content-range", "0-2")], "abc").await;
    follow(&r, chunk.header("location")).await;
    let state = r.get(&session).await;
    follow(&r, state.header("location")).await;
    r.send("PATCH", &session, &[], "").await;
    r.send("PUT", &format!("{session}{wrong}"), &[], "more than is missing").await;
    r.send("PUT", &format!("{session}{whole}"), &[], "def").await;
    r.get(&format!("/v2/a/blobs/{}", sha256(b"abcdef"))).await;
    r.send("PUT", &format!("{session}{whole}"), &[], "other").await;
    r.get(&format!("/v2/a/blobs/{}", sha256(b"abcdef"))).await;
    let session = r.session("a").await;
    r.send("PATCH", &session, &[("content-range", "0-9")], "abc").await;
    let (one, other) = (r.session("a").await, r.session("a").await);
    r.send("DELETE", &one, &[], "").await;
    r.get(&other).await;
    r.send("PUT", &format!("{other}{whole}&digest={}", sha256(b"other")), &[], "abcdef").await;
    r.get(&format!("/v2/a/blobs/{}", sha256(b"other"))).await;
    r.send("POST", &format!("/v2/a/blobs/uploads/{whole}"), &[("expect", "100-continue")], "abcdef").await;
}

async fn follow(r: &Recorder, location: &str) {
    if !location.is_empty() {
        r.get(location).await;
    }
}

pub(crate) async fn documents(r: Arc<Recorder>) {
    r.blob("a", b"{}").await;
    let layer = descriptor("a/b", b"{}");
    let layers = vec![layer.clone(); 101];
    r.manifest("a", "many", &image(json!({ "layers": layers }))).await;
    r.manifest("a", "twice", &image(json!({ "layers": [layer, layer] }))).await;
    r.manifest("a", "text", &image(json!({ "annotations": { "a": "<é&>" } }))).await;
    r.get("/v2/a/manifests/text").await;
    let typed: [(&str, &str); 3] = [
        ("accept", "application/vnd.oci.image.manifest.v1+json;q=0.5"),
        ("accept", "*/*"),
        ("if-none-match", "W/\"x\""),
    ];
    for field in typed {
        r.send("GET", "/v2/a/manifests/text", &[field], "").await;
    }
    let image = image(json!({})).to_string();
    let untyped = image.replace(MANIFEST, "a/unknown");
    r.send("PUT", "/v2/a/manifests/guess", &[("content-type", "a/unknown")], untyped).await;
    r.get("/v2/a/manifests/guess").await;
    r.send("PUT", "/v2/a/manifests/text", &[("content-type", MANIFEST), ("if-none-match", "*")], &*image).await;
    let deep = image.replacen('{', &format!("{{\"deep\":{}{},", "[".repeat(300), "]".repeat(300)), 1);
    let undigested = image.replace("sha256:", "../");
    for body in ["no document", &deep, &undigested] {
        r.send("PUT", "/v2/a/manifests/odd", &[("content-type", MANIFEST)], body).await;
    }
    broken_off(&r, &image).await;
    r.get("/v2/a/manifests/short").await;
}

/// A push of which all is announced but the last byte never sent.
async fn broken_off(r: &Recorder, document: &str) {
    let length = document.len() + 1;
    let head = format!("PUT /v2/a/manifests/short HTTP/1.1\r\ncontent-type: {MANIFEST}\r\ncontent-length: {length}");
    raw(r, &head, document).await;
}

/// Sends what no proper client sends, ends its side of the connection, and remembers the status.
async fn raw(r: &Recorder, head: &str, body: &str) {
    let host = r.api.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!("{head}\r\nhost: {host}\r\nconnection: close\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer);
    r.log.lock().unwrap().push_str(answer.lines().next().unwrap_or_default());
}

pub(crate) async fn many_tags(r: Arc<Recorder>) {
    r.blob("a", b"{}").await;
    let bytes = image(json!({})).to_string();
    let put = format!("/v2/a/manifests/{}", sha256(bytes.as_bytes()));
    for ten in 0..11 {
        let tags: String = (0..10).map(|one| format!("&tag={ten}{one}x")).collect();
        r.send("PUT", &format!("{put}?{tags}"), &[("content-type", MANIFEST)], &*bytes).await;
    }
    r.send("PUT", &format!("{put}?tag=9&tag=10&tag=ab"), &[("content-type", MANIFEST)], bytes).await;
    for query in ["", "?n=-1", "?n=4294967296", "?n=3&last=00nowhere", "?n=3&last=nowhere"] {
        r.get(&format!("/v2/a/tags/list{query}")).await;
    }
    r.send("DELETE", "/v2/a/manifests/a", &[], "").await;
    r.send("DELETE", "/v2/a/manifests/9", &[], "").await;
    r.get("/v2/a/tags/list?last=8").await;
}

pub(crate) async fn returns(r: Arc<Recorder>) {
    let digest = r.blob("a", b"{}").await;
    let blob = format!("/v2/a/blobs/{digest}");
    r.send("DELETE", &blob, &[], "").await;
    r.send("POST", &format!("/v2/b/blobs/uploads/?mount={digest}&from=a"), &[], "").await;
    r.blob("a", b"{}").await;
    r.get(&blob).await;
    r.blob("b", b"{}").await;
    let base = image(json!({ "annotations": { "base": "1" } }));
    let subject = descriptor(MANIFEST, base.to_string().as_bytes());
    let list = format!("/v2/a/referrers/{}", subject["digest"].as_str().unwrap());
    let annotations = json!({ "empty": "", "full": "1" });
    let referrer = index(json!({ "subject": subject, "artifactType": "A/B", "annotations": annotations }));
    let chained = json!({ "subject": descriptor(INDEX, referrer.to_string().as_bytes()) });
    let digest = r.manifest("a", "", &base).await;
    for name in ["a", "b"] {
        r.manifest(name, "", &referrer).await;
    }
    r.manifest("a", "", &index(chained)).await;
    r.get(&list).await;
    for (name, digest) in [("b", digest_of(&referrer)), ("a", digest_of(&referrer)), ("a", digest)] {
        r.send("DELETE", &format!("/v2/{name}/manifests/{digest}"), &[], "").await;
        r.get(&list).await;
    }
    r.manifest("a", "", &base).await;
    r.manifest("a", "moving", &referrer).await;
    r.get(&list).await;
    r.manifest("a", "moving", &index(json!({ "subject": subject }))).await;
    r.get(&list).await;
}

fn digest_of(document: &Value) -> String {
    sha256(document.to_string().as_bytes())
}

pub(crate) async fn paths(r: Arc<Recorder>) {
    r.blob("a", b"{}").await;
    r.manifest("a", "v1", &image(json!({}))).await;
    let long = "l".repeat(300);
    let odd = ["%00", "%ff", "%zz", "%2576%2531", "v1%0d%0ax-injected:%20yes", "sha256:..%2f..%2fx", &long];
    for part in odd {
        for kind in ["manifests", "blobs"] {
            r.get(&format!("/v2/a/{kind}/{part}")).await;
        }
    }
    r.get("/v2/a//manifests/v1").await;
    raw(&r, "GET /v2/a/../a/manifests/v1 HTTP/1.1", "").await;
}
