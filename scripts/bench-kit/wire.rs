//! What the measuring tools say on the wire: signed requests, and answers read to their end. HTTP/1.1 over kept connections.

use std::io;

use aws_lc_rs::hmac;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// Host with port, and path, of a plain address.
pub fn split(url: &str) -> (&str, &str) {
    let rest = url.strip_prefix("http://").expect("http URL");
    rest.find('/').map_or((rest, "/"), |at| rest.split_at(at))
}

/// Tag and envelope of a signed request, in which `{n}` is a number of its own.
pub fn sign(secret: &str, template: &str, n: usize) -> (String, String) {
    let salt = format!("{n}-{}", std::process::id());
    let envelope = base64_simd::STANDARD.encode_to_string(template.replace("{n}", &salt));
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    (base64_simd::STANDARD.encode_to_string(hmac::sign(&key, envelope.as_bytes())), envelope)
}

/// What Salesforce has a browser post into the frame.
pub fn canvas_request(url: &str, secret: &str, template: &str, n: usize) -> Vec<u8> {
    let (host, path) = split(url);
    let (tag, envelope) = sign(secret, template, n);
    let value = format!("{tag}.{envelope}").replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let body = format!("signed_request={value}");
    format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\nAccept: text/html\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Reads one answer into `buffer`; gives its status and its length, head included.
///
/// # Errors
/// When the connection ends before the answer does.
pub async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<(u16, usize)> {
    let mut have = 0;
    loop {
        have += more(stream, &mut buffer[have..]).await?;
        let Some(end) = memchr::memmem::find(&buffer[..have], b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&buffer[..end]).expect("head").to_ascii_lowercase();
        let status = head.split(' ').nth(1).expect("status").parse().expect("status");
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        if let Some(length) = length {
            let whole = end + 4 + length.parse::<usize>().expect("length");
            if buffer.len() < whole {
                buffer.resize(whole, 0);
            }
            while have < whole {
                have += more(stream, &mut buffer[have..]).await?;
            }
        } else {
            // In chunks, of which the last one is empty.
            while !buffer[..have].ends_with(b"0\r\n\r\n") {
                if have == buffer.len() {
                    buffer.resize(2 * have, 0);
                }
                have += more(stream, &mut buffer[have..]).await?;
            }
        }
        return Ok((status, have));
    }
}

async fn more(stream: &mut TcpStream, into: &mut [u8]) -> io::Result<usize> {
    match stream.read(into).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        read => Ok(read),
    }
}
