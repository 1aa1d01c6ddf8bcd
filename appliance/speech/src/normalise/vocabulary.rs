//! The words that patterns are read with, by language.

use portaveu_call::Language;

use super::Gender;

pub struct Vocabulary {
    pub language: Language,
    pub euro: (&'static str, &'static str),
    /// Between euros and cents.
    pub with: &'static str,
    pub percent: &'static str,
    pub dot: &'static str,
    pub at: &'static str,
    pub comma: &'static str,
    /// Between day, month and year.
    pub of: &'static str,
    pub months: [&'static str; 12],
    /// Written, spoken; the written form is compared in lower case.
    pub short: &'static [(&'static str, &'static str)],
    /// Acronyms, compared as they are written.
    pub acronyms: &'static [(&'static str, &'static str)],
    /// How feminine nouns end.
    feminine: &'static [&'static str],
}

static ES: Vocabulary = Vocabulary {
    language: Language::Es,
    euro: ("euro", "euros"),
    with: " con ",
    percent: "por ciento",
    dot: "punto",
    at: "arroba",
    comma: "coma",
    of: " de ",
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    short: &[
        ("c/", "calle"),
        ("avda.", "avenida"),
        ("av.", "avenida"),
        ("pl.", "plaza"),
        ("pza.", "plaza"),
        ("ctra.", "carretera"),
        ("n.º", "número"),
        ("nº", "número"),
        ("núm.", "número"),
        ("tel.", "teléfono"),
        ("sr.", "señor"),
        ("sra.", "señora"),
        ("dña.", "doña"),
        ("dpto.", "departamento"),
        ("etc.", "etcétera"),
        ("km", "kilómetros"),
        ("m²", "metros cuadrados"),
        ("cl@ve", "clave"),
    ],
    acronyms: &[
        ("DNI", "de ene i"),
        ("NIE", "nie"),
        ("IBI", "ibi"),
        ("IVTM", "i uve te eme"),
        ("OMIC", "omic"),
        ("SEPE", "sepe"),
        ("INE", "ine"),
    ],
    feminine: &["a", "as", "ión", "iones", "dad", "dades"],
};

static CA: Vocabulary = Vocabulary {
    language: Language::Ca,
    euro: ("euro", "euros"),
    with: " amb ",
    percent: "per cent",
    dot: "punt",
    at: "arrova",
    comma: "coma",
    of: " de ",
    months: [
        "gener", "febrer", "març", "abril", "maig", "juny", "juliol", "agost", "setembre", "octubre", "novembre",
        "desembre",
    ],
    short: &[
        ("c/", "carrer"),
        ("avda.", "avinguda"),
        ("av.", "avinguda"),
        ("pl.", "plaça"),
        ("ctra.", "carretera"),
        ("n.º", "número"),
        ("nº", "número"),
        ("núm.", "número"),
        ("tel.", "telèfon"),
        ("sr.", "senyor"),
        ("sra.", "senyora"),
        ("etc.", "etcètera"),
        ("km", "quilòmetres"),
        ("m²", "metres quadrats"),
        ("cl@ve", "clave"),
    ],
    acronyms: &[
        ("DNI", "de ena i"),
        ("NIE", "nie"),
        ("IBI", "ibi"),
        ("OMIC", "omic"),
        ("SEPE", "sepe"),
        ("INE", "ine"),
    ],
    feminine: &["a", "es", "ió", "ions", "tat", "tats"],
};

static EN: Vocabulary = Vocabulary {
    language: Language::En,
    euro: ("euro", "euros"),
    with: " ",
    percent: "per cent",
    dot: "dot",
    at: "at",
    comma: "point",
    of: " ",
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    short: &[
        ("no.", "number"),
        ("tel.", "telephone"),
        ("st.", "street"),
        ("mr.", "mister"),
        ("mrs.", "missis"),
        ("etc.", "et cetera"),
        ("km", "kilometres"),
        ("m²", "square metres"),
        ("cl@ve", "clah vay"),
    ],
    acronyms: &[("NIE", "N I E"), ("CV", "C V"), ("OMIC", "oh mick"), ("SEPE", "seh peh"), ("INE", "I N E")],
    feminine: &[],
};

impl Vocabulary {
    pub fn of(language: Language) -> Option<&'static Self> {
        match language {
            Language::Es => Some(&ES),
            Language::Ca => Some(&CA),
            Language::En => Some(&EN),
            _ => None,
        }
    }

    pub fn gender_before(&self, next: Option<&str>) -> Gender {
        match next.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric())) {
            // A word of one or two letters joins ("de", "a", "y"): the number stands alone before it.
            Some(word) if word.chars().count() > 2 && word.chars().all(char::is_alphabetic) => {
                let is_day = word == "dia" || word == "día" || word == "dies" || word == "días";
                let ends = self.feminine.iter().any(|ending| word.ends_with(ending));
                if ends && !is_day { Gender::Feminine } else { Gender::Masculine }
            }
            _ => Gender::Alone,
        }
    }
}
