//! The JWT door, against whoever has no key of the org, and against whoever has one and asks for more.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures_util::future::join_all;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::{Value, json};

use super::{ORG, World, http, org, place, said, weary, world_of};
use crate::clock;
use crate::gateway::pace::REFUSED;
use crate::problem::Problem;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const FAR: i64 = 32_503_680_000_000;

struct Key {
    private: String,
    public: String,
    der: Vec<u8>,
}

impl Key {
    fn new() -> Self {
        let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        Self { private: pair.serialize_pem(), public: pair.public_key_pem(), der: pair.public_key_raw().to_vec() }
    }

    fn sign(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &EncodingKey::from_rsa_pem(self.private.as_bytes()).unwrap()).unwrap()
    }

    /// Over a header of any shape.
    fn sign_raw(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let key = EncodingKey::from_rsa_pem(self.private.as_bytes()).unwrap();
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::RS256).unwrap();
        format!("{message}.{signature}")
    }

    fn certificate(&self) -> Value {
        json!({ "id": "c1", "public_key_pem": self.public, "not_before": 0, "not_after": FAR })
    }
}

/// The org's own key, and one of somebody else.
static KEYS: LazyLock<[Key; 2]> = LazyLock::new(|| [Key::new(), Key::new()]);

fn claims(world: &World) -> Value {
    let now = clock::now_s();
    json!({ "iss": ORG, "sub": "005000000000001AAA", "aud": world.base, "exp": now + 120, "iat": now, "jti": clock::new_id() })
}

async fn world() -> World {
    world_of(org("active", &json!([KEYS[0].certificate()]))).await
}

async fn redeem_from(world: &World, assertion: &str, from: &str) -> (u16, String) {
    let form = [("grant_type", GRANT), ("assertion", assertion)];
    said(http().post(format!("{}/oauth/token", world.base)).header("x-forwarded-for", from).form(&form)).await
}

async fn refused(world: &World, assertion: &str) {
    let answer = redeem_from(world, assertion, &place()).await;
    assert_eq!(answer, (401, "token.invalid".to_owned()), "{assertion:.120}");
}

async fn accepted(world: &World, assertion: &str) {
    let (status, text) = redeem_from(world, assertion, &place()).await;
    assert_eq!(status, 200, "{text}");
}

#[actix_web::test]
async fn jwt_02_06_with_the_right_key_no_other_algorithm_is_taken() {
    use Algorithm::{ES256, EdDSA, HS256, HS384, HS512, PS256, PS384, PS512, RS256, RS384, RS512};
    let world = world().await;
    accepted(&world, &KEYS[0].sign(&Header::new(RS256), &claims(&world))).await;
    for algorithm in [RS384, RS512, PS256, PS384, PS512] {
        refused(&world, &KEYS[0].sign(&Header::new(algorithm), &claims(&world))).await;
    }
    for algorithm in [HS256, HS384, HS512] {
        let token = jsonwebtoken::encode(&Header::new(algorithm), &claims(&world), &EncodingKey::from_secret(b"")).unwrap();
        refused(&world, &token).await;
        // The header says what is wanted, the signature is another one's.
        let (head, signature) = token.rsplit_once('.').unwrap();
        let claimed = format!("{}.{}.{signature}", URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#), head.split('.').nth(1).unwrap());
        refused(&world, &claimed).await;
    }
    let curve = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap().serialize_pem();
    refused(
        &world,
        &jsonwebtoken::encode(&Header::new(ES256), &claims(&world), &EncodingKey::from_ec_pem(curve.as_bytes()).unwrap()).unwrap(),
    )
    .await;
    let edwards = KeyPair::generate_for(&PKCS_ED25519).unwrap().serialize_pem();
    refused(
        &world,
        &jsonwebtoken::encode(&Header::new(EdDSA), &claims(&world), &EncodingKey::from_ed_pem(edwards.as_bytes()).unwrap()).unwrap(),
    )
    .await;
    world.stop().await;
}

/// Secrets that people forget to change, each also as it is often written.
const SECRETS: [&str; 24] = [
    "secret",
    "password",
    "changeme",
    "change-me",
    "your-256-bit-secret",
    "your_jwt_secret",
    "jwt",
    "jwt_secret",
    "token",
    "key",
    "private",
    "test",
    "testing",
    "admin",
    "root",
    "default",
    "example",
    "supersecret",
    "mysecret",
    "hmac",
    "123456",
    "qwerty",
    "salesforce",
    "marketo",
];

#[actix_web::test]
async fn jwt_03_04_05_neither_a_common_word_nor_the_public_key_is_a_secret() {
    let world = world().await;
    let mut secrets: Vec<Vec<u8>> = Vec::new();
    for word in SECRETS {
        for written in [word.to_owned(), word.to_uppercase(), format!("{word}123"), STANDARD.encode(word)] {
            secrets.push(written.into_bytes());
        }
    }
    assert!(secrets.len() >= 95);
    let key = &KEYS[0];
    let one_line: String = key.public.lines().filter(|line| !line.starts_with('-')).collect();
    let texts = [
        key.public.clone(),
        key.public.trim().to_owned(),
        key.public.replace('\n', "\r\n"),
        key.public.trim().replace('\n', "\r\n"),
        key.public.replace("PUBLIC KEY", "RSA PUBLIC KEY"),
        key.public.replace("PUBLIC KEY", "CERTIFICATE"),
        one_line,
        json!({ "kty": "RSA", "n": URL_SAFE_NO_PAD.encode(&key.der), "e": "AQAB" }).to_string(),
        key.certificate().to_string(),
    ];
    for text in texts {
        for before in ["", " ", "\0", "\u{feff}", "#"] {
            secrets.push(format!("{before}{text}").into_bytes());
        }
    }
    secrets.push(key.der.clone());
    for secret in secrets {
        let secret = EncodingKey::from_secret(&secret);
        refused(&world, &jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims(&world), &secret).unwrap()).await;
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#), URL_SAFE_NO_PAD.encode(claims(&world).to_string()));
        let tag = jsonwebtoken::crypto::sign(message.as_bytes(), &secret, Algorithm::HS256).unwrap();
        refused(&world, &format!("{message}.{tag}")).await;
    }
    world.stop().await;
}

#[actix_web::test]
async fn jwt_07_08_09_10_a_key_that_comes_along_is_not_looked_at() {
    let world = world().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let there = format!("http://{}/keys", listener.local_addr().unwrap());
    let long = "k".repeat(10_000);
    let foreign = &KEYS[1];
    let jwk = json!({ "kty": "RSA", "alg": "RS256", "n": URL_SAFE_NO_PAD.encode(&foreign.der), "e": "AQAB" });
    for extra in [
        json!({ "jwk": jwk }),
        json!({ "jku": there }),
        json!({ "x5u": there }),
        json!({ "x5c": [STANDARD.encode(&foreign.der)] }),
        json!({ "jku": there, "x5u": there, "kid": there }),
        json!({ "kid": "../../dev/null" }),
        json!({ "kid": "' OR 1=1--" }),
        json!({ "kid": "|id" }),
        json!({ "kid": "\0" }),
        json!({ "kid": long }),
        json!({ "kid": ["c1"] }),
        json!({ "kid": 1 }),
    ] {
        let mut header = extra.clone();
        header["alg"] = json!("RS256");
        refused(&world, &foreign.sign_raw(&header.to_string(), &claims(&world).to_string())).await;
        // The org's own signature does not become better or worse by it, and never breaks anything.
        let (status, _) = redeem_from(&world, &KEYS[0].sign_raw(&header.to_string(), &claims(&world).to_string()), &place()).await;
        assert!(matches!(status, 200 | 401), "{extra} {status}");
    }
    for header in [r#"{"alg":"RS256","crit":["x"]}"#, r#"{"alg":"RS256","crit":[]}"#, r#"{"alg":"RS256","b64":false}"#] {
        refused(&world, &KEYS[0].sign_raw(header, &claims(&world).to_string())).await;
    }
    let connected = tokio::time::timeout(std::time::Duration::from_millis(50), listener.accept()).await;
    assert!(connected.is_err(), "nobody called the address of a header");
    world.stop().await;
}

#[actix_web::test]
async fn jwt_11_19_only_an_assertion_of_this_org_for_this_door_is_taken() {
    let world = world().await;
    let with = |name: &str, value: Value| {
        let mut claims = claims(&world);
        claims[name] = value;
        KEYS[0].sign(&Header::new(Algorithm::RS256), &claims)
    };
    for header in [r#"{"alg":"RS256","typ":"at+jwt"}"#, r#"{"alg":"RS256","typ":"id_token"}"#, r#"{"alg":"RS256","typ":5}"#] {
        refused(&world, &KEYS[0].sign_raw(header, &claims(&world).to_string())).await;
    }
    // A token of ours is no assertion.
    let (_, text) = redeem_from(&world, &KEYS[0].sign(&Header::new(Algorithm::RS256), &claims(&world)), &place()).await;
    let token = serde_json::from_str::<Value>(&text).unwrap()["access_token"].as_str().unwrap().to_owned();
    refused(&world, &token).await;
    // An org speaks for itself only, whatever it writes.
    let other = "00Dx0000000XXXXEAA";
    let mut theirs = org("active", &json!([KEYS[1].certificate()]));
    (theirs["org_id"], theirs["account_id"]) = (json!(other), json!("b1"));
    world.answers(&format!("GET /v1/orgs/{other}"), 200, theirs);
    refused(&world, &with("iss", json!(other))).await;
    let mut foreign = claims(&world);
    foreign["iss"] = json!(other);
    accepted(&world, &KEYS[1].sign(&Header::new(Algorithm::RS256), &foreign)).await;
    for issuer in [
        json!([ORG]),
        json!(ORG.to_lowercase()),
        json!(format!("{ORG} ")),
        json!("https://acme.my.salesforce.com"),
        json!(null),
        json!({ "iss": ORG }),
    ] {
        refused(&world, &with("iss", issuer)).await;
    }
    for audience in [json!(null), json!(7), json!([]), json!(["https://elsewhere.example"]), json!(format!("{}.evil.example", world.base))]
    {
        refused(&world, &with("aud", audience)).await;
    }
    for subject in [json!("00Q000000000001EAA"), json!("005"), json!(["005000000000001AAA"]), json!(null)] {
        refused(&world, &with("sub", subject)).await;
    }
    world.stop().await;
}

#[actix_web::test]
async fn jwt_12_13_times_are_whole_numbers_near_now() {
    let world = world().await;
    let now = clock::now_s();
    for (name, value) in [
        ("exp", json!(null)),
        ("exp", json!(true)),
        ("exp", json!([now + 60])),
        ("exp", json!({ "at": now + 60 })),
        ("exp", json!(format!("{}", now + 60))),
        ("exp", json!(1e30)),
        ("exp", json!(u64::MAX)),
        ("exp", json!(now - 35)),
        ("exp", json!(now + 400)),
        ("nbf", json!(now + 40)),
        ("nbf", json!("now")),
        ("iat", json!(now + 300)),
        ("iat", json!({})),
        ("iat", json!(now - 3_600)),
    ] {
        let mut bent = claims(&world);
        bent[name] = value;
        refused(&world, &KEYS[0].sign(&Header::new(Algorithm::RS256), &bent)).await;
    }
    // Clocks may differ by half a minute.
    for (name, value) in [("exp", json!(now - 20)), ("nbf", json!(now + 20))] {
        let mut bent = claims(&world);
        (bent["iat"], bent[name]) = (json!(null), value);
        accepted(&world, &KEYS[0].sign(&Header::new(Algorithm::RS256), &bent)).await;
    }
    world.stop().await;
}

#[actix_web::test]
async fn jwt_20_of_a_hundred_who_show_one_assertion_one_gets_in() {
    let world = world().await;
    let assertion = KEYS[0].sign(&Header::new(Algorithm::RS256), &claims(&world));
    let places: Vec<String> = (0..100).map(|_| place()).collect();
    let answers = join_all(places.iter().map(|from| redeem_from(&world, &assertion, from))).await;
    assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 1);
    assert!(answers.iter().all(|(status, code)| *status == 200 || (*status, code.as_str()) == (401, "token.invalid")));
    world.stop().await;
}

#[actix_web::test]
async fn jwt_15_a_key_counts_from_its_first_to_its_last_day() {
    let now = clock::now_ms();
    let valid = |from: i64, until: i64| {
        let mut certificate = KEYS[0].certificate();
        (certificate["not_before"], certificate["not_after"]) = (json!(from), json!(until));
        certificate
    };
    let foreign = KEYS[1].certificate();
    let broken = json!({ "id": "c9", "public_key_pem": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "not_before": 0, "not_after": FAR });
    for (certificates, good) in [
        (json!([]), false),
        (json!([valid(now + 60_000, FAR)]), false),
        (json!([valid(0, now - 60_000)]), false),
        (json!([foreign]), false),
        (json!([broken, foreign, valid(0, FAR)]), true),
        (json!([valid(0, now - 60_000), valid(0, now + 60_000)]), true),
        (json!([foreign, foreign, foreign, foreign, foreign, valid(0, FAR)]), false),
    ] {
        let world = world_of(org("active", &certificates)).await;
        let assertion = KEYS[0].sign(&Header::new(Algorithm::RS256), &claims(&world));
        if good {
            accepted(&world, &assertion).await;
        } else {
            refused(&world, &assertion).await;
        }
        world.stop().await;
    }
    let world = world_of(org("suspended", &json!([KEYS[0].certificate()]))).await;
    let answer = redeem_from(&world, &KEYS[0].sign(&Header::new(Algorithm::RS256), &claims(&world)), &place()).await;
    assert_eq!(answer, (403, "tenant.suspended".to_owned()));
    // Whoever has no key does not even learn that.
    refused(&world, &KEYS[1].sign(&Header::new(Algorithm::RS256), &claims(&world))).await;
    world.stop().await;
}

#[actix_web::test]
async fn jwt_21_23_24_odd_shapes_are_refused_quickly() {
    let world = world().await;
    let text = claims(&world).to_string();
    let head = r#"{"alg":"RS256"}"#;
    let good = KEYS[0].sign_raw(head, &text);
    let parts: Vec<&str> = good.split('.').collect();
    let doubled = text.replacen('{', r#"{"exp":1,"#, 1);
    let deep = text.replacen('{', &format!(r#"{{"x":{}{},"#, "[".repeat(3_000), "]".repeat(3_000)), 1);
    let last = parts[2].chars().last().unwrap();
    let neighbour = if last == 'A' { 'B' } else { char::from(u8::try_from(u32::from(last)).unwrap() ^ 1) };
    let not_canonical = format!("{}.{}.{}{neighbour}", parts[0], parts[1], &parts[2][..parts[2].len() - 1]);
    for odd in [
        KEYS[0].sign_raw(head, &doubled),
        KEYS[0].sign_raw(head, "[]"),
        KEYS[0].sign_raw(head, "null"),
        KEYS[0].sign_raw("[\"RS256\"]", &text),
        KEYS[0].sign_raw(r#"{"alg":"RS256","alg":"none"}"#, &text),
        KEYS[0].sign_raw(r#"{"alg":"rs256"}"#, &text),
        KEYS[0].sign_raw("{}", &text),
        json!({ "payload": parts[1], "signatures": [{ "protected": parts[0], "signature": parts[2] }] }).to_string(),
        format!("{}.{}.{}.{}.{}", parts[0], parts[1], parts[2], parts[1], parts[2]),
        format!("{good}\n"),
        format!("{}=.{}.{}", parts[0], parts[1], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        not_canonical,
        "e30.".repeat(5_000),
    ] {
        refused(&world, &odd).await;
    }
    // What the org itself signed may hold more than is looked at, however deep it lies.
    accepted(&world, &KEYS[0].sign_raw(head, &deep)).await;
    let began = clock::instant();
    for size in [17_000, 31_000] {
        refused(&world, &format!("{}.{}.{}", "A".repeat(size), parts[1], parts[2])).await;
    }
    let (status, code) = redeem_from(&world, &"A".repeat(1_000_000), &place()).await;
    assert_eq!((status, code.as_str()), (413, "request.too_large"));
    assert!(began.elapsed().as_secs() < 2);
    let fresh = KEYS[0].sign_raw(head, &claims(&world).to_string());
    accepted(&world, &fresh).await;
    world.stop().await;
}

#[actix_web::test]
async fn rat_01_08_whoever_tries_keys_is_told_to_wait_and_the_org_is_not_kept_out() {
    let world = world().await;
    let from = place();
    let bad = || KEYS[1].sign(&Header::new(Algorithm::RS256), &claims(&world));
    assert_eq!(redeem_from(&world, &bad(), &from).await.0, 401);
    let mut answer = (0, String::new());
    // A minute may end in between.
    for _ in 0..3 {
        weary(&world, REFUSED, &from, &Problem::unauthorized("token.invalid", "No.")).await;
        answer = redeem_from(&world, &bad(), &from).await;
        if answer.0 == 429 {
            break;
        }
    }
    assert_eq!(answer, (429, "request.too_often".to_owned()));
    let good = KEYS[0].sign(&Header::new(Algorithm::RS256), &claims(&world));
    assert_eq!(redeem_from(&world, &good, &from).await.0, 200, "good credentials from the same place");
    refused(&world, &bad()).await;
    world.stop().await;
}
