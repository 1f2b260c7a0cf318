//! The house's own keys, where the configuration names none: made once, kept beside the data.

use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::settings::Settings;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    sealing_key: String,
    token_key: String,
    account_key: String,
}

/// Fills in the keys that the configuration leaves empty, from a file beside the embedded database.
///
/// With PostgreSQL several processes share the keys, so they must be configured.
///
/// # Errors
/// When keys are missing and can't be made here, or the file can't be read or written.
pub fn complete(settings: &mut Settings) -> anyhow::Result<()> {
    let is_missing = |key: &SecretString| key.expose_secret().is_empty();
    if ![&settings.secrets.sealing_key, &settings.gateway.token_key, &settings.account.key].into_iter().any(is_missing) {
        return Ok(());
    }
    let Some(file) = beside(settings.database.url.expose_secret()) else {
        bail!(
            "secrets.sealing_key, gateway.token_key and account.key must be configured: each 64 hexadecimal digits, as `openssl rand -hex 32` makes them"
        );
    };
    let kept = read_or_make(&file)?;
    let fill = |key: &mut SecretString, kept: String| {
        if key.expose_secret().is_empty() {
            *key = SecretString::from(kept);
        }
    };
    fill(&mut settings.secrets.sealing_key, kept.sealing_key);
    fill(&mut settings.gateway.token_key, kept.token_key);
    fill(&mut settings.account.key, kept.account_key);
    Ok(())
}

fn beside(database_url: &str) -> Option<PathBuf> {
    let path = database_url.strip_prefix("sqlite:")?.trim_start_matches("//");
    let path = path.split('?').next().filter(|path| !path.is_empty() && !path.contains(":memory:"))?;
    Some(Path::new(path).with_extension("keys"))
}

fn read_or_make(file: &Path) -> anyhow::Result<Kept> {
    let named = || format!("the keys in {}", file.display());
    if !file.exists() {
        let kept = Kept { sealing_key: fresh()?, token_key: fresh()?, account_key: fresh()? };
        // Only the owner may read it; a file that appeared meanwhile is not written over.
        match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
            Ok(mut target) => target.write_all(toml::to_string(&kept)?.as_bytes()).with_context(named)?,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).with_context(named),
        }
        tracing::warn!(file = %file.display(), "made new keys; keep a copy of this file with the backups");
    }
    toml::from_str(&std::fs::read_to_string(file).with_context(named)?).with_context(named)
}

/// A new key: 64 hexadecimal digits.
///
/// # Errors
/// When the machine gives no randomness.
pub fn fresh() -> anyhow::Result<String> {
    let bytes = clock::random::<32>()?;
    Ok(bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_made_once_and_read_by_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings::default();
        settings.database.url = SecretString::from(format!("sqlite://{}/a.db", folder.path().display()));
        let mut again = settings.clone();
        complete(&mut settings).unwrap();
        complete(&mut again).unwrap();
        assert_eq!(settings.secrets.sealing_key.expose_secret(), again.secrets.sealing_key.expose_secret());
        assert_eq!(settings.gateway.token_key.expose_secret().len(), 64);
        let mode = std::fs::metadata(folder.path().join("a.keys")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }

    #[test]
    fn a_shared_database_wants_configured_keys() {
        let mut settings = Settings::default();
        settings.database.url = SecretString::from("postgres://localhost/x");
        assert!(complete(&mut settings).is_err());
    }
}
