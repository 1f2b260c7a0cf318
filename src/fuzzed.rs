//! What the fuzzing targets of `tests/fuzz` drive, and nobody else: compiled for them and for tests only.

pub use crate::account::fuzzed as account;
pub use crate::gateway::fuzzed as gateway;
pub use crate::remote::fuzzed as remote;

/// Gives a target everything that is kept for it.
#[cfg(test)]
pub(crate) fn replay(target: &str, run: fn(&[u8])) {
    let kept = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpora").join(target);
    let files: Vec<_> = std::fs::read_dir(kept).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 3, "{target} has nothing to begin with");
    for file in files {
        run(&std::fs::read(file).unwrap());
    }
    run(b"");
}
