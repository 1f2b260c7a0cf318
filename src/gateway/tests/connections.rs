//! Connections on which somebody dawdles, and those on which it is us who take our time.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::World;

const WHOLE: &[u8] = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";

async fn connect(world: &World) -> TcpStream {
    TcpStream::connect(world.base.strip_prefix("http://").unwrap()).await.unwrap()
}

async fn answer(stream: &mut TcpStream) -> String {
    let mut buffer = vec![0; 8_192];
    let read = tokio::time::timeout(Duration::from_secs(9), stream.read(&mut buffer)).await.expect("an answer in time").unwrap();
    String::from_utf8_lossy(&buffer[..read]).into_owned()
}

// Goes on byte by byte until the other side hangs up; gives the seconds that it took.
async fn dawdle(mut stream: TcpStream, bytes: &[u8]) -> u64 {
    let began = crate::clock::instant();
    let mut rest = Vec::new();
    for byte in bytes.iter().cycle() {
        if began.elapsed() > Duration::from_secs(12) || stream.write_all(&[*byte]).await.is_err() {
            break;
        }
        match tokio::time::timeout(Duration::from_millis(300), stream.read_buf(&mut rest)).await {
            Err(_) => {}
            Ok(Ok(read)) if read > 0 => {}
            Ok(_) => break,
        }
    }
    began.elapsed().as_secs()
}

#[actix_web::test]
async fn htp_14_15_16_half_a_head_is_cut_also_on_a_kept_connection_and_byte_by_byte() {
    let world = World::start().await;
    let first = async {
        dawdle(connect(&world).await, b"GET /livez HTTP/1.1\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa").await
    };
    let second = async {
        let mut stream = connect(&world).await;
        stream.write_all(WHOLE).await.unwrap();
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
        dawdle(stream, b"GET /livez HTTP/1.1\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa").await
    };
    let still = async {
        let mut stream = connect(&world).await;
        stream.write_all(WHOLE).await.unwrap();
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
        stream.write_all(b"GET /li").await.unwrap();
        let began = crate::clock::instant();
        let ended = tokio::time::timeout(Duration::from_secs(12), stream.read(&mut [0; 64])).await.expect("it is cut");
        assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
        began.elapsed().as_secs()
    };
    // Two at once, the second one half.
    let piped = async {
        let mut stream = connect(&world).await;
        stream.write_all(&[WHOLE, b"GET /livez HTTP/1.1\r\nX-Slow: a"].concat()).await.unwrap();
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
        dawdle(stream, b"a").await
    };
    let (first, second, still, piped) = tokio::join!(first, second, still, piped);
    for seconds in [first, second, still, piped] {
        assert!((4..=7).contains(&seconds), "{first} {second} {still} {piped}");
    }
    world.stop().await;
}

#[actix_web::test]
async fn whoever_is_quiet_or_waits_for_us_is_not_cut() {
    let world = World::start().await;
    world.answers(
        "GET /v1/invitations/by-token/abc",
        200,
        json!({ "state": "invited", "email": "a@acme.example", "account_name": "Acme",
        "inviter": "M", "expires_at": 1_795_271_400_000_i64, "language": "en" }),
    );
    let gate = world.holds("GET /v1/invitations/by-token/abc");
    let quiet = async {
        let mut stream = connect(&world).await;
        for _ in 0..2 {
            stream.write_all(WHOLE).await.unwrap();
            assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
            tokio::time::sleep(Duration::from_millis(5_600)).await;
        }
    };
    let waits = async {
        let mut stream = connect(&world).await;
        stream.write_all(b"GET /invitations/abc HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        tokio::time::sleep(Duration::from_millis(5_600)).await;
        gate.notify_waiters();
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
    };
    tokio::join!(quiet, waits);
    world.stop().await;
}
