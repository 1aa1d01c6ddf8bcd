//! The page that says what the lights mean, which is also the label for the lid: an SVG of A5, drawn from the states themselves.
//!
//! It is printed in black: a light is told by its place, its name and the rhythm drawn beside it, never by a colour.

use std::fmt::{self, Display, Formatter};

use portaveu_call::Language;

use crate::lights::{Light, Lights};
use crate::meaning::Meaning;
use crate::state::BoxState;

// In tenths of a millimetre.
const LEFT: usize = 50;
const RIGHT: usize = 1130;
const TOP: usize = 400;
const ROW: usize = 100;
const ROW_OF_ONE: usize = 84;
const BETWEEN_LAMPS: usize = 84;
const BETWEEN_LINES: usize = 27;

const NAMES: [[&str; 3]; 4] = [
    ["Alimentación", "Alimentació", "Power"],
    ["Línea", "Línia", "Line"],
    ["Llamada", "Telefonada", "Call"],
    ["Avería", "Avaria", "Fault"],
];
const RHYTHMS: [(Light, [&str; 3]); 4] = [
    (Light::Off, ["apagada", "apagat", "off"]),
    (Light::On, ["encendida", "encés", "on"]),
    (Light::Slow, ["parpadea despacio", "parpelleja a poc a poc", "blinks slowly"]),
    (Light::Fast, ["parpadea deprisa", "parpelleja de pressa", "blinks fast"]),
];
const TOGETHER: [&str; 3] = [
    "Alimentación parpadea despacio: mire las cuatro luces juntas.",
    "Alimentació parpelleja a poc a poc: mireu els quatre llums junts.",
    "Power blinks slowly: look at the four lights together.",
];
const ALONE: [&str; 3] =
    ["Si no: cada luz dice lo suyo.", "Si no: cada llum diu el seu.", "If not: each light tells its own."];
const DARK: [&str; 3] = ["Sin corriente, o estropeado.", "Sense corrent, o espatlat.", "No power, or broken."];
const BUTTON: [&str; 3] = [
    "Botón: breve, dice cómo está por su teléfono; 5 segundos, modo seguro.",
    "Botó: breu, diu com està pel seu telèfon; 5 segons, mode segur.",
    "Button: short, tells its state on its handset; 5 seconds, safe mode.",
];

/// The meanings that one light tells by itself while the box works: its place, and what the label has of it.
const BY_ITSELF: [(usize, &[Meaning]); 4] = [
    (0, &[Meaning::Answers, Meaning::Updating]),
    (1, &[Meaning::LinesUp, Meaning::SomeLinesDown, Meaning::LinesDown]),
    (2, &[Meaning::NoCall, Meaning::CallsGoingOn, Meaning::AllChannels]),
    (3, &[Meaning::NoFault, Meaning::LookAtPanel, Meaning::CallTechnician]),
];

/// The label as a file, `LABEL.svg`.
pub fn svg() -> String {
    Label.to_string()
}

struct Label;

impl Display for Label {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        f.write_str(concat!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="210mm" height="148mm" viewBox="0 0 2100 1480" "#,
            r#"font-family="DejaVu Sans, sans-serif" font-size="22" lang="es">"#,
            "\n<title>Portaveu: luces, llums, lights</title>\n",
            r#"<rect width="2100" height="1480" fill="white"/>"#,
            "\n"
        ))?;
        head(f)?;
        together(f)?;
        each_by_itself(f)?;
        f.write_str("</svg>\n")
    }
}

fn head(f: &mut Formatter) -> fmt::Result {
    writeln!(f, r#"<text x="{LEFT}" y="95" font-size="64" font-weight="bold">Portaveu</text>"#)?;
    for (place, (light, words)) in RHYTHMS.into_iter().enumerate() {
        let x = 520 + 400 * place;
        lamp(f, x, 40, light)?;
        lines(f, x + 75, 53, words)?;
    }
    Ok(())
}

/// The states in which all four lights are looked at, under the lights' names.
fn together(f: &mut Formatter) -> fmt::Result {
    for (place, names) in NAMES.into_iter().enumerate() {
        let x = LEFT + BETWEEN_LAMPS * place + 30;
        writeln!(f, r#"<g transform="rotate(-60 {x} {})" font-size="19">"#, TOP - 20)?;
        lines(f, x, TOP - 40, names)?;
        f.write_str("</g>\n")?;
    }
    let text = LEFT + 4 * BETWEEN_LAMPS + 10;
    bold(f, LEFT, TOP - 200, TOGETHER)?;
    let alone: Vec<Meaning> = BY_ITSELF.into_iter().flat_map(|(_, meanings)| meanings).copied().collect();
    let rows = Meaning::ALL.into_iter().filter(|meaning| !alone.contains(meaning));
    let rows = rows.map(|meaning| (meaning.name(), lights_of(meaning), words(meaning)));
    let mut y = TOP;
    for (name, lights, words) in rows.chain([("dark", Lights::OFF, DARK)]) {
        writeln!(f, r#"<g data-meaning="{name}">"#)?;
        for (place, light) in lights.in_order().into_iter().enumerate() {
            lamp(f, LEFT + BETWEEN_LAMPS * place, y, light)?;
        }
        lines(f, text, y + 14, words)?;
        f.write_str("</g>\n")?;
        y += ROW;
    }
    bold(f, LEFT, y + 40, BUTTON)
}

/// What each light says while the box works.
fn each_by_itself(f: &mut Formatter) -> fmt::Result {
    let mut y = TOP - 200;
    bold(f, RIGHT, y, ALONE)?;
    y += 100;
    for (place, meanings) in BY_ITSELF {
        let name = NAMES[place].join(" · ");
        writeln!(f, r#"<text x="{RIGHT}" y="{y}" font-size="26" font-weight="bold">{name}</text>"#)?;
        y += 20;
        for meaning in meanings {
            writeln!(f, r#"<g data-meaning="{}">"#, meaning.name())?;
            lamp(f, RIGHT + BETWEEN_LAMPS * place, y, lights_of(*meaning).in_order()[place])?;
            lines(f, RIGHT + 4 * BETWEEN_LAMPS + 10, y + 10, words(*meaning))?;
            f.write_str("</g>\n")?;
            y += ROW_OF_ONE;
        }
        y += 34;
    }
    Ok(())
}

fn lights_of(meaning: Meaning) -> Lights {
    BoxState::all().find(|state| state.meanings().contains(&meaning)).map_or(Lights::OFF, BoxState::lights)
}

fn words(meaning: Meaning) -> [&'static str; 3] {
    [Language::Es, Language::Ca, Language::En].map(|language| meaning.text(language))
}

fn lines(f: &mut Formatter, x: usize, y: usize, words: [&str; 3]) -> fmt::Result {
    for (line, words) in words.into_iter().enumerate() {
        writeln!(f, r#"<text x="{x}" y="{}">{words}</text>"#, y + BETWEEN_LINES * line)?;
    }
    Ok(())
}

fn bold(f: &mut Formatter, x: usize, y: usize, words: [&str; 3]) -> fmt::Result {
    f.write_str("<g font-weight=\"bold\">\n")?;
    lines(f, x, y, words)?;
    f.write_str("</g>\n")
}

/// A lamp, and below it two seconds of what it does: shining is black.
fn lamp(f: &mut Formatter, x: usize, y: usize, light: Light) -> fmt::Result {
    let (middle, below) = (x + 30, y + 56);
    let ring = if light == Light::Fast { "8 6" } else { "none" };
    writeln!(f, r#"<g data-light="{light}" stroke="black" stroke-width="3">"#)?;
    let fill = if light == Light::On { "black" } else { "white" };
    writeln!(f, r#"<circle cx="{middle}" cy="{}" r="22" fill="{fill}" stroke-dasharray="{ring}"/>"#, y + 24)?;
    if let Some((on, _)) = light.rhythm() {
        let width = usize::try_from(on.as_millis()).unwrap_or(0) * 60 / 2000;
        writeln!(f, r#"<circle cx="{middle}" cy="{}" r="10" fill="black"/>"#, y + 24)?;
        for dash in (0..60).step_by(2 * width) {
            writeln!(
                f,
                r#"<rect x="{}" y="{below}" width="{width}" height="9" fill="black" stroke="none"/>"#,
                x + dash
            )?;
        }
    }
    writeln!(
        f,
        r#"<rect x="{x}" y="{below}" width="60" height="9" fill="{}" stroke-width="1.5"/>"#,
        match light {
            Light::On => "black",
            _ => "none",
        }
    )?;
    f.write_str("</g>\n")
}
