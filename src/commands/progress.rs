//! The first load, shown to whoever sits at the terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::sync::Progress;

/// Draws the first load until people and their history are here; draws nothing where no terminal listens.
pub async fn until_loaded(progress: &Progress) {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    loop {
        let now = progress.now();
        bar.set_message(now.sentence());
        if now.is_loaded() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bar.finish_and_clear();
}
