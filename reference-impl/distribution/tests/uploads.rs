//! Upload sessions: order, interruption, restarts, concurrency, expiry.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod common;
use common::*;
use plimsoll_registry::{Config, Server};
use serde_json::json;
use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

#[tokio::test]
async fn chunks_come_in_order() {
    let r = registry(|_| {}).await;
    let session = r.session("a").await;
    let status = async || {
        let answer = r.get(&session).await.is(204);
        assert_eq!(answer.header("location"), session);
        answer.header("range").to_owned()
    };
    assert_eq!(status().await, "0-0");
    let answer = r.send("PATCH", &session, &[("content-range", "0-3")], "abcd").await.is(202);
    assert_eq!((answer.header("range"), answer.header("location")), ("0-3", &*session));
    for bad in ["0-3", "5-8", "2-5", "bytes=4-7", "bytes 4-7/8"] {
        let answer = r.send("PATCH", &session, &[("content-range", bad)], "efgh").await.is(416);
        assert_eq!((answer.header("range"), answer.header("location")), ("0-3", &*session));
        r.send("PUT", &format!("{session}?digest={}", sha256(b"abcdefgh")), &[("content-range", bad)], "efgh")
            .await
            .is(416);
    }
    let answer = r.send("PATCH", &session, &[("content-range", "4-5")], "efgh").await.is(400);
    assert_eq!(answer.code(), "SIZE_INVALID");
    assert_eq!(status().await, "0-3");
    let done =
        r.send("PUT", &format!("{session}?digest={}", sha256(b"abcdefgh")), &[("content-range", "4-7")], "efgh").await;
    assert_eq!(r.get(done.is(201).header("location")).await.body, b"abcdefgh");
    assert_eq!(r.get(&session).await.is(404).code(), "BLOB_UPLOAD_UNKNOWN");
    r.send("PATCH", &session, &[], "x").await.is(404);

    let session = r.session("a").await;
    r.send("DELETE", &session, &[], "").await.is(204);
    r.send("DELETE", &session, &[], "").await.is(404);
}

#[tokio::test]
async fn an_interrupted_chunk_is_discarded() {
    let r = registry(|_| {}).await;
    let session = r.session("a").await;
    r.send("PATCH", &session, &[], "abcd").await.is(202);
    let mut stream = TcpStream::connect(r.server.addr()).await.unwrap();
    let head = format!("PATCH {session} HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&vec![b'x'; 2_500_000]).await.unwrap();
    drop(stream);
    assert_eq!(r.get(&session).await.is(204).header("range"), "0-3");
    r.send("PATCH", &session, &[("content-range", "4-7")], "efgh").await.is(202);
    r.send("PUT", &format!("{session}?digest={}", sha256(b"abcdefgh")), &[], "").await.is(201);
}

#[tokio::test]
async fn sessions_expire() {
    let r = registry(|config| config.upload_timeout = Duration::from_millis(300)).await;
    let session = r.session("a").await;
    r.get(&session).await.is(204);
    tokio::time::sleep(Duration::from_millis(700)).await;
    r.get(&session).await.is(404);
    assert_eq!(std::fs::read_dir(r.root.path().join("uploads")).unwrap().count(), 0);
}

#[tokio::test]
async fn many_push_the_same_blob_at_once() {
    let r = registry(|_| {}).await;
    let content = vec![42; 3_000_000];
    let pushes = (0..16).map(|n| {
        let (api, content) = (r.client.clone(), content.clone());
        tokio::spawn(async move {
            let session = api.session("a").await;
            let half = content.len() / 2;
            if n % 2 == 0 {
                api.send("PATCH", &session, &[], &content[..half]).await.is(202);
            }
            let rest = if n % 2 == 0 { &content[half..] } else { &content[..] };
            api.send("PUT", &format!("{session}?digest={}", sha256(&content)), &[], rest).await.status
        })
    });
    for push in pushes.collect::<Vec<_>>() {
        assert_eq!(push.await.unwrap(), 201);
    }
    assert!(r.get(&format!("/v2/a/blobs/{}", sha256(&content))).await.is(200).body == content);
}

#[tokio::test]
async fn parallel_chunks_of_one_session_do_not_mix() {
    let r = registry(|_| {}).await;
    let session = r.session("a").await;
    let pushes: Vec<_> = (0..8u8)
        .map(|n| {
            let (api, session) = (r.client.clone(), session.clone());
            tokio::spawn(async move {
                api.send("PATCH", &session, &[("content-range", "0-99999")], vec![n; 100_000]).await.status
            })
        })
        .collect();
    let mut accepted = None;
    for (n, push) in pushes.into_iter().enumerate() {
        match push.await.unwrap() {
            202 => assert!(accepted.replace(n).is_none(), "two chunks at the same place"),
            status => assert_eq!(status, 416),
        }
    }
    let content = vec![u8::try_from(accepted.unwrap()).unwrap(); 100_000];
    r.send("PUT", &format!("{session}?digest={}", sha256(&content)), &[], "").await.is(201);
}

#[tokio::test]
async fn minimum_chunk() {
    let r = registry(|config| config.chunk_min_length = Some(4)).await;
    let answer = r.send("POST", "/v2/a/blobs/uploads/", &[], "").await.is(202);
    assert_eq!(answer.header("oci-chunk-min-length"), "4");
    let session = answer.header("location");
    r.send("PATCH", session, &[("content-range", "0-3")], "abcd").await.is(202);
    r.send("PATCH", session, &[("content-range", "4-5")], "ef").await.is(202);
    r.send("PATCH", session, &[("content-range", "6-9")], "ghij").await.is(400);
    r.send("PUT", &format!("{session}?digest={}", sha256(b"abcdef")), &[], "").await.is(201);
}

/// The program on a free port; its URL is the only line it prints.
fn program(root: &std::path::Path) -> (Child, Api) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_plimsoll-registry"))
        .args(["serve", "--listen", "127.0.0.1:0", "--root"])
        .arg(root)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
    (child, Api::new(url.trim().to_owned()))
}

#[tokio::test]
async fn what_was_acknowledged_survives_being_killed() {
    let root = tempfile::tempdir().unwrap();
    let (mut child, api) = program(root.path());
    let blob = api.blob("a/b", b"{}").await;
    let (manifest, answer) = api.manifest("a/b", "v1", &image(json!({ "subject": descriptor(MANIFEST, b"s") }))).await;
    answer.is(201);
    let session = api.session("a/b").await;
    api.send("PATCH", &session, &[], "abcd").await.is(202);
    child.kill().unwrap();
    child.wait().unwrap();

    let (mut child, api) = program(root.path());
    assert_eq!(api.get(&format!("/v2/a/b/blobs/{blob}")).await.is(200).body, b"{}");
    assert_eq!(api.get("/v2/a/b/manifests/v1").await.is(200).header("docker-content-digest"), manifest);
    let referrers = api.get(&format!("/v2/a/b/referrers/{}", sha256(b"s"))).await.json();
    assert_eq!(referrers["manifests"][0]["digest"], manifest);
    assert_eq!(api.get(&session).await.is(204).header("range"), "0-3");
    api.send("PATCH", &session, &[("content-range", "4-7")], "efgh").await.is(202);
    api.send("PUT", &format!("{session}?digest={}", sha512(b"abcdefgh")), &[], "").await.is(201);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn broken_rules_stay_on_loopback() {
    let root = tempfile::tempdir().unwrap();
    let mut config = Config::new(root.path());
    config.listen = "0.0.0.0:0".parse().unwrap();
    config.rules = plimsoll_registry::Rules::breaking([plimsoll_registry::Rule::ALL[0]]);
    let error = Server::start(config).await.unwrap_err();
    assert!(matches!(error, plimsoll_registry::Error::BrokenInPublic { .. }), "{error}");
}

#[tokio::test]
async fn two_registries_do_not_share_a_directory() {
    let r = registry(|_| {}).await;
    let error = Server::start(Config::new(r.root.path())).await.unwrap_err();
    assert!(error.to_string().contains("another registry uses this directory"), "{error}");
}

#[tokio::test]
async fn a_registry_that_was_dropped_lets_go_of_its_directory() {
    let r = registry(|_| {}).await;
    let digest = r.blob("a", b"x").await;
    drop(r.server);
    let server = Server::start(Config::new(r.root.path())).await.unwrap();
    Api::new(server.url()).get(&format!("/v2/a/blobs/{digest}")).await.is(200);
}
