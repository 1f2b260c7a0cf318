//! The files below `templates/`: from disk in a debug build (edit and restart), inside the binary in a
//! release. Style sheet and script are served under a name that carries the hash of their content, so that
//! browsers may keep them for ever.

use std::fmt::Write;
use std::sync::OnceLock;

use bytes::Bytes;

/// Everything below `templates/`.
#[derive(rust_embed::RustEmbed)]
#[folder = "templates/"]
pub(super) struct Templates;

/// A file to serve as it is.
#[derive(Debug, Clone)]
pub struct Asset {
    /// Its content.
    pub bytes: Bytes,
    /// Its media type, with the character set.
    pub mime: &'static str,
    /// Whether the name carries the hash of this very content: then it may be kept for ever, otherwise not at all.
    pub immutable: bool,
}

struct Stored {
    stem: String,
    hash: String,
    extension: &'static str,
    asset: Asset,
}

/// The file behind `path`, such as `/assets/panel.0123456789abcdef.css` (with or without `/assets/`).
///
/// While versions are being rolled out a page may ask for a hash that this process doesn't have: it gets
/// what there is, not to be kept.
#[must_use]
pub fn asset(path: &str) -> Option<Asset> {
    let name = path.trim_start_matches('/');
    let name = name.strip_prefix("assets/").unwrap_or(name);
    let (rest, extension) = name.rsplit_once('.')?;
    let (stem, hash) = rest.rsplit_once('.').unwrap_or((rest, ""));
    let stored = stored().iter().find(|stored| stored.stem == stem && stored.extension == extension)?;
    Some(Asset { immutable: stored.hash == hash, ..stored.asset.clone() })
}

/// The address of an asset, such as `/assets/panel.0123456789abcdef.css` for `panel.css`.
pub(super) fn address(name: &str) -> Option<String> {
    let (stem, extension) = name.rsplit_once('.')?;
    let stored = stored().iter().find(|stored| stored.stem == stem && stored.extension == extension)?;
    Some(format!("/assets/{stem}.{}.{extension}", stored.hash))
}

fn stored() -> &'static [Stored] {
    static STORED: OnceLock<Vec<Stored>> = OnceLock::new();
    STORED.get_or_init(|| Templates::iter().filter_map(|path| store(&path)).collect())
}

fn store(path: &str) -> Option<Stored> {
    let (stem, extension) = path.strip_prefix("assets/")?.rsplit_once('.')?;
    let (extension, mime) = match extension {
        "css" => ("css", "text/css; charset=utf-8"),
        "js" => ("js", "text/javascript; charset=utf-8"),
        "svg" => ("svg", "image/svg+xml"),
        _ => return None,
    };
    let file = Templates::get(path)?;
    let mut hash = String::with_capacity(16);
    for byte in file.metadata.sha256_hash().iter().take(8) {
        // Writing to a String can't fail.
        let _ = write!(hash, "{byte:02x}");
    }
    let bytes = match file.data {
        std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        std::borrow::Cow::Owned(bytes) => Bytes::from(bytes),
    };
    Some(Stored { stem: stem.to_owned(), hash, extension, asset: Asset { bytes, mime, immutable: false } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_may_be_kept_only_under_its_own_hash() {
        let address = address("panel.css").unwrap();
        let found = asset(&address).unwrap();
        assert!(found.immutable);
        assert_eq!(found.mime, "text/css; charset=utf-8");
        assert!(!asset("/assets/panel.0000000000000000.css").unwrap().immutable);
        assert!(!asset("panel.css").unwrap().immutable);
        for absent in
            ["/assets/panel.0000000000000000.hbs", "/assets/../panel.hbs", "/assets/", "", "assets/nothing.js", "languages/en.ftl"]
        {
            assert!(asset(absent).is_none(), "{absent}");
        }
    }
}
