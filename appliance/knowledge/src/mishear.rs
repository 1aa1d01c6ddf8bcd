//! Misheard copies of the examples, to learn from: what a recogniser makes of a voice on a telephone line. Sounds that it
//! takes for one another, words run together, endings lost. The same text is misheard the same way every time.

/// Sounds that are taken for one another, in Spanish, Valencian and English; counted on the recogniser's own mistakes.
const CONFUSED: [(&str, &str); 34] = [
    ("a", "e"),
    ("e", "a"),
    ("o", "u"),
    ("u", "o"),
    ("e", "i"),
    ("b", "v"),
    ("v", "b"),
    ("ll", "l"),
    ("ll", "y"),
    ("ny", "n"),
    ("ñ", "n"),
    ("s", "z"),
    ("z", "s"),
    ("c", "s"),
    ("ç", "s"),
    ("x", "s"),
    ("ix", "s"),
    ("g", "j"),
    ("j", "g"),
    ("tg", "j"),
    ("tx", "ch"),
    ("qu", "c"),
    ("d", "t"),
    ("t", "d"),
    ("p", "b"),
    ("m", "n"),
    ("n", "m"),
    ("rr", "r"),
    ("r", "l"),
    ("l", "r"),
    ("h", ""),
    ("f", "s"),
    ("gu", "g"),
    ("ur", "or"),
];
/// One word in so many is changed.
const ONE_IN: u64 = 4;

/// A generator of numbers that depends on the text alone (splitmix64).
struct Dice(u64);

impl Dice {
    fn new(text: &str) -> Self {
        Self(
            text.bytes()
                .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)),
        )
    }

    /// Below `faces`.
    fn roll(&mut self, faces: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % faces
    }
}

/// How `text` might be heard.
pub fn misheard(text: &str) -> String {
    let mut dice = Dice::new(text);
    let mut heard = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let changed = dice.roll(ONE_IN) == 0;
        let run_together = changed && dice.roll(3) == 0;
        if !heard.is_empty() && !run_together {
            heard.push(' ');
        }
        heard.push_str(&if changed { confused(word, &mut dice) } else { word.to_owned() });
    }
    heard
}

fn confused(word: &str, dice: &mut Dice) -> String {
    let lower = word.to_lowercase();
    let possible: Vec<&(&str, &str)> = CONFUSED.iter().filter(|(said, _)| lower.contains(said)).collect();
    let chosen = usize::try_from(dice.roll(possible.len() as u64 + 1)).unwrap_or(0);
    match possible.get(chosen) {
        Some((said, heard)) => lower.replacen(said, heard, 1),
        // An ending is lost.
        None => lower.char_indices().last().map_or(String::new(), |(last, _)| lower[..last].to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_words_change_and_always_the_same() {
        let said = "quiero empadronarme en el pueblo y no sé qué papeles hay que llevar a la oficina";
        let heard = misheard(said);
        assert_eq!(heard, misheard(said));
        assert_ne!(heard, said);
        let kept = heard.split(' ').filter(|word| said.split(' ').any(|other| other == *word)).count();
        assert!(kept * 2 > said.split(' ').count(), "{heard}");
        assert_eq!(misheard(""), "");
    }
}
