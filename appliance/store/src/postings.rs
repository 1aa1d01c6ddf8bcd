//! What calls can be found by: for each term the numbers of its calls. Terms are kept as keyed hashes, so that the file
//! does not tell what was spoken of.
//!
//! It must not need more than a few steps a call that it finds, however many there are.

use jiff::Timestamp;
use portaveu_call::Language;
use redb::{ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};
use serde::Serialize;

use crate::calls::{CALLS, first_id};
use crate::{Call, Outcome, Store, StoreError, Turn, failed, seal};

pub const POSTINGS: TableDefinition<(u64, u64), ()> = TableDefinition::new("postings");
/// Shorter words are not looked for.
const SHORTEST_WORD: usize = 4;

/// Something that a call can be found by. The order never changes: kept terms are hashes of it.
#[derive(Serialize)]
pub enum Term<'a> {
    Language(Language),
    Outcome(Outcome),
    Department(&'a str),
    Topic(&'a str),
    Caller(u64),
    Word(&'a str),
    Wrong,
}

/// What calls are looked for; nothing given finds all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Search {
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub language: Option<Language>,
    pub outcome: Option<Outcome>,
    pub department: Option<String>,
    pub topic: Option<String>,
    pub caller: Option<u64>,
    /// Each of these words was said in it.
    pub words: String,
    /// Staff marked an answer of it.
    pub wrong: bool,
}

impl Store {
    pub(crate) fn term(&self, term: &Term) -> u64 {
        hashed(&self.index_key, &postcard::to_stdvec(term).unwrap_or_default()) // a term is always written
    }

    pub(crate) fn terms(&self, call: &Call, turns: &[Turn]) -> Vec<u64> {
        let mut terms = vec![Term::Language(call.language), Term::Outcome(call.outcome)];
        terms.extend(call.department.as_deref().map(Term::Department));
        terms.extend(call.caller.map(Term::Caller));
        terms.extend(call.topics.iter().map(|topic| Term::Topic(topic)));
        terms.extend(turns.iter().any(|turn| turn.wrong).then_some(Term::Wrong));
        let mut hashes: Vec<u64> = terms.iter().map(|term| self.term(term)).collect();
        hashes.extend(self.word_terms(turns));
        hashes
    }

    pub(crate) fn word_terms(&self, turns: &[Turn]) -> Vec<u64> {
        let mut words: Vec<String> = turns.iter().flat_map(|turn| words_of(&turn.heard)).collect();
        words.sort_unstable();
        words.dedup();
        words.iter().map(|word| self.term(&Term::Word(word))).collect()
    }

    /// Up to `most` calls, the newest first, older than the call `before`.
    pub fn search(&self, search: &Search, before: Option<u64>, most: usize) -> Result<Vec<Call>, StoreError> {
        let read = self.database.begin_read().map_err(failed)?;
        let calls = read.open_table(CALLS.table).map_err(failed)?;
        let first = search.from.map_or(0, first_id);
        let last = search.until.map_or(u64::MAX, first_id).min(before.unwrap_or(u64::MAX)).saturating_sub(1);
        let terms = self.terms_of(search);
        let ids: Vec<u64> = if terms.is_empty() {
            let range = calls.range(first..=last.max(first)).map_err(failed)?.rev().take(most);
            range.map(|entry| Ok(entry.map_err(failed)?.0.value())).collect::<Result<_, StoreError>>()?
        } else {
            in_all(&read.open_table(POSTINGS).map_err(failed)?, &terms, (first, last), most)?
        };
        let found = ids.into_iter().map(|id| CALLS.get(&calls, &self.seal, id));
        found.filter_map(Result::transpose).collect()
    }

    fn terms_of(&self, search: &Search) -> Vec<u64> {
        let words: Vec<String> = words_of(&search.words).collect();
        let mut terms: Vec<Term> = words.iter().map(|word| Term::Word(word)).collect();
        terms.extend(search.caller.map(Term::Caller));
        terms.extend(search.topic.as_deref().map(Term::Topic));
        terms.extend(search.department.as_deref().map(Term::Department));
        terms.extend(search.wrong.then_some(Term::Wrong));
        terms.extend(search.outcome.map(Term::Outcome));
        terms.extend(search.language.map(Term::Language));
        terms.iter().map(|term| self.term(term)).collect()
    }
}

/// The newest numbers that each term has, within the limits. Each step goes to where the next can be at best.
fn in_all(
    postings: &impl ReadableTable<(u64, u64), ()>,
    terms: &[u64],
    (first, last): (u64, u64),
    most: usize,
) -> Result<Vec<u64>, StoreError> {
    let (mut found, mut at) = (Vec::new(), last);
    'next: while found.len() < most && at >= first {
        for term in terms {
            let mut range = postings.range((*term, first)..=(*term, at)).map_err(failed)?;
            let Some(entry) = range.next_back() else { return Ok(found) };
            let (_, id) = entry.map_err(failed)?.0.value();
            if id < at {
                at = id;
                continue 'next;
            }
        }
        found.push(at);
        let Some(next) = at.checked_sub(1) else { break };
        at = next;
    }
    Ok(found)
}

pub fn add(write: &WriteTransaction, call: u64, terms: &[u64]) -> Result<(), StoreError> {
    let mut table = write.open_table(POSTINGS).map_err(failed)?;
    terms.iter().try_for_each(|term| table.insert((*term, call), ()).map(|_| ()).map_err(failed))
}

pub fn remove(write: &WriteTransaction, call: u64, terms: &[u64]) -> Result<(), StoreError> {
    let mut table = write.open_table(POSTINGS).map_err(failed)?;
    terms.iter().try_for_each(|term| table.remove((*term, call)).map(|_| ()).map_err(failed))
}

/// The first eight bytes of a keyed hash.
pub fn hashed(key: &[u8; 32], text: &[u8]) -> u64 {
    seal::keyed_hash(key, text).iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The words that something can be found by: in small letters, without accents.
fn words_of(text: &str) -> impl Iterator<Item = String> + '_ {
    let words = text.split(|c: char| !c.is_alphanumeric()).map(|word| word.chars().flat_map(plain).collect::<String>());
    words.filter(|word| word.chars().count() >= SHORTEST_WORD)
}

fn plain(letter: char) -> impl Iterator<Item = char> {
    let plain = match letter.to_lowercase().next().unwrap_or(letter) {
        'á' | 'à' | 'â' | 'ă' => 'a',
        'é' | 'è' | 'ê' => 'e',
        'í' | 'ì' | 'ï' | 'î' => 'i',
        'ó' | 'ò' | 'ô' => 'o',
        'ú' | 'ù' | 'ü' | 'û' => 'u',
        other => other,
    };
    std::iter::once(plain)
}
