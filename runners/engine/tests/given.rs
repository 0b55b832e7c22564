//! Every kind of fixture, and the placeholders that name them.

#![expect(clippy::unwrap_used, reason = "a test may panic; helpers of tests too")]

use std::io::Read;

use indexmap::IndexMap;
use plimsoll_engine::given::{GivenError, MAX_SIZE, Made, make};
use plimsoll_engine::scope::Scope;
use plimsoll_fixtures::{Algorithm, Seed};
use plimsoll_suite::given::Fixture;
use plimsoll_suite::position::{At, Key};
use plimsoll_suite::template::Template;
use serde_json::{Value, json};

fn given(yaml: &str) -> IndexMap<Key, At<Fixture>> {
    plimsoll_suite::document("given.yaml", yaml).unwrap()
}

fn try_make(yaml: &str) -> Result<Scope, GivenError> {
    let mut scope = Scope::default();
    scope.set_value("size", 5);
    scope.set_value("algorithm", "sha512");
    make(&given(yaml), &Seed::new(1), &mut scope)?;
    Ok(scope)
}

fn made(yaml: &str) -> Scope {
    try_make(yaml).unwrap()
}

fn error(yaml: &str) -> String {
    try_make(yaml).unwrap_err().to_string()
}

fn document(made: &Made) -> Value {
    serde_json::from_slice(&made.bytes()).unwrap()
}

fn text(scope: &Scope, template: &str) -> String {
    scope.text(&Template::parse(template).unwrap()).unwrap()
}

#[test]
fn random_bytes_have_the_size_and_depend_on_seed_and_name() {
    let scope = made("{ a: { random: '${size}' }, b: { random: 5 }, none: { random: 0 } }");
    let (a, b) = (scope.fixture("a").unwrap(), scope.fixture("b").unwrap());
    assert_eq!((a.bytes().len(), b.bytes().len(), scope.fixture("none").unwrap().bytes().len()), (5, 5, 0));
    assert_ne!(a.bytes(), b.bytes());
    assert_eq!(a.bytes(), made("a: { random: 5 }").fixture("a").unwrap().bytes(), "the same again");
    let mut other = Scope::default();
    make(&given("a: { random: 5 }"), &Seed::new(2), &mut other).unwrap();
    assert_ne!(a.bytes(), other.fixture("a").unwrap().bytes());
    assert!(!a.is_manifest && a.refers_to.is_empty() && !a.refers_to_empty);
    // Of no bytes at all, from FIPS 180-4.
    let none = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(scope.fixture("none").unwrap().digest(), none);
}

#[test]
fn texts_and_documents_are_exact() {
    let scope = made("{ t: { text: 'abc' }, j: { json: { a: '${t.size}', b: ['${t.digest}'], c: 'x${size}' } } }");
    let digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(text(&scope, "${t}"), "abc");
    assert_eq!(text(&scope, "${t.digest} ${t.hex} ${t.size}"), format!("{digest} {} 3", &digest[7..]));
    assert_eq!(text(&scope, "${j}"), format!(r#"{{"a":3,"b":["{digest}"],"c":"x5"}}"#));
    assert_eq!(text(&scope, "${j.media-type} ${t.media-type}"), "application/json application/octet-stream");
}

#[test]
fn the_algorithm_decides_the_digest_and_no_other() {
    let scope = made("{ t: { text: abc, algorithm: '${algorithm}' }, m: { manifest: { layers: t } } }");
    let sha512 = Algorithm::Sha512.digest(b"abc");
    assert!(sha512.starts_with("sha512:ddaf35a193617aba"));
    let values = "${t.digest}|${t.hex}|${t.sha512}|${t.sha256}";
    let expected = format!("{sha512}|{}|{sha512}|{}", &sha512[7..], Algorithm::Sha256.digest(b"abc"));
    assert_eq!(text(&scope, values), expected);
    let layer = &document(scope.fixture("m").unwrap())["layers"][0];
    assert_eq!(*layer, json!({"mediaType": "application/octet-stream", "digest": sha512, "size": 3}));
    assert_eq!(scope.document(&json!("${t.descriptor}")).unwrap(), *layer);
    assert_eq!(scope.document(&json!("${t.base64url}")).unwrap(), json!("YWJj"));
    assert!(error("t: { text: abc, algorithm: md5 }").contains("`md5` is not sha256 or sha512"));
}

#[test]
fn chunks_are_the_parts_of_the_whole() {
    let scope = made("c: { chunks: ['${size}', 0, 3] }");
    let whole = scope.fixture("c").unwrap().bytes();
    assert_eq!(whole.len(), 8);
    let bytes = |template: &str| scope.bytes(&Template::parse(template).unwrap()).unwrap();
    assert_eq!([bytes("${c.chunk1}"), bytes("${c.chunk2}"), bytes("${c.chunk3.bytes}")].concat(), whole);
    assert_eq!(bytes("<${c.chunk3}>"), [b"<", &whole[5..], b">"].concat());
    let fields =
        "${c.chunk1.range} ${c.chunk3.range} ${c.chunk3.start} ${c.chunk3.end} ${c.chunk3.size} ${c.chunk2.size}";
    assert_eq!(text(&scope, fields), "0-4 5-7 5 7 3 0");
    for wrong in ["${c.chunk0}", "${c.chunk4}", "${c.chunk1.half}", "${c.chunkx}", "${c.diff-id}"] {
        let error = scope.text(&Template::parse(wrong).unwrap()).unwrap_err().to_string();
        assert_eq!(error, format!("`{wrong}` has no value here"));
    }
}

#[test]
fn a_layer_has_the_digest_of_its_archive_as_diff_id() {
    for (compression, media_type) in [("none", "+tar"), ("gzip", "+gzip"), ("zstd", "+zstd")] {
        let media_type = if compression == "none" { ".tar" } else { media_type };
        let yaml = format!("l: {{ layer: {{ files: 3, file-size: 10, compression: {compression} }} }}");
        let scope = made(&yaml);
        let layer = scope.fixture("l").unwrap();
        let packed = layer.bytes();
        let archive = match compression {
            "gzip" => {
                let mut archive = Vec::new();
                flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut archive).unwrap();
                archive
            }
            "zstd" => zstd::decode_all(&packed[..]).unwrap(),
            _ => packed.to_vec(),
        };
        assert_eq!(text(&scope, "${l.diff-id}"), Algorithm::Sha256.digest(&archive), "{compression}");
        assert!(layer.blob.media_type.ends_with(media_type), "{}", layer.blob.media_type);
    }
    let named = made("l: { layer: {}, media-type: 'application/x-${size}' }");
    assert_eq!(named.fixture("l").unwrap().blob.media_type, "application/x-5");
}

#[test]
fn a_config_lists_the_diff_ids_in_order() {
    let scope = made(
        "{ a: { layer: {} }, b: { layer: { compression: zstd } }, blob: { random: 1 }, \
         c: { config: { layers: [b, a], extra: { author: 'x${size}' } } } }",
    );
    let config = document(scope.fixture("c").unwrap());
    assert_eq!(config["rootfs"]["diff_ids"], json!([text(&scope, "${b.diff-id}"), text(&scope, "${a.diff-id}")]));
    assert_eq!(config["author"], "x5");
    assert!(error("{ blob: { random: 1 }, c: { config: { layers: blob } } }").contains("`blob` is not a layer"));
    assert!(error("c: { config: { layers: gone } }").contains("there is no fixture `gone`"));
}

#[test]
fn a_manifest_refers_to_what_has_to_be_pushed_before_it() {
    let scope = made(
        "{ l: { layer: {} }, c: { config: { layers: l } }, s: { manifest: {} }, \
         m: { manifest: { config: c, layers: [l, l], subject: s, artifact-type: 'a/${size}', annotations: { k: '${size}' }, \
         extra: { more: '${l.size}' } } } }",
    );
    let (smallest, made) = (scope.fixture("s").unwrap(), scope.fixture("m").unwrap());
    assert!(smallest.is_manifest && smallest.refers_to_empty && smallest.refers_to.is_empty());
    let empty = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    assert_eq!(document(smallest)["config"]["digest"], empty);
    assert_eq!(document(smallest)["layers"][0]["digest"], empty);

    assert!(made.is_manifest && !made.refers_to_empty);
    assert_eq!(made.refers_to, ["c", "l", "l"], "the subject need not be there");
    let manifest = document(made);
    assert_eq!(manifest["config"], scope.document(&json!("${c.descriptor}")).unwrap());
    assert_eq!(manifest["layers"][1], scope.document(&json!("${l.descriptor}")).unwrap());
    assert_eq!(manifest["subject"], scope.document(&json!("${s.descriptor}")).unwrap());
    assert_eq!(manifest["artifactType"], "a/5");
    assert_eq!(manifest["annotations"], json!({"k": "5"}));
    assert_eq!(manifest["more"], text(&scope, "${l.size}").parse::<u64>().unwrap());
    assert_eq!(manifest["mediaType"], made.blob.media_type);
    assert_eq!(made.digest(), Algorithm::Sha256.digest(&made.bytes()));
}

#[test]
fn the_layers_of_a_manifest_without_config_are_its_own() {
    let scope =
        made("{ l: { random: 1 }, a: { manifest: { layers: l } }, c: { text: '{}' }, b: { manifest: { config: c } } }");
    let (a, b) = (scope.fixture("a").unwrap(), scope.fixture("b").unwrap());
    assert!(a.refers_to_empty, "its config is the empty one");
    assert_eq!(a.refers_to, ["l"]);
    assert_eq!(document(a)["layers"].as_array().unwrap().len(), 1);
    assert!(!b.refers_to_empty);
    assert_eq!(document(b)["layers"], json!([]));
}

#[test]
fn a_manifest_can_leave_out_its_type_be_odd_and_have_any_size() {
    let scope = made(
        "{ plain: { manifest: { without-media-type: true } }, typed: { manifest: {}, media-type: a/b }, \
         odd: { manifest: { pretty: true } }, big: { manifest: { size: 5000 } } }",
    );
    let plain = scope.fixture("plain").unwrap();
    assert_eq!(document(plain).get("mediaType"), None);
    assert_eq!(plain.blob.media_type, "application/vnd.oci.image.manifest.v1+json");
    let typed = scope.fixture("typed").unwrap();
    assert_eq!((typed.blob.media_type.as_str(), &document(typed)["mediaType"]), ("a/b", &json!("a/b")));
    assert!(scope.fixture("odd").unwrap().bytes().contains(&b'\n'));
    assert_eq!(scope.fixture("big").unwrap().bytes().len(), 5000);
    assert!(error("m: { manifest: { size: 10 } }").contains("fixture `m`"));
    assert!(error("m: { manifest: { layers: gone } }").contains("there is no fixture `gone`"));
}

#[test]
fn an_index_refers_to_its_manifests() {
    let scope = made(
        "{ a: { manifest: {} }, b: { manifest: { annotations: { n: two } } }, inner: { index: { manifests: a } }, \
         outer: { index: { manifests: [inner, b], subject: a, artifact-type: x/y, annotations: { k: v }, pretty: true } } }",
    );
    let outer = scope.fixture("outer").unwrap();
    assert!(outer.is_manifest && !outer.refers_to_empty);
    assert_eq!(outer.refers_to, ["inner", "b"]);
    let index = document(outer);
    assert_eq!(index["manifests"][0]["digest"], text(&scope, "${inner.digest}"));
    assert_eq!(index["manifests"][0]["mediaType"], "application/vnd.oci.image.index.v1+json");
    assert_eq!(index["subject"]["digest"], text(&scope, "${a.digest}"));
    assert_eq!((&index["artifactType"], &index["annotations"]["k"]), (&json!("x/y"), &json!("v")));
}

#[test]
fn what_is_too_large_or_no_size_is_told_apart() {
    let max = MAX_SIZE;
    let too_large = |yaml: &str| matches!(try_make(yaml), Err(GivenError::TooLarge { .. }));
    assert!(too_large(&format!("b: {{ random: {} }}", max + 1)));
    assert!(too_large(&format!("b: {{ chunks: [{max}, 1] }}")), "all chunks together");
    assert!(too_large("b: { random: '340282366920938463463374607431768211455' }"));
    assert!(too_large("b: { layer: { files: 4000000000000, file-size: 9000000 } }"));
    assert!(too_large("b: { layer: { files: 100000, file-size: 0 } }"), "headers count, too");
    assert!(too_large(&format!("m: {{ manifest: {{ size: {} }} }}", max + 1)));
    for wrong in ["-1", "'1.5'", "''", "many"] {
        let error = error(&format!("b: {{ random: {wrong} }}"));
        assert!(error.contains("fixture `b`") && error.contains("is not a size in bytes"), "{error}");
    }
    assert!(error("b: { random: '${gone}' }").contains("`${gone}` has no value"));
}
