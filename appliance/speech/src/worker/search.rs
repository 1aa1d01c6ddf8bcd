//! The likeliest sequence of tokens, since a word that is likeliest by itself may go on badly.
//!
//! Whisper is driven one token at a time and remembers one sequence only, so the search goes depth first: the likeliest
//! token each time, down to the end; then back to where it was nearly another, the last such place first. So what the
//! decoder remembers is always the beginning of what it is asked next, and nothing is taken in twice. A sequence is given up
//! that is far behind the best of its length; one that has come to what was come to before is taken to go on as that did.
//!
//! It must not know what the tokens stand for.

use std::collections::HashMap;

/// Says how likely each token is after others.
pub trait Decoder {
    type Error;
    /// The tokens that may follow `taken`, each with the logarithm of its probability; what is hopeless may be left out.
    /// All but the last of `taken` begin what was asked about before.
    fn likely_after(&mut self, taken: &[i32]) -> Result<Vec<(i32, f32)>, Self::Error>;
    /// The same for tokens that differ in how they are written only; none for signs, which are not said.
    fn sound(&self, token: i32) -> &[u8];
}

/// How far the search goes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How far behind the best of its length, as a logarithm, a sequence is given up.
    pub slack: f32,
    /// Sequences of one length whose last so many tokens are the same go on alike.
    pub alike: usize,
    /// Tokens that a sequence may have.
    pub most: usize,
    /// How often the decoder may be asked.
    pub asked: usize,
}

/// A sequence of tokens.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sequence {
    /// Without the end.
    pub tokens: Vec<i32>,
    /// The logarithm of the probability of each beginning: that of one token, of two, …, of the whole with its end.
    logs: Vec<f32>,
    /// It has its end; others were cut at the most tokens.
    pub ended: bool,
}

impl Sequence {
    pub fn log_probability(&self) -> f32 {
        self.logs.last().copied().unwrap_or_default()
    }

    fn with(&self, token: i32, log: f32, is_end: bool) -> Self {
        let tokens = if is_end { self.tokens.clone() } else { [&self.tokens, &[token][..]].concat() };
        Self { tokens, logs: [&self.logs, &[self.log_probability() + log][..]].concat(), ended: is_end }
    }

    /// What it may become: the first `length` tokens of `whole` are as good as all of its own.
    fn like(&self, whole: &Self, length: usize) -> Self {
        let more = self.log_probability() - whole.logs[length - 1];
        let logs = whole.logs[length..].iter().map(|log| log + more);
        Self {
            tokens: [&self.tokens, &whole.tokens[length..]].concat(),
            logs: self.logs.iter().copied().chain(logs).collect(),
            ended: whole.ended,
        }
    }
}

/// The likeliest sequence that was found before `end`.
pub fn search<D: Decoder>(decoder: &mut D, end: i32, limits: Limits) -> Result<Sequence, D::Error> {
    let mut known = Known::default();
    let mut ahead: Vec<f32> = Vec::new();
    let mut best: Option<Sequence> = None;
    let mut asked = 0;
    // The likeliest is put last, and the last is gone on with.
    let mut open = vec![Sequence::default()];
    while let Some(sequence) = open.pop() {
        let (length, log) = (sequence.logs.len(), sequence.log_probability());
        ahead.resize(ahead.len().max(length + 1), f32::NEG_INFINITY);
        ahead[length] = ahead[length].max(log);
        // Probabilities only fall: what is behind a whole one can never overtake it.
        if ahead[length] - log > limits.slack || best.as_ref().is_some_and(|best| log <= best.log_probability()) {
            continue;
        }
        let is_whole = sequence.ended || sequence.tokens.len() == limits.most;
        let whole = if is_whole { Some(sequence.clone()) } else { known.whole(&sequence, limits.alike, decoder) };
        if let Some(whole) = whole {
            known.add(&whole, limits.alike, decoder);
            best = best.filter(|best| best.log_probability() >= whole.log_probability()).or(Some(whole));
        } else if asked < limits.asked {
            asked += 1;
            let near = near(decoder.likely_after(&sequence.tokens)?, limits.slack);
            open.extend(near.into_iter().map(|(token, log)| sequence.with(token, log, token == end)));
        }
    }
    Ok(best.unwrap_or_default())
}

/// Those that are not far behind the likeliest, which comes last.
fn near(mut likely: Vec<(i32, f32)>, slack: f32) -> Vec<(i32, f32)> {
    let likeliest = likely.iter().map(|(_, log)| *log).fold(f32::NEG_INFINITY, f32::max);
    likely.retain(|(_, log)| likeliest - log <= slack);
    likely.sort_by(|a, b| a.1.total_cmp(&b.1));
    likely
}

/// Where a sequence stands, as far as what follows depends on it.
#[derive(PartialEq, Eq, Hash)]
enum Standing {
    /// What was said, and how many signs came after it.
    Said(Vec<u8>, usize),
    /// How many tokens there are, and the last.
    Last(usize, Vec<i32>),
}

fn standings<D: Decoder>(tokens: &[i32], alike: usize, decoder: &D) -> Vec<Standing> {
    let sounds: Vec<&[u8]> = tokens.iter().map(|token| decoder.sound(*token)).collect();
    let signs = sounds.iter().rev().take_while(|sound| sound.is_empty()).count();
    let last = tokens.len().checked_sub(alike).map(|start| Standing::Last(tokens.len(), tokens[start..].to_vec()));
    [Standing::Said(sounds.concat(), signs)].into_iter().chain(last).collect()
}

/// What was come to.
#[derive(Default)]
struct Known {
    whole: Vec<Sequence>,
    /// By which of the whole ones, after how many tokens.
    by: HashMap<Standing, (usize, usize)>,
}

impl Known {
    fn add<D: Decoder>(&mut self, sequence: &Sequence, alike: usize, decoder: &D) {
        for length in 1..=sequence.tokens.len() {
            for standing in standings(&sequence.tokens[..length], alike, decoder) {
                self.by.entry(standing).or_insert((self.whole.len(), length));
            }
        }
        self.whole.push(sequence.clone());
    }

    /// What a sequence becomes that has come to what is known.
    fn whole<D: Decoder>(&self, sequence: &Sequence, alike: usize, decoder: &D) -> Option<Sequence> {
        let standings = standings(&sequence.tokens, alike, decoder);
        let (number, length) = standings.iter().find_map(|standing| self.by.get(standing))?;
        Some(sequence.like(&self.whole[*number], *length))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    const END: i32 = 0;
    const MOST: usize = 4;

    /// Every token after every sequence has a probability of its own. It forgets as Whisper does.
    struct Table {
        shares: BTreeMap<Vec<i32>, [f32; 3]>,
        asked_last: Vec<i32>,
    }

    impl Table {
        fn of(shares: impl IntoIterator<Item = (Vec<i32>, [f32; 3])>) -> Self {
            Self { shares: shares.into_iter().collect(), asked_last: Vec::new() }
        }
    }

    impl Decoder for Table {
        type Error = Infallible;

        fn likely_after(&mut self, taken: &[i32]) -> Result<Vec<(i32, f32)>, Infallible> {
            let before = &taken[..taken.len().saturating_sub(1)];
            assert!(self.asked_last.starts_with(before), "{taken:?} after {:?}", self.asked_last);
            self.asked_last = taken.to_vec();
            let shares = self.shares.get(taken).copied().unwrap_or([1.0; 3]);
            let total: f32 = shares.iter().sum();
            Ok((0..).zip(shares.map(|share| (share / total).ln())).collect())
        }

        fn sound(&self, token: i32) -> &[u8] {
            [&b""[..], b"a", b"b"][usize::try_from(token).unwrap_or_default()]
        }
    }

    /// The likeliest of all.
    fn likeliest(table: &mut Table, taken: &[i32], so_far: f32) -> f32 {
        let Ok(likely) = table.likely_after(taken);
        let each = likely.into_iter().map(|(token, log)| match token {
            END => so_far + log,
            _ if taken.len() + 1 == MOST => so_far + log,
            token => likeliest(table, &[taken, &[token]].concat(), so_far + log),
        });
        each.fold(f32::NEG_INFINITY, f32::max)
    }

    fn limits(slack: f32) -> Limits {
        Limits { slack, alike: MOST + 1, most: MOST, asked: 1000 }
    }

    fn garden_path() -> Table {
        // "a" is likelier to begin with, and nothing goes well after it; after "b" all does.
        Table::of([(vec![], [0.01, 0.6, 0.4]), (vec![1], [0.3, 0.35, 0.35]), (vec![2], [0.98, 0.01, 0.01])])
    }

    #[test]
    fn a_word_that_goes_on_badly_is_not_the_word() {
        let Ok(found) = search(&mut garden_path(), END, limits(9.0));
        assert_eq!((found.tokens, found.ended), (vec![2], true));
        let Ok(hasty) = search(&mut garden_path(), END, limits(0.1));
        assert_eq!(hasty.tokens.first(), Some(&1));
        let Ok(cut_short) = search(&mut garden_path(), END, Limits { asked: MOST, ..limits(9.0) });
        assert_eq!(cut_short.tokens.first(), Some(&1));
    }

    #[test]
    fn what_has_come_to_what_is_known_goes_on_as_that_did() {
        let mut known = Known::default();
        let whole = Sequence { tokens: vec![1, 2, 1], logs: vec![-0.1, -0.2, -0.4, -0.5], ended: true };
        let table = Table::of([]);
        known.add(&whole, 2, &table);
        // The same last two tokens of three, and the same sound.
        for (tokens, alike) in [(vec![2, 2, 1], 2), (vec![1, 2, 1], 9)] {
            let sequence = Sequence { tokens, logs: vec![-0.3, -0.6, -0.9], ended: false };
            let found = known.whole(&sequence, alike, &table).unwrap();
            assert!(found.ended && (found.log_probability() + 1.0).abs() < 1e-6, "{found:?}");
        }
        assert_eq!(known.whole(&Sequence { tokens: vec![2, 1], ..whole }, 2, &table), None);
    }

    #[test]
    fn what_has_no_end_is_cut() {
        let endless = |taken: Vec<i32>| (taken, [1e-6, 1.0, 1e-3]);
        let mut table = Table::of((0..=MOST).map(|length| endless(vec![1; length])));
        let Ok(found) = search(&mut table, END, limits(9.0));
        assert_eq!((found.tokens.len(), found.ended), (MOST, false));
    }

    proptest! {
        #[test]
        fn without_limits_it_finds_the_likeliest(
            shares in prop::collection::vec(prop::array::uniform3(0.01_f32..1.0), 1 + 2 + 4 + 8 + 16),
        ) {
            let lengths = (0..=MOST).flat_map(|length| (0..1 << length).map(move |n| (length, n)));
            let sequences = lengths.map(|(length, n): (usize, i32)| (0..length).map(|bit| 1 + (n >> bit & 1)).collect());
            let mut table = Table::of(sequences.zip(shares));
            let Ok(found) = search(&mut table, END, limits(f32::INFINITY));
            prop_assert!((found.log_probability() - likeliest(&mut table, &[], 0.0)).abs() < 1e-4);
        }
    }
}
