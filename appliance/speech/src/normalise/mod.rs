//! Text as it is read aloud: dates, times, prices, telephone numbers, addresses and abbreviations in words, so that every
//! voice says them alike. Spanish, Valencian and English in full; in others what their
//! voice does not read well itself ([`others`]).
//!
//! It must not change what is said: what it does not know stays as it is.

mod numbers;
mod others;
mod patterns;
mod vocabulary;

use portaveu_call::Language;

use numbers::{Gender, cardinal, digits, ordinal_en};
use vocabulary::Vocabulary;

/// The text, written out.
pub fn for_speech(text: &str, language: Language) -> String {
    let Some(vocabulary) = Vocabulary::of(language) else { return others::for_speech(text, language) };
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut out: Vec<String> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let (spoken, used) = patterns::match_at(&words[at..], vocabulary);
        agree_with_one(&mut out, words[at]);
        out.push(spoken);
        at += used;
    }
    out.join(" ")
}

/// "Las 13:00" is said "la una": the article before one o'clock is in the singular.
fn agree_with_one(out: &mut [String], next: &str) {
    let one = next.starts_with("1:") || next.starts_with("13:");
    if let Some(article) = out.last_mut().filter(|word| one && ["las", "les"].contains(&word.as_str())) {
        "la".clone_into(article);
    }
}

/// A number before `next`, in the gender that the next word asks for.
fn counted(number: u64, next: Option<&str>, vocabulary: &Vocabulary) -> String {
    cardinal(number, vocabulary.gender_before(next), vocabulary.language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spanish_is_read_as_people_say_it() {
        for (written, spoken) in [
            ("Abre de 9:00 a 14:00.", "Abre de nueve de la mañana a dos de la tarde."),
            ("a las 16:30 y a las 12:00", "a las cuatro y media de la tarde y a las doce del mediodía"),
            ("hasta las 13:00", "hasta la una de la tarde"),
            ("Cuesta 3,50 €, y 2 € para menores.", "Cuesta tres euros con cincuenta, y dos euros para menores."),
            ("El billete cuesta 1,20 €", "El billete cuesta un euro con veinte"),
            ("el 50 % del IBI", "el cincuenta por ciento del ibi"),
            ("Llame al 96 555 01 00, de día", "Llame al nueve seis, cinco cinco cinco, cero uno, cero cero, de día"),
            ("llame al 112.", "llame al uno uno dos."),
            ("El 016 atiende", "El cero uno seis atiende"),
            ("el 01/09/2026", "el uno de septiembre de dos mil veintiséis"),
            ("C/ Mayor, n.º 21", "calle Mayor, número veintiuno"),
            ("21 personas y 1 hora", "veintiuna personas y una hora"),
            ("1.250,75 €", "mil doscientos cincuenta euros con setenta y cinco"),
            ("su DNI o Cl@ve", "su de ene i o clave"),
            ("en sede.vallverda.example, siempre", "en sede punto vallverda punto example, siempre"),
            ("escriba a info@vallverda.example", "escriba a info arroba vallverda punto example"),
            ("de 0 a 3 años", "de cero a tres años"),
        ] {
            assert_eq!(for_speech(written, Language::Es), spoken);
        }
    }

    #[test]
    fn valencian_is_read_as_people_say_it() {
        for (written, spoken) in [
            ("Obri de 9:00 a 14:00.", "Obri de nou del matí a dos de la vesprada."),
            ("l'1 de juliol a les 20:30", "l'u de juliol a les huit i mitja de la vesprada"),
            ("Costa 3,50 €", "Costa tres euros amb cinquanta"),
            ("el 33 % o més", "el trenta-tres per cent o més"),
            ("Telefone al 96 555 01 92.", "Telefone al nou sis, cinc cinc cinc, zero u, nou dos."),
            ("2 setmanes i 17 dies", "dues setmanes i dèsset dies"),
            ("av. de la Constitució, núm. 8", "avinguda de la Constitució, número huit"),
        ] {
            assert_eq!(for_speech(written, Language::Ca), spoken);
        }
    }

    #[test]
    fn english_is_read_as_people_say_it() {
        for (written, spoken) in [
            ("from 9:00 to 14:00.", "from nine a m to two p m."),
            ("at 16:30", "at four thirty p m"),
            ("the 1st of July to the 15th of September", "the first of July to the fifteenth of September"),
            ("costs 3,50 €, or 2 €", "costs three euros fifty, or two euros"),
            ("33 % or more", "thirty-three per cent or more"),
            ("dial 112", "dial one one two"),
            ("1,250 people", "one thousand two hundred and fifty people"),
        ] {
            assert_eq!(for_speech(written, Language::En), spoken);
        }
    }

    #[test]
    fn what_is_not_known_stays() {
        for text in ["", "¿Qué tal?", "A-42/b", "…", "٣"] {
            assert_eq!(for_speech(text, Language::Es), text);
        }
    }
}
