//! `demo` and `sandbox`: the whole house against emulated systems, or those alone.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use actix_web::web;
use anyhow::Context;
use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use tokio::io::AsyncReadExt;

use super::halves::{AccountHalf, Listening, Stop, face};
use super::{keys, progress, settled};
use crate::gateway::server;
use crate::sandbox::{self, World, WorldOptions};
use crate::settings::Settings;

/// The consumer secret of the emulated Salesforce, unless the configuration names one. Nobody else uses it.
const DEMO_SECRET: &str = "demo-consumer-secret-0123456789abcdef";
/// Seed of the emulated world: the same people and stories every time.
const SEED: u64 = 20_261_121;

/// Everything in one process against emulated systems.
#[derive(Debug, Args)]
pub struct Demo {
    /// Port of the face; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Persons in the emulated Marketo.
    #[arg(long, default_value_t = 5000)]
    people: u32,
    /// Folder for the database and keys; without it everything is forgotten at the end.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Begins with nothing connected, nobody invited and nothing synced, so that the set-up guide can be walked.
    #[arg(long)]
    from_scratch: bool,
    /// Folder with the package's Lightning components as `scripts/components` compiles them; the emulated org shows them.
    #[arg(long, env = "MSI_SANDBOX_COMPONENTS")]
    components: Option<PathBuf>,
    /// Ends when standard input closes; for programs that start the demo.
    #[arg(long, hide = true)]
    until_stdin_closes: bool,
}

/// Only the emulated systems.
#[derive(Debug, Args)]
pub struct Sandbox {
    /// Port; 0 takes a free one.
    #[arg(long, default_value_t = 9090)]
    port: u16,
    /// Persons in the emulated Marketo.
    #[arg(long, default_value_t = 5000)]
    people: u32,
    /// Where the emulated Salesforce posts its signed requests.
    #[arg(long, default_value = "http://127.0.0.1:8080/canvas")]
    canvas_url: String,
    /// The address that others know it by, where something stands between.
    #[arg(long, hide = true)]
    base_url: Option<String>,
}

fn consumer_secret(settings: &Settings) -> String {
    let configured = settings.canvas.consumer_secrets.expose_secret();
    configured.split(',').map(str::trim).find(|secret| !secret.is_empty()).unwrap_or(DEMO_SECRET).to_owned()
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

impl Demo {
    /// Runs the demo until it is told to stop.
    ///
    /// # Errors
    /// When the port is taken, or a part of the house can't start.
    pub async fn run(self, mut settings: Settings) -> anyhow::Result<()> {
        let stop = Stop::on_signals()?;
        if self.until_stdin_closes {
            let token = stop.token.clone();
            tokio::spawn(async move {
                let _ = tokio::io::stdin().read_to_end(&mut Vec::new()).await;
                token.cancel();
            });
        }
        // The world must know its own address before anything listens.
        let reserved = server::listen(&format!("127.0.0.1:{}", self.port))
            .with_context(|| format!("port {} is taken; choose another with --port", self.port))?;
        let listen = reserved.local_addr()?.to_string();
        let base = format!("http://{listen}");
        let folder = Folder::open(self.data.as_ref())?;
        Self::configure(&mut settings, &listen, &base, &folder)?;

        let world = Arc::new(World::new(WorldOptions {
            seed: SEED,
            people: self.people,
            base_url: format!("{base}/sandbox"),
            canvas_url: format!("{base}/canvas"),
            consumer_secret: consumer_secret(&settings),
            components: self.components.clone(),
            ..WorldOptions::default()
        }));
        settings.marketo.endpoint = world.marketo_url();
        world.consumer_key().clone_into(&mut settings.salesforce.client_id);
        settings.salesforce.login_url = world.instance_url();
        settings.salesforce.sandbox_login_url = world.instance_url();
        let mail = sandbox::mail::listen(Arc::clone(&world), SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        settings.mail.url.get_or_insert_with(|| SecretString::from(format!("smtp://{mail}")));
        let inbox = sandbox::mail::show(Arc::clone(&world), SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        settings.mail.extra_hosts.extend([mail.to_string(), inbox.to_string()]);
        settings.mail.poll_seconds = 2;

        let account = AccountHalf::build(&settings).await?;
        let api = account.listen("127.0.0.1:0")?;
        let api_address = api.address;
        let beside = {
            let world = Arc::clone(&world);
            move |config: &mut web::ServiceConfig| {
                let world = Arc::clone(&world);
                config.service(web::scope("/sandbox").configure(move |config| sandbox::configure(config, Arc::clone(&world))));
            }
        };
        let server = face(&settings, &format!("http://{}", api.address), true, Some(reserved), beside)?;
        let running = {
            let stop = stop.clone();
            tokio::spawn(async move { stop.run([server, api]).await })
        };

        // The workers first: invitations travel by mail.
        let workers = account.work(&stop);
        let account_url = format!("http://{api_address}");
        let settled = if self.from_scratch { None } else { Some(settled::settle(&account, &account_url, &settings, &world).await?) };
        let loaded = async {
            if let Some(account_id) = &settled {
                progress::until_loaded(&account.sync.progress, account_id).await;
            }
        };
        tokio::select! {
            () = loaded => announce(&base, &settings, &world, &mail.to_string(), settled.is_some()),
            () = stop.token.cancelled() => {}
        }
        running.await??;
        workers.await?;
        drop(folder);
        Ok(())
    }

    fn configure(settings: &mut Settings, listen: &str, base: &str, folder: &Folder) -> anyhow::Result<()> {
        let defaults = Settings::default();
        listen.clone_into(&mut settings.gateway.listen);
        if settings.gateway.public_url == defaults.gateway.public_url {
            base.clone_into(&mut settings.gateway.public_url);
        }
        if settings.database.url.expose_secret() == defaults.database.url.expose_secret() {
            settings.database.url = SecretString::from(format!("sqlite://{}/demo.db", folder.path().display()));
        }
        if settings.canvas.consumer_secrets.expose_secret().is_empty() {
            settings.canvas.consumer_secrets = SecretString::from(DEMO_SECRET);
        }
        if settings.marketo.poll_seconds == defaults.marketo.poll_seconds {
            settings.marketo.poll_seconds = 5;
        }
        if settings.marketo.bulk_poll_seconds == defaults.marketo.bulk_poll_seconds {
            settings.marketo.bulk_poll_seconds = 1;
        }
        settings.marketo.extra_hosts.push(listen.to_owned());
        settings.salesforce.extra_hosts.push(listen.to_owned());
        // Nobody distributes requests to a demo.
        (settings.gateway.leaving_seconds, settings.account.leaving_seconds) = (0, 0);
        let configured = settings.database.url.expose_secret().starts_with("sqlite:");
        if configured {
            return keys::complete(settings);
        }
        for key in [&mut settings.secrets.sealing_key, &mut settings.gateway.token_key, &mut settings.account.key] {
            if key.expose_secret().is_empty() {
                *key = SecretString::from(keys::fresh()?);
            }
        }
        Ok(())
    }
}

fn announce(base: &str, settings: &Settings, world: &World, mail: &str, is_settled: bool) {
    say("");
    say(&format!("  Salesforce, with records to open      {base}/sandbox/salesforce/"));
    say(&format!("  The mailbox                           {base}/sandbox/mail/      (SMTP on {mail})"));
    say(&format!("  Marketo Admin, to set everything up    {base}/admin/marketo"));
    say(&format!("    munchkin id {}  client id {}", world.munchkin_id(), world.marketo_client_id()));
    say(&format!("    client secret {}", world.marketo_client_secret()));
    if is_settled {
        say(&format!("  Settings, as a member                 {base}/sign-in"));
        say(&format!("    with Salesforce you are Robin, an admin; by e-mail link you can be {}, the first user:", settled::FIRST));
        say("    the link arrives in the mailbox");
    }
    say(&format!("  The gateway's own API                 {base}/openapi.json"));
    say(&format!("  Figures and health                    {base}/metrics  {base}/readyz"));
    if settings.canvas.consumer_secrets.expose_secret() == DEMO_SECRET {
        say(&format!("  Consumer secret of this demo          {DEMO_SECRET}"));
    }
    say("");
    say(&format!("ready {base}"));
}

/// Where the demo keeps its data: a folder that stays, or one that goes with it.
enum Folder {
    Kept(PathBuf),
    Passing(PathBuf),
}

impl Folder {
    fn open(data: Option<&PathBuf>) -> anyhow::Result<Self> {
        let folder = match data {
            Some(path) => Self::Kept(path.clone()),
            None => Self::Passing(std::env::temp_dir().join(format!("msi-gateway-demo-{}", crate::clock::new_id()))),
        };
        std::fs::create_dir_all(folder.path()).with_context(|| format!("the folder {}", folder.path().display()))?;
        Ok(folder)
    }

    fn path(&self) -> &PathBuf {
        match self {
            Self::Kept(path) | Self::Passing(path) => path,
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Self::Passing(path) = self {
            let _ = std::fs::remove_dir_all(path);
        }
    }
}

impl Sandbox {
    /// Runs the emulated systems until they are told to stop.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let stop = Stop::on_signals()?;
        let reserved = TcpListener::bind(("127.0.0.1", self.port))
            .with_context(|| format!("port {} is taken; choose another with --port", self.port))?;
        let address = reserved.local_addr()?;
        let here = format!("http://{address}");
        let base = self.base_url.clone().unwrap_or_else(|| here.clone());
        let world = Arc::new(World::new(WorldOptions {
            seed: SEED,
            people: self.people,
            base_url: base.clone(),
            canvas_url: self.canvas_url,
            consumer_secret: consumer_secret(settings),
            ..WorldOptions::default()
        }));
        let mail = sandbox::mail::listen(Arc::clone(&world), SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let inbox = sandbox::mail::show(Arc::clone(&world), SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let app = {
            let world = Arc::clone(&world);
            move || {
                let world = Arc::clone(&world);
                actix_web::App::new().configure(move |config| sandbox::configure(config, Arc::clone(&world)))
            }
        };
        let server = actix_web::HttpServer::new(app)
            .disable_signals()
            .keep_alive(sandbox::RESTING)
            .client_request_timeout(sandbox::RESTING)
            .shutdown_timeout(2)
            .listen(reserved)?
            .run();
        say(&format!("  Marketo     {base}/marketo      munchkin id {}", world.munchkin_id()));
        say(&format!("  Salesforce  {base}/salesforce/  org {}", world.org_id()));
        say(&format!("  Mail        {base}/mail/        SMTP on {mail}  IMAP on {inbox}"));
        say(&format!("ready {here}"));
        stop.run([Listening::alone(address, server)]).await
    }
}
