//! What the box says on a call: phrases one after the other, from the cache or by the fast voice, until it is told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use portaveu_media::Playout;
use portaveu_speech::Client;
use portaveu_speech::cache::{Phrase, PhraseCache};
use tokio::sync::{Notify, mpsc};

/// Between phrases, in samples: 0.2 s.
const BREATH: usize = 3200;
/// One step of "louder": 4 dB.
const LOUDER: f32 = 1.585;

struct Order {
    epoch: u64,
    phrase: Phrase,
    louder: u8,
    /// Said to its end, whoever speaks meanwhile.
    kept: bool,
}

/// The handle on a call's mouth; its task ends with it.
#[derive(Debug)]
pub struct Mouth {
    orders: mpsc::UnboundedSender<Order>,
    epoch: Arc<AtomicU64>,
    waiting: Arc<AtomicU64>,
    stopped: Arc<Notify>,
    playout: Playout,
}

impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.phrase)
    }
}

impl Mouth {
    pub fn new(playout: Playout, cache: PhraseCache, speech: Client) -> Self {
        let (orders, inbox) = mpsc::unbounded_channel();
        let mouth = Self {
            orders,
            epoch: Arc::default(),
            waiting: Arc::default(),
            stopped: Arc::default(),
            playout: playout.clone(),
        };
        let speaker = Speaker {
            epoch: mouth.epoch.clone(),
            waiting: mouth.waiting.clone(),
            stopped: mouth.stopped.clone(),
            playout,
            cache,
            speech,
        };
        tokio::spawn(speaker.run(inbox));
        mouth
    }

    /// Say a phrase after what is being said; what is `kept` is said to its end.
    pub fn say(&self, phrase: Phrase, louder: u8, kept: bool) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let _ = self.orders.send(Order { epoch: self.epoch.load(Ordering::SeqCst), phrase, louder, kept });
    }

    /// Stop now: what was said before is over, what was going to be said is forgotten, but for what is kept.
    pub fn stop(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        self.stopped.notify_waiters();
        self.playout.discard();
    }

    pub fn is_speaking(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0 || !self.playout.is_done()
    }
}

struct Speaker {
    epoch: Arc<AtomicU64>,
    waiting: Arc<AtomicU64>,
    stopped: Arc<Notify>,
    playout: Playout,
    cache: PhraseCache,
    speech: Client,
}

impl Speaker {
    async fn run(self, mut inbox: mpsc::UnboundedReceiver<Order>) {
        while let Some(order) = inbox.recv().await {
            if self.is_current(&order) {
                self.say(&order).await;
            }
            self.waiting.fetch_sub(1, Ordering::SeqCst);
        }
    }

    fn is_current(&self, order: &Order) -> bool {
        order.kept || self.epoch.load(Ordering::SeqCst) == order.epoch
    }

    async fn say(&self, order: &Order) {
        let (cache, phrase) = (self.cache.clone(), order.phrase.clone());
        let cached = tokio::task::spawn_blocking(move || cache.get(&phrase)).await.ok().flatten();
        if let Some(sound) = cached {
            self.play(order, sound, false);
        } else {
            let mut parts = self.speech.speak(order.phrase.clone()).await;
            loop {
                let stopped = self.stopped.notified();
                if !self.is_current(order) {
                    return;
                }
                tokio::select! {
                    part = parts.recv() => match part {
                        Some(part) => self.play(order, part, true),
                        None => break,
                    },
                    () = stopped => {}
                }
            }
        }
        self.play(order, vec![0; BREATH], false);
    }

    fn play(&self, order: &Order, mut sound: Vec<i16>, more: bool) {
        let gain = LOUDER.powi(order.louder.into());
        sound.iter_mut().for_each(|s| *s = (f32::from(*s) * gain).clamp(-32000.0, 32000.0) as i16);
        self.playout.append(&sound, more, order.kept);
        if !self.is_current(order) {
            self.playout.discard(); // it was told to stop while this was being fetched
        }
    }
}
