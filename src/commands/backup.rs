//! A copy of the embedded database while everything runs, and what to do after one was put back.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, bail};

use crate::account::entrances;
use crate::clock;
use crate::store::Store;
use crate::store::restoring::Copied;

/// Copies the database to a new file that only its owner may read.
///
/// # Errors
/// When the file exists already or can't be written; then nothing is left behind. When the database is a server's.
pub async fn copy(store: &Store, file: &Path) -> anyhow::Result<String> {
    let named = || file.display().to_string();
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).with_context(named)?;
    let bytes = written(store, file, &made).await.inspect_err(|_| drop(std::fs::remove_file(file))).with_context(named)?;
    Ok(format!("file={} bytes={bytes}", file.display()))
}

async fn written(store: &Store, file: &Path, made: &File) -> anyhow::Result<u64> {
    match store.copy_to(file).await? {
        Copied::Whole => {}
        Copied::Damaged => bail!("the copy can't be read back without fault; look at the volume, and at the database itself"),
        Copied::NotAFile => bail!("this database is PostgreSQL's: copy it by `pg_dump --format=custom`"),
    }
    made.sync_all()?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()?;
    Ok(made.metadata()?.len())
}

/// After a copy was put back and before the processes start: what it calls unfinished is looked up before it is done again.
///
/// # Errors
/// When the database refuses.
pub async fn restored(store: &Store, go_on: bool) -> anyhow::Result<String> {
    let now = clock::now_ms();
    if go_on {
        return Ok(format!("people={}", store.go_on_after_copy(now).await?));
    }
    let doubted = store.doubt_since_copy(now).await?;
    for account in store.accounts().await? {
        store.tenant(&account.id).note(&entrances::by_operator("database.restored", String::new())).await?;
    }
    Ok(format!("deliveries={} people={}", doubted.deliveries, doubted.people))
}
