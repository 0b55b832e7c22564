//! Blobs and manifests, there and back.

mod common;
use common::*;
use serde_json::json;

#[tokio::test]
async fn blobs_travel_by_every_way() {
    let r = registry(|_| {}).await;
    for content in [&b""[..], b"x", &vec![7; 300_000]] {
        for digest in [sha256(content), sha512(content)] {
            let place = format!("/v2/a/b/blobs/{digest}");
            let half = content.len() / 2;
            // One request.
            let answer = r.send("POST", &format!("/v2/a/b/blobs/uploads/?digest={digest}"), &[], content).await.is(201);
            assert_eq!(answer.header("location"), place);
            // Two.
            let session = r.session("a/b").await;
            r.send("PUT", &format!("{session}?digest={digest}"), &[], content).await.is(201);
            // Chunks, the last with the PUT, streamed.
            let session = r.session("a/b").await;
            r.send("PATCH", &session, &[], &content[..half]).await.is(202);
            let answer = r.send("PUT", &format!("{session}?digest={digest}"), &[], &content[half..]).await.is(201);
            assert_eq!(answer.header("docker-content-digest"), digest);

            let answer = r.get(&place).await.is(200);
            assert!(answer.body == content);
            assert_eq!(answer.header("docker-content-digest"), digest);
            let answer = r.send("HEAD", &place, &[], "").await.is(200);
            assert_eq!(answer.header("content-length"), content.len().to_string());
            r.send("DELETE", &place, &[], "").await.is(202);
            assert_eq!(r.get(&place).await.is(404).code(), "BLOB_UNKNOWN");
        }
    }
}

#[tokio::test]
async fn wrong_digests_leave_nothing_behind() {
    let r = registry(|_| {}).await;
    let other = sha256(b"other");
    let answer = r.send("POST", &format!("/v2/a/blobs/uploads/?digest={other}"), &[], "content").await.is(400);
    assert_eq!(answer.code(), "DIGEST_INVALID");
    let session = r.session("a").await;
    r.send("PUT", &format!("{session}?digest={other}"), &[], "content").await.is(400);
    for bad in [other.to_uppercase().replace("SHA", "sha"), other[..20].to_owned(), "sha384:ab".into(), "x".into()] {
        r.send("PUT", &format!("{session}?digest={bad}"), &[], "content").await.is(400);
    }
    r.send("PUT", &session, &[], "content").await.is(400);
    for content in ["other", "content"] {
        r.get(&format!("/v2/a/blobs/{}", sha256(content.as_bytes()))).await.is(404);
    }
    // The session is as it was before the refusals.
    r.send("PUT", &format!("{session}?digest={}", sha256(b"content")), &[], "content").await.is(201);
    assert_eq!(std::fs::read_dir(r.root.path().join("tmp")).unwrap().count(), 0);
    assert_eq!(std::fs::read_dir(r.root.path().join("uploads")).unwrap().count(), 0);
}

#[tokio::test]
async fn ranges() {
    let r = registry(|_| {}).await;
    let content: Vec<u8> = (0..200_000).map(|n| (n % 251) as u8).collect();
    let path = format!("/v2/a/blobs/{}", r.blob("a", &content).await);
    for (range, part) in
        [("0-0", 0..1), ("5-150004", 5..150_005), ("199999-", 199_999..200_000), ("-3", 199_997..200_000)]
    {
        let answer = r.send("GET", &path, &[("range", &format!("bytes={range}"))], "").await.is(206);
        assert!(answer.body == content[part.clone()], "{range}");
        assert_eq!(answer.header("content-range"), format!("bytes {}-{}/200000", part.start, part.end - 1));
    }
    let answer = r.send("GET", &path, &[("range", "bytes=200000-")], "").await.is(416);
    assert_eq!(answer.header("content-range"), "bytes */200000");
    r.send("GET", &path, &[("range", "bytes=0-1,5-6")], "").await.is(200);
    r.send("GET", &path, &[("range", "bytes=0-1"), ("if-range", "\"old\"")], "").await.is(200);
    let tag = r.get(&path).await.header("etag").to_owned();
    r.send("GET", &path, &[("range", "bytes=0-1"), ("if-range", &tag)], "").await.is(206);
    r.send("GET", &path, &[("if-none-match", &tag)], "").await.is(304);
}

#[tokio::test]
async fn manifests_keep_their_bytes_and_their_type() {
    let r = registry(|_| {}).await;
    r.blob("a", b"{}").await;
    let bytes = format!(" {}\n", image(json!({ "unknown": { "z": 1, "a": [] } })));
    let typed = format!("{MANIFEST}; charset=utf-8");
    for digest in [sha256(bytes.as_bytes()), sha512(bytes.as_bytes())] {
        let path = format!("/v2/a/manifests/{digest}?tag=1&tag=2");
        let answer = r.send("PUT", &path, &[("content-type", &typed)], &*bytes).await.is(201);
        assert_eq!(answer.header("docker-content-digest"), digest);
        assert_eq!(answer.header("oci-tag"), "1, 2");
        let answer = r.get(answer.header("location")).await.is(200);
        assert_eq!(answer.body, bytes.as_bytes());
        assert_eq!(answer.header("content-type"), MANIFEST);
        assert_eq!(r.get("/v2/a/manifests/2").await.is(200).header("docker-content-digest"), digest);
    }
    let answer =
        r.send("PUT", &format!("/v2/a/manifests/{}", sha256(b"x")), &[("content-type", MANIFEST)], bytes).await;
    assert_eq!(answer.is(400).code(), "DIGEST_INVALID");
}

#[tokio::test]
async fn bad_manifests_are_refused() {
    let r = registry(|_| {}).await;
    r.blob("a", b"{}").await;
    let config = descriptor("a/b", b"{}");
    let cases = [
        ("not json", MANIFEST),
        ("[]", MANIFEST),
        (&*image(json!({ "schemaVersion": 1 })).to_string(), MANIFEST),
        (&*image(json!({ "manifests": [] })).to_string(), MANIFEST),
        (&*image(json!({})).to_string(), INDEX),
        (&*image(json!({ "layers": [{ "mediaType": "a/b", "digest": "sha256:x", "size": 1 }] })).to_string(), MANIFEST),
        (
            &*image(json!({ "layers": [{ "mediaType": "a/b", "digest": sha256(b""), "size": -1 }] })).to_string(),
            MANIFEST,
        ),
        (&*image(json!({ "subject": "x" })).to_string(), MANIFEST),
        ("{\"schemaVersion\":2}", MANIFEST),
        ("{\"schemaVersion\":2}", INDEX),
        ("{\"schemaVersion\":2}", ""),
    ];
    for (body, media_type) in cases {
        let headers = [("content-type", media_type)];
        let answer = r.send("PUT", "/v2/a/manifests/bad", &headers, body).await;
        assert_eq!((answer.status, &*answer.code()), (400, "MANIFEST_INVALID"), "{body}");
    }
    let absent = image(json!({ "layers": [descriptor("a/b", b"absent"), config] }));
    let (_, answer) = r.manifest("a", "bad", &absent).await;
    assert_eq!(answer.is(404).code(), "MANIFEST_BLOB_UNKNOWN");
    let (_, answer) = r.manifest("a", "bad", &index(json!({ "manifests": [descriptor(MANIFEST, b"absent")] }))).await;
    assert_eq!(answer.is(404).code(), "MANIFEST_BLOB_UNKNOWN");
    r.get("/v2/a/manifests/bad").await.is(404);
    let foreign =
        json!({ "mediaType": "a/b", "digest": sha256(b"absent"), "size": 1, "urls": ["https://example.org/"] });
    r.manifest("a", "foreign", &image(json!({ "layers": [foreign] }))).await.1.is(201);
    // Types nobody knows are none of the registry's business.
    r.send("PUT", "/v2/a/manifests/other", &[("content-type", "application/vnd.example+json")], "{}").await.is(201);
}

#[tokio::test]
async fn size_limit() {
    let r = registry(|_| {}).await;
    r.blob("a", b"{}").await;
    let of = |size: usize| {
        let empty = image(json!({ "annotations": { "a": "" } })).to_string();
        image(json!({ "annotations": { "a": "x".repeat(size - empty.len()) } }))
    };
    for size in [4_000_000, 4 << 20] {
        r.manifest("a", "large", &of(size)).await.1.is(201);
    }
    r.manifest("a", "larger", &of((4 << 20) + 100_000)).await.1.is(413);
    r.manifest("a", "huge", &of(20 << 20)).await.1.is(413);
}

#[tokio::test]
async fn repositories_are_apart() {
    let r = registry(|_| {}).await;
    let digest = r.blob("a", b"{}").await;
    let (manifest, answer) = r.manifest("a", "v1", &image(json!({}))).await;
    answer.is(201);
    r.blob("b", b"b").await;
    for path in [format!("blobs/{digest}"), format!("manifests/{manifest}"), "manifests/v1".to_owned()] {
        r.get(&format!("/v2/a/{path}")).await.is(200);
        r.get(&format!("/v2/b/{path}")).await.is(404);
        assert_eq!(r.get(&format!("/v2/c/{path}")).await.is(404).code(), "NAME_UNKNOWN");
    }
    let session = r.session("a").await;
    r.send("PATCH", &session.replace("/a/", "/b/"), &[], "x").await.is(404);
    // Mounting moves a blob over, but only from where the client says.
    r.send("POST", &format!("/v2/b/blobs/uploads/?mount={digest}"), &[], "").await.is(202);
    r.send("POST", &format!("/v2/b/blobs/uploads/?mount={digest}&from=c"), &[], "").await.is(202);
    r.get(&format!("/v2/b/blobs/{digest}")).await.is(404);
    let answer = r.send("POST", &format!("/v2/b/blobs/uploads/?mount={digest}&from=a"), &[], "").await.is(201);
    assert_eq!(r.get(answer.header("location")).await.is(200).body, b"{}");
    r.send("DELETE", &format!("/v2/a/blobs/{digest}"), &[], "").await.is(202);
    r.get(&format!("/v2/b/blobs/{digest}")).await.is(200);
}

#[tokio::test]
async fn deleting() {
    let r = registry(|_| {}).await;
    r.blob("a", b"{}").await;
    let (digest, _) = r.manifest("a", "v1", &image(json!({}))).await;
    r.manifest("a", "v2", &image(json!({}))).await;
    r.send("DELETE", "/v2/a/manifests/v1", &[], "").await.is(202);
    r.send("DELETE", "/v2/a/manifests/v1", &[], "").await.is(404);
    r.get("/v2/a/manifests/v2").await.is(200);
    r.send("DELETE", &format!("/v2/a/manifests/{digest}"), &[], "").await.is(202);
    r.get("/v2/a/manifests/v2").await.is(404);
    r.get(&format!("/v2/a/manifests/{digest}")).await.is(404);
    assert_eq!(r.get("/v2/a/tags/list").await.is(200).json(), json!({ "name": "a", "tags": [] }));
    assert_eq!(r.get("/v2/b/tags/list").await.is(404).code(), "NAME_UNKNOWN");

    let r = registry(|config| config.deletes = false).await;
    let answer = r.send("DELETE", "/v2/a/manifests/v1", &[], "").await.is(405);
    assert_eq!((answer.header("allow"), &*answer.code()), ("GET, HEAD, PUT", "UNSUPPORTED"));
}

#[tokio::test]
async fn a_tag_moves_only_from_where_the_client_saw_it() {
    let r = registry(|_| {}).await;
    r.blob("a", b"{}").await;
    let put = |value: &str, condition: (&'static str, String)| {
        let body = image(json!({ "annotations": { "a": value } })).to_string();
        let api = r.client.clone();
        async move {
            let headers = [("content-type", MANIFEST), (condition.0, condition.1.as_str())];
            api.send("PUT", "/v2/a/manifests/v1", &headers, body).await.status
        }
    };
    assert_eq!(put("1", ("if-match", "*".into())).await, 412);
    assert_eq!(put("1", ("if-none-match", "*".into())).await, 201);
    assert_eq!(put("2", ("if-none-match", "*".into())).await, 412);
    let tag = r.get("/v2/a/manifests/v1").await.header("etag").to_owned();
    assert_eq!(put("2", ("if-match", tag.clone())).await, 201);
    assert_eq!(put("3", ("if-match", tag)).await, 412);
}
