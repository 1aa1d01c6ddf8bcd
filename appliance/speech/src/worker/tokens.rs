//! Text as the tokens that Whisper would write it with. `whisper_tokenize` takes the longest token that fits, where the model
//! was taught to merge the commonest pair first, and a token's number says how common it is; of Valencian words every other
//! one comes out differently. It must not lose a text's letters, known or not.

use std::collections::HashMap;

use whisper_rs::{WhisperContext, WhisperTokenId};

/// English endings that are merged by themselves.
const ENDINGS: [&str; 7] = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

/// The token of each sequence of bytes that has one.
pub struct Tokens(HashMap<Vec<u8>, WhisperTokenId>);

impl Tokens {
    pub fn of(context: &WhisperContext) -> Self {
        let bytes = |token| Some((context.token_to_bytes(token).ok()?.to_vec(), token));
        Self((0..context.token_eot()).rev().filter_map(bytes).collect())
    }

    pub fn of_text(&self, text: &str) -> Vec<WhisperTokenId> {
        pieces(text).into_iter().flat_map(|piece| self.of_piece(piece.as_bytes())).collect()
    }

    /// The commonest pair of neighbours is merged, again and again, until none is a token.
    fn of_piece(&self, piece: &[u8]) -> Vec<WhisperTokenId> {
        let mut cuts: Vec<usize> = (0..=piece.len()).collect();
        loop {
            let pairs = cuts.windows(3).zip(1..);
            let known = pairs.filter_map(|(ends, between)| Some((*self.0.get(&piece[ends[0]..ends[2]])?, between)));
            let Some((_, between)) = known.min() else { break };
            cuts.remove(between);
        }
        cuts.windows(2).filter_map(|ends| self.0.get(&piece[ends[0]..ends[1]]).copied()).collect()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Letter,
    Number,
    Space,
    Sign,
}

fn kind(c: char) -> Kind {
    match c {
        c if c.is_alphabetic() => Kind::Letter,
        c if c.is_numeric() => Kind::Number,
        c if c.is_whitespace() => Kind::Space,
        _ => Kind::Sign,
    }
}

/// Letters, numbers and signs apart, each with the space before it: nothing is merged across.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, more) = rest.split_at(first_piece(rest));
        pieces.push(piece);
        rest = more;
    }
    pieces
}

/// The length of the first piece, in bytes.
fn first_piece(text: &str) -> usize {
    if let Some(ending) = ENDINGS.iter().find(|ending| text.starts_with(**ending)) {
        return ending.len();
    }
    let space = usize::from(text.starts_with(' '));
    let first = text[space..].chars().next().map_or(Kind::Space, kind);
    text[space..].find(|c| kind(c) != first).map_or(text.len(), |end| space + end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens(known: &[&str]) -> Tokens {
        Tokens(known.iter().zip(0..).map(|(text, token)| (text.as_bytes().to_vec(), token)).collect())
    }

    #[test]
    fn the_commonest_pair_is_merged_first_even_where_a_longer_token_would_fit() {
        let tokens = tokens(&["a", "b", "c", "bc", "ab", "abc"]);
        assert_eq!(tokens.of_text("abc"), [5], "what is left is merged as well");
        let tokens = self::tokens(&["a", "b", "c", "d", "bc", "ab"]);
        assert_eq!(tokens.of_text("abcd"), [0, 4, 3], "`ab` comes first and is rarer");
    }

    #[test]
    fn words_numbers_and_signs_are_not_merged() {
        assert_eq!(pieces(" L'IBI, don't 27?"), [" L", "'", "IBI", ",", " don", "'t", " 27", "?"]);
    }

    proptest! {
        #[test]
        fn nothing_of_a_text_is_lost(text in ".{0,40}") {
            prop_assert_eq!(pieces(&text).concat(), text);
        }
    }
}
