//! What callers are expected to say, for the ear to know how it is worded. It must not hold anything that a caller did say.

use portaveu_call::Language;

use crate::pack::Pack;

impl Pack {
    /// All that callers may say, as far as the pack knows, each in its language.
    pub fn sentences(&self) -> Vec<(Language, String)> {
        let examples = self.examples.iter().map(|example| (example.language, example.text.clone()));
        let grouped = self.vague.iter().chain(&self.together).map(|example| (example.language, example.text.clone()));
        examples.chain(grouped).collect()
    }
}
