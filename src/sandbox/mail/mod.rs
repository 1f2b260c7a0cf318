//! A mailbox for everybody: takes mail by SMTP and shows it in the browser.

mod imap;
mod message;
mod pages;
mod returns;
mod smtp;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use serde::Serialize;

use super::World;
use super::kept::Kept;
use message::Message;

/// A mail as it arrived.
#[derive(Debug, Clone, Serialize)]
pub struct Mail {
    pub number: u64,
    /// Milliseconds since the epoch.
    pub received: i64,
    /// Sender and recipients of the envelope.
    pub from: String,
    pub to: Vec<String>,
    #[serde(flatten)]
    pub message: Message,
    #[serde(skip)]
    pub raw: Arc<[u8]>,
}

/// The mails that arrived lately.
#[derive(Debug, Default)]
pub struct Mailbox(Kept<(u64, VecDeque<Mail>)>);

const MAILS_KEPT: usize = 500;

impl Mailbox {
    fn put(&self, received: i64, from: String, to: Vec<String>, raw: &[u8]) -> u64 {
        let message = Message::read(raw);
        self.0.with(|(last, mails)| {
            *last += 1;
            if mails.len() >= MAILS_KEPT {
                mails.pop_front();
            }
            mails.push_back(Mail { number: *last, received, from, to, message, raw: raw.into() });
            *last
        })
    }

    /// The mails, newest first.
    fn list(&self) -> Vec<Mail> {
        self.0.with(|(_, mails)| mails.iter().rev().cloned().collect())
    }

    /// The text of the newest mail to an address.
    pub(super) fn newest_to(&self, address: &str) -> Option<String> {
        let is_to = |mail: &&Mail| mail.to.iter().any(|to| to.trim_matches(['<', '>']).eq_ignore_ascii_case(address));
        self.0.with(|(_, mails)| mails.iter().rev().find(is_to).and_then(|mail| mail.message.text.clone()))
    }

    fn get(&self, number: u64) -> Option<Mail> {
        self.0.with(|(_, mails)| mails.iter().find(|mail| mail.number == number).cloned())
    }

    /// The number that the next mail will have.
    fn next_number(&self) -> u64 {
        self.0.with(|(last, _)| *last + 1)
    }

    fn clear(&self) {
        self.0.with(|(_, mails)| mails.clear());
    }
}

/// Mounts the mailbox's pages.
pub(super) fn configure(cfg: &mut ServiceConfig) {
    cfg.route("", web::get().to(pages::list))
        .route("/", web::get().to(pages::list))
        .route("/messages.json", web::get().to(pages::json))
        .route("/messages.json", web::delete().to(pages::clear))
        .route("/{number}", web::get().to(pages::one))
        .route("/{number}/html", web::get().to(pages::html))
        .route("/{number}/raw", web::get().to(pages::raw))
        .route("/{number}/{what}", web::post().to(returns::send));
}

/// Shows the mailbox by IMAP at this address from now on, until the runtime ends; gives back the address with its real port.
///
/// # Errors
/// When the address can't be listened on.
pub async fn show(world: Arc<World>, address: SocketAddr) -> std::io::Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind(address).await?;
    let real = listener.local_addr()?;
    tokio::spawn(imap::serve(world, listener));
    Ok(real)
}

/// Takes mail at this address from now on, until the runtime ends; gives back the address with its real port.
///
/// # Errors
/// When the address can't be listened on.
pub async fn listen(world: Arc<World>, address: SocketAddr) -> std::io::Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind(address).await?;
    let real = listener.local_addr()?;
    tokio::spawn(smtp::serve(world, listener));
    Ok(real)
}
