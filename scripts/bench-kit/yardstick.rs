//! The yardstick "F": the least that an actix handler must do for the same job, written by hand.
//!
//! `POST /canvas` verifies, stores the session and the seen mark in Redis in one round trip and writes a page
//! of the same size from compile-time pieces; `GET /panel` checks an HS256 token and does one Redis GET.
//!
//! Usage: yardstick PORT REDIS_URL SECRET PAGE_BYTES

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a measuring tool may stop at the first surprise"
)]

use std::sync::Arc;

use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use aws_lc_rs::{digest, hmac};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use redis::aio::MultiplexedConnection;
use serde::Deserialize;
use tokio::sync::OnceCell;

struct Worker {
    key: hmac::Key,
    token_key: DecodingKey,
    validation: Validation,
    client: redis::Client,
    connection: OnceCell<MultiplexedConnection>,
    filler: Arc<String>,
}

impl Worker {
    async fn redis(&self) -> MultiplexedConnection {
        self.connection.get_or_init(|| async { self.client.get_multiplexed_async_connection().await.expect("redis") }).await.clone()
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    algorithm: &'a str,
    #[serde(rename = "userId")]
    user_id: &'a str,
    #[serde(borrow)]
    context: Context<'a>,
}

#[derive(Deserialize)]
struct Context<'a> {
    #[serde(borrow)]
    organization: Organization<'a>,
}

#[derive(Deserialize)]
struct Organization<'a> {
    #[serde(rename = "organizationId")]
    organization_id: &'a str,
}

fn decode_form(body: &[u8]) -> Option<Vec<u8>> {
    let mut value = body.strip_prefix(b"signed_request=")?;
    let mut decoded = Vec::with_capacity(value.len());
    while let Some(at) = memchr::memchr(b'%', value) {
        decoded.extend_from_slice(&value[..at]);
        let digit = |byte: u8| char::from(byte).to_digit(16);
        decoded.push(u8::try_from(digit(value[at + 1])? * 16 + digit(value[at + 2])?).ok()?);
        value = &value[at + 3..];
    }
    decoded.extend_from_slice(value);
    Some(decoded)
}

async fn canvas(body: Bytes, worker: Data<Worker>) -> HttpResponse {
    let Some(request) = decode_form(&body) else { return HttpResponse::BadRequest().finish() };
    let Some(dot) = memchr::memchr(b'.', &request) else { return HttpResponse::BadRequest().finish() };
    let (tag, envelope) = (&request[..dot], &request[dot + 1..]);
    let Ok(tag) = base64_simd::STANDARD.decode_to_vec(tag) else { return HttpResponse::Unauthorized().finish() };
    if hmac::verify(&worker.key, envelope, &tag).is_err() {
        return HttpResponse::Unauthorized().finish();
    }
    let Ok(json) = base64_simd::STANDARD.decode_to_vec(envelope) else { return HttpResponse::BadRequest().finish() };
    let Ok(envelope) = serde_json::from_slice::<Envelope>(&json) else { return HttpResponse::BadRequest().finish() };
    if envelope.algorithm != "HMACSHA256" {
        return HttpResponse::Unauthorized().finish();
    }
    let mut id = [0_u8; 32];
    aws_lc_rs::rand::fill(&mut id).expect("random");
    let id = base64_simd::URL_SAFE_NO_PAD.encode_to_string(id);
    let seen = base64_simd::URL_SAFE_NO_PAD.encode_to_string(digest::digest(&digest::SHA256, &request));
    let session = format!("{{\"user\":\"{}\",\"org\":\"{}\"}}", envelope.user_id, envelope.context.organization.organization_id);
    let mut pipeline = redis::pipe();
    pipeline.cmd("SET").arg(format!("f:seen:{seen}")).arg(1).arg("NX").arg("EX").arg(600);
    pipeline.cmd("SET").arg(format!("f:s:{id}")).arg(session).arg("EX").arg(900).ignore();
    let (first,): (Option<String>,) = pipeline.query_async(&mut worker.redis().await).await.expect("redis");
    if first.is_none() {
        return HttpResponse::Conflict().finish();
    }
    let mut page = String::with_capacity(worker.filler.len() + 512);
    page.push_str("<!doctype html><html lang=\"en\"><head><title>Panel</title></head><body data-session=\"");
    page.push_str(&id);
    page.push_str("\" data-user=\"");
    page.push_str(envelope.user_id);
    page.push_str("\">");
    page.push_str(&worker.filler);
    page.push_str("</body></html>");
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page)
}

#[derive(Deserialize)]
struct Claims {
    #[serde(rename = "sub")]
    _sub: String,
}

async fn panel(request: HttpRequest, worker: Data<Worker>) -> HttpResponse {
    let token =
        request.headers().get("authorization").and_then(|value| value.to_str().ok()).and_then(|value| value.strip_prefix("Bearer "));
    let Some(token) = token else { return HttpResponse::Unauthorized().finish() };
    if jsonwebtoken::decode::<Claims>(token, &worker.token_key, &worker.validation).is_err() {
        return HttpResponse::Unauthorized().finish();
    }
    let value: Vec<u8> = redis::cmd("GET").arg("f:fragment").query_async(&mut worker.redis().await).await.expect("redis");
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(value)
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, port, redis_url, secret, page_bytes] = &arguments[..] else { panic!("yardstick PORT REDIS_URL SECRET PAGE_BYTES") };
    let filler = Arc::new("x".repeat(page_bytes.parse::<usize>().expect("PAGE_BYTES").saturating_sub(180)));
    let client = redis::Client::open(redis_url.as_str()).expect("redis");
    let mut connection = client.get_multiplexed_async_connection().await.expect("redis");
    redis::cmd("SET").arg("f:fragment").arg(filler.as_bytes()).query_async::<()>(&mut connection).await.expect("redis");
    let secret = secret.clone();
    let port: u16 = port.parse().expect("PORT");
    HttpServer::new(move || {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_aud = false;
        App::new()
            .app_data(Data::new(Worker {
                key: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()),
                token_key: DecodingKey::from_secret(secret.as_bytes()),
                validation,
                client: client.clone(),
                connection: OnceCell::new(),
                filler: Arc::clone(&filler),
            }))
            .app_data(web::PayloadConfig::new(1 << 20))
            .route("/canvas", web::post().to(canvas))
            .route("/panel", web::get().to(panel))
    })
    .workers(2)
    .bind(("127.0.0.1", port))?
    .run()
    .await
}
