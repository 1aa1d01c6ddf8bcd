//! The live calls as pages of HTML, drawn once for all browsers that watch, and not oftener than twice a second.

use std::sync::Arc;
use std::time::Duration;

use portaveu_call::Language;
use tokio::sync::watch;

use crate::Panel;
use crate::pages::now;

const LEAST_BETWEEN: Duration = Duration::from_millis(500);

/// A language's live calls as HTML, by language.
type Drawn = Vec<(Language, Arc<str>)>;

pub struct LivePages(watch::Sender<Drawn>);

impl Default for LivePages {
    fn default() -> Self {
        Self(watch::Sender::new(Drawn::new()))
    }
}

impl LivePages {
    pub fn watch(&self) -> watch::Receiver<Drawn> {
        self.0.subscribe()
    }
}

/// Draw whenever something has changed and somebody watches; ends with the box.
pub async fn draw(panel: &Arc<Panel>) {
    let mut changes = panel.desk.changes();
    while changes.changed().await.is_ok() {
        if panel.live.0.receiver_count() > 0 {
            let calls = panel.desk.live();
            let draw = |language| (language, now::table(panel, panel.texts.of(language), &calls).into_string().into());
            panel.live.0.send_replace(panel.texts.languages().map(draw).collect());
        }
        tokio::time::sleep(LEAST_BETWEEN).await;
    }
}
