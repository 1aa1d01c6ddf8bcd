//! Writes to the store on a thread of its own. A queue that is full loses the record and says so; the call goes on.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use jiff::Timestamp;

use crate::{Call, Store, Turn};

const WAITING: usize = 1024;

enum Record {
    Call(Call),
    Ended(Call),
    Refused(Timestamp),
    GaveUp(Timestamp),
    Forget(u64),
    Turn { call: u64, number: u32, turn: Turn },
    Last,
}

/// A handle on the writing thread. When it is told to end, or the last handle is dropped, what waits is written before.
#[derive(Clone, Debug)]
pub struct Recorder(SyncSender<Record>);

impl Recorder {
    pub fn start(store: Arc<Store>) -> std::io::Result<(Self, std::thread::JoinHandle<()>)> {
        let (records, inbox) = sync_channel(WAITING);
        let thread = std::thread::Builder::new().name("store".into()).spawn(move || write_all(&store, &inbox))?;
        Ok((Self(records), thread))
    }

    pub fn call(&self, call: Call) {
        self.send(Record::Call(call));
    }

    /// A call is over.
    pub fn ended(&self, call: Call) {
        self.send(Record::Ended(call));
    }

    /// Nothing is to be left of a call but that it was counted.
    pub fn forget(&self, call: u64) {
        self.send(Record::Forget(call));
    }

    /// A caller heard the busy tone.
    pub fn refused(&self, at: Timestamp) {
        self.send(Record::Refused(at));
    }

    /// A caller gave up while it rang.
    pub fn gave_up(&self, at: Timestamp) {
        self.send(Record::GaveUp(at));
    }

    pub fn turn(&self, call: u64, number: u32, turn: Turn) {
        self.send(Record::Turn { call, number, turn });
    }

    /// Write what waits, and end, whoever has a handle still. Waits while the queue is full.
    pub fn end(&self) {
        let _ = self.0.send(Record::Last); // an error means that it has ended
    }

    fn send(&self, record: Record) {
        if self.0.try_send(record).is_err() {
            tracing::error!("the store is too slow or has failed: a record was lost");
        }
    }
}

fn write_all(store: &Store, inbox: &Receiver<Record>) {
    for record in inbox {
        let written = match record {
            Record::Call(call) => store.put_call(&call).map(|()| "a call"),
            Record::Ended(call) => store.end_call(&call).map(|()| "a whole call"),
            Record::Forget(call) => store.forget_call(call).map(|_| "nothing of a call"),
            Record::Refused(at) => store.count_refused(at).map(|()| "a busy tone"),
            Record::GaveUp(at) => store.count_gave_up(at).map(|()| "a caller who gave up"),
            Record::Last => return,
            Record::Turn { call, number, turn } => store.put_turn(call, number, &turn).map(|()| "a turn"),
        };
        match written {
            Ok(what) => tracing::debug!("{what} is kept"),
            Err(error) => tracing::error!("a record could not be kept: {error}"),
        }
    }
}
