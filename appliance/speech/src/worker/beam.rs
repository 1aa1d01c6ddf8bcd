//! Beam search: a few sequences of tokens side by side, since a word that is likeliest by itself may go on badly.
//!
//! Whisper is driven one token at a time and remembers one sequence only, so what matters is how often it is asked: those
//! that are far behind are given up, those that sound the same or have come to the same words go on as one, and those
//! that share a beginning are asked about one after the other.
//!
//! It must not know what the tokens stand for.

/// Says how likely each token is after others.
pub trait Decoder {
    type Error;
    /// The tokens that may follow `taken`, each with the logarithm of its probability; what is hopeless may be left out.
    fn likely_after(&mut self, taken: &[i32]) -> Result<Vec<(i32, f32)>, Self::Error>;
    /// The same for tokens that differ in how they are written only.
    fn sound(&self, token: i32) -> &[u8];
}

/// How far the search goes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Sequences that are gone on with.
    pub width: usize,
    /// How far behind the best, as a logarithm, a sequence is given up.
    pub slack: f32,
    /// Sequences whose last so many tokens are the same go on as one.
    pub alike: usize,
    /// Tokens that a sequence may have.
    pub most: usize,
}

/// A sequence of tokens without its end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sequence {
    pub tokens: Vec<i32>,
    /// The logarithm of its probability, the end counted.
    pub log_probability: f32,
    /// It has its end; others were cut at the most tokens.
    pub ended: bool,
    sound: Vec<u8>,
}

impl Sequence {
    fn with(&self, token: i32, log_probability: f32, sound: &[u8]) -> Self {
        Self {
            tokens: [&self.tokens, &[token][..]].concat(),
            log_probability,
            ended: false,
            sound: [&self.sound, sound].concat(),
        }
    }

    fn goes_on_like(&self, other: &Self, alike: usize) -> bool {
        let last = |of: &Self| of.tokens.len().checked_sub(alike).map(|start| of.tokens[start..].to_vec());
        self.sound == other.sound || (last(self).is_some() && last(self) == last(other))
    }
}

/// The likeliest sequence that was found before `end`.
pub fn search<D: Decoder>(decoder: &mut D, end: i32, limits: Limits) -> Result<Sequence, D::Error> {
    let mut open = vec![Sequence::default()];
    let mut best: Option<Sequence> = None;
    // Probabilities only fall: what is behind the best that has its end can never overtake it.
    while open.iter().any(|sequence| is_behind(best.as_ref(), sequence.log_probability)) {
        let mut longer = Vec::new();
        for (n, sequence) in open.iter().enumerate() {
            let likely = decoder.likely_after(&sequence.tokens)?;
            longer.extend(likely.into_iter().map(|(token, log)| (n, token, sequence.log_probability + log)));
        }
        longer.sort_by(|a, b| b.2.total_cmp(&a.2));
        let ahead = longer.first().map_or(f32::NEG_INFINITY, |(.., log)| *log);
        let ahead = best.as_ref().map_or(ahead, |best| best.log_probability.max(ahead));
        let mut kept: Vec<Sequence> = Vec::new();
        for (n, token, log) in longer.into_iter().take_while(|(.., log)| ahead - log <= limits.slack) {
            let before = &open[n];
            if token == end || before.tokens.len() == limits.most {
                if is_behind(best.as_ref(), log) {
                    best = Some(Sequence { log_probability: log, ended: token == end, ..before.clone() });
                }
                continue;
            }
            let sequence = before.with(token, log, decoder.sound(token));
            if !kept.iter().any(|other| sequence.goes_on_like(other, limits.alike)) {
                kept.push(sequence);
            }
            if kept.len() == limits.width {
                break;
            }
        }
        open = one_after_the_other(kept, &open);
    }
    Ok(best.unwrap_or_default())
}

fn is_behind(best: Option<&Sequence>, log_probability: f32) -> bool {
    best.is_none_or(|best| best.log_probability < log_probability)
}

/// In an order in which neighbours share the most tokens; the first goes on from what was asked about last.
fn one_after_the_other(mut sequences: Vec<Sequence>, before: &[Sequence]) -> Vec<Sequence> {
    sequences.sort_by(|a, b| a.tokens.cmp(&b.tokens));
    let shared = |sequence: Option<&Sequence>| {
        let last = before.last().map_or(&[][..], |last| &last.tokens);
        sequence.map_or(0, |s| s.tokens.iter().zip(last).take_while(|(a, b)| a == b).count())
    };
    if shared(sequences.last()) > shared(sequences.first()) {
        sequences.reverse();
    }
    sequences
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    const END: i32 = 0;
    const MOST: usize = 4;

    /// Every token after every sequence has a probability of its own.
    struct Table(BTreeMap<Vec<i32>, [f32; 3]>);

    impl Decoder for Table {
        type Error = Infallible;

        fn likely_after(&mut self, taken: &[i32]) -> Result<Vec<(i32, f32)>, Infallible> {
            let shares = self.0.get(taken).copied().unwrap_or([1.0; 3]);
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
            _ if taken.len() == MOST => so_far + log,
            token => likeliest(table, &[taken, &[token]].concat(), so_far + log),
        });
        each.fold(f32::NEG_INFINITY, f32::max)
    }

    fn limits(width: usize, slack: f32) -> Limits {
        Limits { width, slack, alike: MOST + 1, most: MOST }
    }

    fn garden_path() -> Table {
        // "a" is likelier to begin with, and nothing goes well after it; after "b" all does.
        Table(BTreeMap::from([(vec![], [0.01, 0.6, 0.4]), (vec![1], [0.3, 0.35, 0.35]), (vec![2], [0.98, 0.01, 0.01])]))
    }

    #[test]
    fn a_word_that_goes_on_badly_is_not_the_word() {
        let Ok(found) = search(&mut garden_path(), END, limits(2, 9.0));
        assert_eq!((found.tokens, found.ended), (vec![2], true));
        let Ok(greedy) = search(&mut garden_path(), END, limits(1, 9.0));
        assert_eq!(greedy.tokens.first(), Some(&1));
        let Ok(hasty) = search(&mut garden_path(), END, limits(2, 0.1));
        assert_eq!(hasty.tokens.first(), Some(&1));
    }

    #[test]
    fn what_sounds_the_same_or_has_come_to_the_same_words_goes_on_as_one() {
        let sequence = |tokens: &[i32], sound: &str| Sequence {
            tokens: tokens.to_vec(),
            sound: sound.into(),
            ..Sequence::default()
        };
        assert!(sequence(&[7], "un").goes_on_like(&sequence(&[8], "un"), 3));
        assert!(sequence(&[7, 1, 2, 3], "a").goes_on_like(&sequence(&[8, 9, 1, 2, 3], "b"), 3));
        assert!(!sequence(&[7, 1, 2], "a").goes_on_like(&sequence(&[8, 1, 2], "b"), 3));
        assert!(!sequence(&[7], "a").goes_on_like(&sequence(&[8], "b"), 3));
    }

    #[test]
    fn what_has_no_end_is_cut() {
        let endless = |taken: Vec<i32>| (taken, [1e-6, 1.0, 1e-3]);
        let mut table = Table((0..=MOST).map(|length| endless(vec![1; length])).collect());
        let Ok(found) = search(&mut table, END, limits(2, 9.0));
        assert_eq!((found.tokens.len(), found.ended), (MOST, false));
    }

    proptest! {
        #[test]
        fn as_wide_as_there_are_sequences_it_finds_the_likeliest(
            shares in prop::collection::vec(prop::array::uniform3(0.01_f32..1.0), 1 + 2 + 4 + 8 + 16),
        ) {
            let lengths = (0..=MOST).flat_map(|length| (0..1 << length).map(move |n| (length, n)));
            let sequences = lengths.map(|(length, n): (usize, i32)| (0..length).map(|bit| 1 + (n >> bit & 1)).collect());
            let mut table = Table(sequences.zip(shares).collect());
            let Ok(found) = search(&mut table, END, limits(16, f32::INFINITY));
            prop_assert!((found.log_probability - likeliest(&mut table, &[], 0.0)).abs() < 1e-4);
        }
    }
}
