//! The words of numbers, in all languages that callers speak. Callers mix them, and the recogniser takes one for the
//! other, so they are read together.

use std::collections::HashMap;
use std::sync::LazyLock;

use portaveu_call::Language;

use super::words::plain;

/// What a word adds to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A number below a thousand of one word.
    Number(u64),
    /// "vingt", of which French makes eighty.
    Score,
    /// "cents", "hundred": so many of it as were said before.
    Hundred,
    Thousand,
    Million,
    /// "double six".
    Times(usize),
    And,
    /// What people say between the parts of a number.
    Filler,
}

const NUMBERS: [(u64, &str); 46] = [
    (0, "cero sero zero zéro нуль ноль صفر"),
    (1, "uno un una u one unu une один одна واحد واحدة"),
    (2, "dos dues two deux doi două два дві две اثنان اثنين اتنين جوج"),
    (3, "tres three trois trei три ثلاثة ثلاث تلاتة"),
    (4, "cuatro quatre four patru чотири четыре أربعة أربع ربعة"),
    (5, "cinco cinc five cinq cinci п'ять пять خمسة خمس"),
    (6, "seis sis six șase шість шесть ستة ست"),
    (7, "siete set seven sept șapte сім семь سبعة سبع"),
    (8, "ocho huit vuit eight opt вісім восемь ثمانية ثماني تمانية تمنية"),
    (9, "nueve nou nine neuf nouă дев'ять девять تسعة تسع"),
    (10, "diez deu ten dix zece десять عشرة عشر"),
    (11, "once onze eleven unsprezece unșpe одинадцять одиннадцать"),
    (12, "doce dotze twelve douze doisprezece douăsprezece doișpe дванадцять двенадцать"),
    (13, "trece tretze thirteen treize treisprezece treișpe тринадцять тринадцать"),
    (14, "catorce catorze fourteen quatorze paisprezece paișpe чотирнадцять четырнадцать"),
    (15, "quince quinze fifteen cincisprezece cinșpe п'ятнадцять пятнадцать"),
    (16, "dieciséis setze sixteen seize șaisprezece șaișpe шістнадцять шестнадцать"),
    (17, "diecisiete dèsset disset seventeen șaptesprezece șapteșpe сімнадцять семнадцать"),
    (18, "dieciocho díhuit divuit eighteen optsprezece optșpe вісімнадцять восемнадцать"),
    (19, "diecinueve dènou dinou nineteen nouăsprezece nouășpe дев'ятнадцять девятнадцать"),
    (20, "veinte vint twenty douăzeci двадцять двадцать عشرون عشرين"),
    (21, "veintiuno veintiún veintiuna"),
    (22, "veintidós"),
    (23, "veintitrés"),
    (24, "veinticuatro"),
    (25, "veinticinco"),
    (26, "veintiséis"),
    (27, "veintisiete"),
    (28, "veintiocho"),
    (29, "veintinueve"),
    (30, "treinta trenta thirty trente treizeci тридцять тридцать ثلاثون ثلاثين تلاتين"),
    (40, "cuarenta quaranta forty fourty quarante patruzeci сорок أربعون أربعين"),
    (50, "cincuenta cinquanta fifty cinquante cincizeci п'ятдесят пятьдесят خمسون خمسين"),
    (60, "sesenta seixanta sixty soixante șaizeci шістдесят шестьдесят ستون ستين"),
    (70, "setenta setanta seventy septante șaptezeci сімдесят семьдесят سبعون سبعين"),
    (80, "ochenta huitanta vuitanta eighty octante huitante optzeci вісімдесят восемьдесят ثمانون ثمانين تمانين"),
    (90, "noventa noranta ninety nonante nouăzeci дев'яносто девяносто تسعون تسعين"),
    (100, "cien ciento сто"),
    (200, "doscientos doscientas двісті двести مئتان مئتين مائتان مائتين"),
    (300, "trescientos trescientas триста ثلاثمئة ثلاثمائة"),
    (400, "cuatrocientos cuatrocientas чотириста четыреста أربعمئة أربعمائة"),
    (500, "quinientos quinientas п'ятсот пятьсот خمسمئة خمسمائة"),
    (600, "seiscientos seiscientas шістсот шестьсот ستمئة ستمائة"),
    (700, "setecientos setecientas сімсот семьсот سبعمئة سبعمائة"),
    (800, "ochocientos ochocientas вісімсот восемьсот ثمانمئة ثمانمائة"),
    (900, "novecientos novecientas дев'ятсот девятьсот تسعمئة تسعمائة"),
];

const OTHERS: [(Part, &str); 8] = [
    (Part::Score, "vingt vingts"),
    (Part::Hundred, "cent cents centes cientos hundred sută sute مئة مائة مية"),
    (Part::Thousand, "mil thousand mille mie mii тисяча тисячі тисяч тысяча тысячи тысяч ألف آلاف الاف"),
    (Part::Million, "millón millones milió milions million millions milion milioane мільйон мільйони мільйонів مليون"),
    (Part::Times(2), "doble double dublu подвійна подвійний"),
    (Part::Times(3), "triple"),
    (Part::And, "y i and et și e та і и و"),
    (
        Part::Filler,
        "eh ehm em este pues luego después espera espere perdón sí vale coma punto guion barra espacio más menos \
         eee després llavors aleshores val punt guió espai més \
         um uh er erm then dash hyphen comma point slash space okay yes plus \
         euh puis ensuite tiret virgule apoi liniuță virgulă linie потім далі кома тире крапка плюс ثم فاصلة شرطة زائد",
    ),
];

/// Numbers that are said for something else more often than as a digit: articles, "new".
const HOMOGRAPHS: [&str; 10] = ["un", "una", "u", "une", "one", "nou", "noua", "set", "o", "once"];

static PARTS: LazyLock<HashMap<String, Part>> = LazyLock::new(|| {
    let numbers = NUMBERS.into_iter().map(|(number, words)| (Part::Number(number), words));
    let each = |(part, words): (Part, &'static str)| words.split_whitespace().map(move |word| (plain(word), part));
    numbers.chain(OTHERS).flat_map(each).collect()
});

/// What a word in its plain form adds to a number, if anything, and whether an "and" is grown into it, as in Arabic.
pub fn part(word: &str, language: Language) -> Option<(Part, bool)> {
    if language == Language::En && matches!(word, "o" | "oh") {
        return Some((Part::Number(0), false));
    }
    let known = |word: &str| PARTS.get(word).copied();
    let grown = || word.strip_prefix('و').and_then(known).map(|part| (part, true));
    known(word).map(|part| (part, false)).or_else(grown)
}

pub fn is_homograph(word: &str) -> bool {
    HOMOGRAPHS.contains(&word)
}
