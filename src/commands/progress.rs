//! The first load, shown to whoever sits at the terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::sync::progress::{Figures, Phase, Progress};

/// Draws an account's first load until people and their history are here; draws nothing where no terminal listens.
pub async fn until_loaded(progress: &Progress, account_id: &str) {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    let mut changes = progress.subscribe();
    loop {
        let figures = progress.of(account_id);
        if figures.phase == Phase::Following {
            break;
        }
        bar.set_message(sentence(&figures));
        if changes.changed().await.is_err() {
            break;
        }
    }
    bar.finish_and_clear();
}

fn sentence(figures: &Figures) -> String {
    let Figures { phase, read, written, per_second, .. } = figures;
    match phase {
        Phase::Waiting => "Waiting for Marketo".to_owned(),
        Phase::LoadingPeople => format!("Loading people: {read} read, {written} kept, {per_second:.0} a second"),
        Phase::LoadingHistory => format!("Loading their history: {read} activities read, {written} kept, {per_second:.0} a second"),
        Phase::Following => "Everything is here".to_owned(),
    }
}
