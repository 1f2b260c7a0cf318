//! The JWT door and the API behind it. The ids name the attacks that each test stands for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::withstand::place;
use crate::world::{encode, now_s, refusal, world};

async fn refused(assertion: &str) {
    let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion)];
    let request = world().http.post(world().url("/oauth/token")).header("X-Forwarded-For", place()).form(&form);
    let answer = request.send().await.unwrap();
    assert_eq!(refusal(answer).await, (401, "token.invalid".to_owned()), "{assertion:.80}");
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn claims() -> Value {
    json!({"iss": world().org_id(), "sub": "005000000000001EAA", "aud": world().base, "exp": now_s() + 120, "jti": format!("t{}", now_s())})
}

#[tokio::test]
async fn an_assertion_opens_the_api_once() {
    let assertion = world().assertion(json!({})).await;
    let answer = world().redeem(&assertion).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["token_type"], "Bearer");
    assert!(answer["expires_in"].as_u64().unwrap() > 0);
    refused(&assertion).await;

    let token = answer["access_token"].as_str().unwrap();
    let people =
        world().http.get(world().url(&format!("/api/v1/people?sfdc_id={}", world().lead()))).bearer_auth(token).send().await.unwrap();
    assert_eq!(people.status(), 200);
    let people: Value = people.json().await.unwrap();
    let id = people["people"][0]["id"].as_str().unwrap();
    let timeline = world().http.get(world().url(&format!("/api/v1/people/{id}/timeline"))).bearer_auth(token).send().await.unwrap();
    let timeline: Value = timeline.json().await.unwrap();
    assert!(!timeline["items"].as_array().unwrap().is_empty(), "{timeline}");
}

#[tokio::test]
async fn jwt_01_02_03_04_no_other_algorithm() {
    let signing = |alg: &str| format!("{}.{}", part(&json!({"alg": alg, "typ": "JWT"})), part(&claims()));
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        refused(&format!("{}.", signing(alg))).await;
        refused(&signing(alg)).await;
        refused(&format!("{}.c2ln", signing(alg))).await;
    }
    let keys = world().http.get(world().url("/sandbox/salesforce/id/keys")).send().await.unwrap().text().await.unwrap();
    for (algorithm, key) in [
        (Algorithm::HS256, &b""[..]),
        (Algorithm::HS384, b"secret"),
        (Algorithm::HS512, b"password"),
        (Algorithm::HS256, keys.as_bytes()),
        (Algorithm::HS256, keys.trim().as_bytes()),
    ] {
        let token = jsonwebtoken::encode(&Header::new(algorithm), &claims(), &EncodingKey::from_secret(key)).unwrap();
        refused(&token).await;
    }
}

#[tokio::test]
async fn jwt_06_07_08_09_10_the_header_persuades_nobody() {
    for header in [
        json!({"alg": "RS384"}),
        json!({"alg": "PS256"}),
        json!({"crit": ["x"]}),
        json!({"crit": []}),
        json!({"b64": false}),
        json!({"typ": "at+jwt"}),
    ] {
        refused(&world().assertion(json!({"header": header})).await).await;
    }
    let good = world().assertion(json!({})).await;
    let mut parts: Vec<&str> = good.split('.').collect();
    let foreign = part(
        &json!({"alg": "RS256", "jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}, "jku": "http://127.0.0.1:9/", "kid": "../../dev/null' OR 1=1--"}),
    );
    parts[0] = &foreign;
    refused(&parts.join(".")).await;
}

#[tokio::test]
async fn jwt_12_13_14_18_claims_have_one_type_and_one_meaning() {
    let now = now_s();
    for claims in [
        json!({"exp": "tomorrow"}),
        json!({"exp": [now + 60]}),
        json!({"exp": -1}),
        json!({"exp": 1e30}),
        json!({"exp": u64::MAX}),
        json!({"exp": now + 3_600}),
        json!({"exp": now - 31}),
        json!({"nbf": now + 40}),
        json!({"nbf": "x"}),
        json!({"iat": now + 300}),
        json!({"exp": null}),
        json!({"iss": null}),
        json!({"iss": [world().org_id()]}),
        json!({"iss": "00D000000000XYZEA2"}),
        json!({"iss": format!("{}/", world().org_id())}),
        json!({"aud": null}),
        json!({"aud": 5}),
        json!({"aud": "https://another.example"}),
        json!({"aud": ["https://another.example"]}),
        json!({"aud": []}),
        json!({"sub": null}),
        json!({"sub": "someone"}),
        json!({"jti": null}),
        json!({"jti": ""}),
    ] {
        refused(&world().assertion(claims).await).await;
    }
    let several = world().assertion(json!({"aud": ["https://another.example", world().base]})).await;
    assert_eq!(world().redeem(&several).await.status(), 200);
}

#[tokio::test]
async fn jwt_21_22_23_24_shapes() {
    let good = world().assertion(json!({})).await;
    let parts: Vec<&str> = good.split('.').collect();
    let duplicate = URL_SAFE_NO_PAD.encode(format!(r#"{{"iss":"{0}","exp":1,"exp":{1}}}"#, world().org_id(), now_s() + 60));
    for text in [
        parts[0].to_owned(),
        format!("{}.{}", parts[0], parts[1]),
        format!("{good}.x"),
        format!("{good}.x.y"),
        "..".to_owned(),
        format!("{good}="),
        format!(" {good}"),
        format!("{}.{}.{}", parts[0], parts[1], "A".repeat(342)),
        format!("{}.{duplicate}.{}", parts[0], parts[2]),
        format!("{}.{}.{}", parts[0], part(&claims()), parts[2]),
        "a".repeat(20_000),
    ] {
        refused(&text).await;
    }
    let mut signature = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
    for at in [0, 100, 255] {
        signature[at] ^= 1;
        refused(&format!("{}.{}.{}", parts[0], parts[1], URL_SAFE_NO_PAD.encode(&signature))).await;
        signature[at] ^= 1;
    }
}

#[tokio::test]
async fn jwt_11_25_a_token_is_good_for_one_thing_and_comes_one_way() {
    let assertion = world().assertion(json!({})).await;
    let path = world().url(&format!("/api/v1/people?sfdc_id={}", world().lead()));
    let with = async |value: &str| world().http.get(&path).header("Authorization", value).send().await.unwrap();
    assert_eq!(refusal(with(&format!("Bearer {assertion}")).await).await.0, 401);
    let token = world().access_token().await;
    for value in [format!("Bearer  {token}"), format!("Basic {token}"), "Bearer ".to_owned(), token.clone()] {
        assert_eq!(refusal(with(&value).await).await.0, 401, "{value:.20}");
    }
    assert_eq!(with(&format!("bearer {token}")).await.status(), 200);
    let twice = world().http.get(&path).header("Authorization", format!("Bearer {token}")).header("Authorization", "Bearer x");
    assert_eq!(refusal(twice.send().await.unwrap()).await, (400, "request.ambiguous".to_owned()));
    let in_the_query = world().http.get(format!("{path}&access_token={token}")).send().await.unwrap();
    assert_eq!(refusal(in_the_query).await.0, 401);
    let panel = world().fragment("/panel/person", &token).await;
    assert_eq!(panel.status(), 401, "an API token opens no panel");
}

#[tokio::test]
async fn the_grant_answers_in_the_words_of_oauth_too() {
    let post = async |body: String| {
        let request = world().http.post(world().url("/oauth/token")).header("Content-Type", "application/x-www-form-urlencoded").body(body);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json::<Value>().await.unwrap()["error"].as_str().unwrap().to_owned())
    };
    let grant = encode("urn:ietf:params:oauth:grant-type:jwt-bearer");
    assert_eq!(post(String::new()).await, (400, "invalid_request".to_owned()));
    assert_eq!(post("grant_type=password".to_owned()).await, (400, "unsupported_grant_type".to_owned()));
    assert_eq!(post(format!("grant_type={grant}")).await, (400, "invalid_request".to_owned()));
    assert_eq!(post(format!("grant_type={grant}&assertion=a.b.c")).await, (401, "invalid_grant".to_owned()));
    assert_eq!(post(format!("grant_type={grant}&assertion=a&assertion=b")).await, (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn a_session_token_reads_its_own_person_and_nobody_else() {
    let token = world().session(&world().envelope()).await;
    let get = async |path: String| world().http.get(world().url(&path)).bearer_auth(&token).send().await.unwrap();
    let own = get(format!("/api/v1/people?sfdc_id={}", world().lead())).await;
    assert_eq!(own.status(), 200);
    let id = own.json::<Value>().await.unwrap()["people"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(get(format!("/api/v1/people/{id}/timeline?tab=web")).await.status(), 200);

    let other = world().other_lead();
    let foreign: Value = get(format!("/api/v1/people?sfdc_id={other}")).await.json().await.unwrap();
    assert_eq!(foreign["people"], json!([]));
    let package = world().access_token().await;
    let found = world().http.get(world().url(&format!("/api/v1/people?sfdc_id={other}"))).bearer_auth(&package).send().await.unwrap();
    let other_id = found.json::<Value>().await.unwrap()["people"][0]["id"].as_str().unwrap().to_owned();
    let foreign = refusal(get(format!("/api/v1/people/{other_id}")).await).await;
    let absent = refusal(get(format!("/api/v1/people/{}", "0".repeat(32))).await).await;
    assert_eq!(foreign, absent, "not yours looks like not there");
    assert_eq!(foreign, (404, "not_found".to_owned()));
}
