//! Long answers in parts: whole sentences, together no longer than callers can follow.

use portaveu_call::Pace;

/// Words that are said at once: some 25 seconds; and to those who are spoken to slowly.
const MOST_WORDS: usize = 60;
const MOST_WORDS_SLOWLY: usize = 25;
/// A word with a full stop that is shorter is an abbreviation.
const SHORTEST_ENDING: usize = 4;

/// The parts of an answer, one after the other the whole of it.
pub fn parts(answer: &str, pace: Pace) -> Vec<String> {
    let most = match pace {
        Pace::Normal => MOST_WORDS,
        Pace::Slow => MOST_WORDS_SLOWLY,
    };
    let words: Vec<&str> = answer.split_whitespace().collect();
    if words.len() <= most {
        return vec![answer.to_owned()];
    }
    let mut parts: Vec<Vec<&str>> = Vec::new();
    for sentence in words.split_inclusive(|word| ends_sentence(word)) {
        match parts.last_mut().filter(|part| part.len() + sentence.len() <= most) {
            Some(part) => part.extend(sentence),
            None => parts.push(sentence.to_vec()),
        }
    }
    parts.into_iter().map(|part| part.join(" ")).collect()
}

fn ends_sentence(word: &str) -> bool {
    word.ends_with(['?', '!', '…']) || (word.ends_with('.') && word.len() >= SHORTEST_ENDING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_whole_sentences_and_nothing_is_lost() {
        let answer = "Venga a la av. de la Paz con su DNI y el contrato de alquiler, o la escritura de la vivienda. \
                      Es gratis. ¿No tiene contrato? Sirve una autorización firmada del propietario, con copia de su DNI.";
        let slowly = parts(answer, Pace::Slow);
        assert_eq!(slowly.len(), 2);
        assert!(slowly[0].ends_with("Es gratis."), "{slowly:?}");
        assert_eq!(slowly.join(" "), answer);
        assert_eq!(parts(answer, Pace::Normal), [answer]);
        assert_eq!(parts("", Pace::Slow), [""]);
    }
}
