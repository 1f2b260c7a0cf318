//! Walks through the emulated systems over HTTP, as a client would.

mod control;
mod marketo;
mod salesforce;

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::test::{self, TestRequest};
use actix_web::{App, web};
use serde_json::Value;

use super::{World, WorldOptions};

fn world() -> Arc<World> {
    Arc::new(World::new(WorldOptions {
        people: 600,
        base_url: "http://127.0.0.1:9/sandbox".to_owned(),
        canvas_url: "http://127.0.0.1:9/canvas".to_owned(),
        job_ms: 0,
        ..WorldOptions::default()
    }))
}

type Answering = Pin<Box<dyn Future<Output = Answer>>>;
type Client = Box<dyn Fn(TestRequest) -> Answering>;

async fn serve(world: &Arc<World>) -> Client {
    let world = Arc::clone(world);
    let app = Rc::new(test::init_service(App::new().service(web::scope("/sandbox").configure(|cfg| super::configure(cfg, world)))).await);
    Box::new(move |request| {
        let app = Rc::clone(&app);
        Box::pin(async move {
            let response = test::call_service(&*app, request.to_request()).await;
            let status = response.status();
            let location = response.headers().get("location").and_then(|value| value.to_str().ok()).map(str::to_owned);
            Answer { status, location, body: test::read_body(response).await.to_vec() }
        })
    })
}

/// An answer: status, a header if there is one, body.
struct Answer {
    status: StatusCode,
    location: Option<String>,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

async fn call(app: &Client, request: TestRequest) -> Answer {
    app(request).await
}

async fn marketo_token(app: &Client, world: &World) -> String {
    let uri = format!(
        "/sandbox/marketo/identity/oauth/token?grant_type=client_credentials&client_id={}&client_secret={}",
        world.marketo_client_id(),
        world.marketo_client_secret()
    );
    call(app, TestRequest::get().uri(&uri)).await.json()["access_token"].as_str().unwrap().to_owned()
}

fn bearer(request: TestRequest, token: &str) -> TestRequest {
    request.insert_header(("authorization", format!("Bearer {token}")))
}
