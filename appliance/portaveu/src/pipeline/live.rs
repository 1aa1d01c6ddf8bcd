//! The calls that are going on, as staff see them in the panel, and what staff may ask of one.
//!
//! It must not hold what is personal: what was heard is redacted before it comes here.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};

use portaveu_call::{CallId, Digit, LineCommand};
use portaveu_dialogue::Event;
use portaveu_panel::{LiveCall, LiveState};
use tokio::sync::{mpsc, watch};

use super::call::Conversation;
use crate::lines;

/// What staff ask of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    HangUp,
    /// Ring a person.
    HandOver,
}

pub struct Live {
    calls: Mutex<BTreeMap<CallId, (LiveCall, mpsc::UnboundedSender<Order>)>>,
    changed: watch::Sender<()>,
}

impl Default for Live {
    fn default() -> Self {
        Self { calls: Mutex::default(), changed: watch::Sender::new(()) }
    }
}

impl Live {
    pub fn begin(&self, call: CallId, shown: LiveCall) -> mpsc::UnboundedReceiver<Order> {
        let (orders, taken) = mpsc::unbounded_channel();
        self.calls().insert(call, (shown, orders));
        self.changed.send_replace(());
        taken
    }

    /// Tells whoever watches, if it is a change.
    pub fn change(&self, call: CallId, change: impl FnOnce(&mut LiveCall)) {
        let mut calls = self.calls();
        let Some((shown, _)) = calls.get_mut(&call) else { return };
        let before = shown.clone();
        change(shown);
        if *shown != before {
            self.changed.send_replace(());
        }
    }

    pub fn end(&self, call: CallId) {
        self.calls().remove(&call);
        self.changed.send_replace(());
    }

    /// The oldest call first.
    pub fn all(&self) -> Vec<LiveCall> {
        let mut all: Vec<LiveCall> = self.calls().values().map(|(shown, _)| shown.clone()).collect();
        all.sort_by_key(|shown| shown.id);
        all
    }

    pub fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// `id`: the call's number in the store. False when it is over.
    pub fn order(&self, id: u64, order: Order) -> bool {
        self.calls().values().find(|(shown, _)| shown.id == id).is_some_and(|(_, orders)| orders.send(order).is_ok())
    }

    fn calls(&self) -> MutexGuard<'_, BTreeMap<CallId, (LiveCall, mpsc::UnboundedSender<Order>)>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Conversation {
    /// What staff ask for. A person is reached as by key 0.
    pub fn ordered(&mut self, order: Order) {
        tracing::info!("{}: staff ask for {order:?}", self.call);
        match order {
            Order::HangUp => self.stages.lines.send(LineCommand::HangUp { call: self.call }),
            Order::HandOver if self.state() != LiveState::Talking => {} // a key would be taken for something else
            Order::HandOver => Digit::from_char('0').iter().for_each(|zero| self.happened(&Event::Digit(*zero))),
        }
    }

    /// What staff see of it now.
    pub fn shown(&self) -> LiveCall {
        let call = &self.records.call;
        LiveCall {
            id: call.id,
            line: lines::kind(self.call),
            began: call.began,
            language: self.manner.language,
            state: self.state(),
            heard: self.last_heard.clone(),
            answered: call.topics.last().cloned(),
        }
    }

    fn state(&self) -> LiveState {
        match () {
            () if self.wire.joined.load(Ordering::Relaxed) => LiveState::WithPerson,
            () if self.person.is_some() || self.transfer.is_some() => LiveState::Ringing,
            () if self.dialogue.is_queued() => LiveState::Queued,
            () if self.dialogue.is_private() => LiveState::Message, // whoever waits is private too, so this is last
            () => LiveState::Talking,
        }
    }

    pub fn show(&mut self) {
        let shown = self.shown();
        self.records.waits(matches!(shown.state, LiveState::Ringing | LiveState::Queued));
        self.stages.live.change(self.call, |call| *call = shown);
    }
}
