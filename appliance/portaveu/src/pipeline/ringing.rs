//! Which telephones are being rung. A busy one that sends its calls on to the box must not make the box talk to itself.

use std::sync::{Arc, Mutex, PoisonError};

/// Those of all calls.
#[derive(Clone, Default)]
pub struct Ringing(Arc<Mutex<Vec<String>>>);

/// One of them, until it is answered or left.
pub struct Rung {
    pub extension: String,
    all: Ringing,
}

impl Ringing {
    pub fn begin(&self, extension: &str) -> Rung {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(extension.to_owned());
        Rung { extension: extension.to_owned(), all: self.clone() }
    }

    pub fn is_rung(&self, extension: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|rung| rung == extension)
    }
}

impl Drop for Rung {
    fn drop(&mut self) {
        let mut all = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(one) = all.iter().position(|rung| *rung == self.extension) {
            all.swap_remove(one);
        }
    }
}
