//! States against the page that says what the lights mean.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::collections::{BTreeMap, HashMap};

use embedded_hal::delay::DelayNs;
use portaveu_board::{BoxState, Front, Lights, Meaning, label, walk};
use portaveu_call::Language;

const PAGE: &str = include_str!("../README.md");
const LABEL: &str = include_str!("../LABEL.svg");

/// The rows of the page: by the state's name, what each light may do.
fn rows() -> BTreeMap<&'static str, [Vec<&'static str>; 4]> {
    let cells = PAGE.lines().filter(|line| line.starts_with('|')).map(|line| line.split('|').map(str::trim));
    let rows =
        cells.map(Iterator::collect::<Vec<_>>).filter(|row| row.len() == 8 && !["state", "---"].contains(&row[1]));
    rows.map(|row| (row[1], [2, 3, 4, 5].map(|cell| row[cell].split('/').collect()))).collect()
}

fn is_seen(lights: Lights, row: &[Vec<&str>; 4]) -> bool {
    lights.in_order().iter().zip(row).all(|(light, allowed)| allowed.contains(&light.to_string().as_str()))
}

#[test]
fn the_page_has_a_row_for_each_meaning_and_no_other() {
    let mut names: Vec<&str> = Meaning::ALL.iter().map(|meaning| meaning.name()).collect();
    names.sort_unstable();
    assert_eq!(rows().into_keys().collect::<Vec<_>>(), names);
}

#[test]
fn what_the_page_says_of_lights_is_what_the_box_means_and_nothing_else() {
    let rows = rows();
    for state in BoxState::all() {
        let lights = state.lights();
        for meaning in Meaning::ALL {
            let (seen, meant) = (is_seen(lights, &rows[meaning.name()]), state.meanings().contains(&meaning));
            assert_eq!(seen, meant, "{state:?} shows {lights:?}: is that \"{}\"?", meaning.name());
        }
    }
}

#[test]
fn no_two_states_look_the_same() {
    let mut seen = HashMap::new();
    for state in BoxState::all() {
        assert_ne!(state.lights(), Lights::OFF, "{state:?} looks like a box without power");
        if let Some(other) = seen.insert(state.lights(), state) {
            panic!("{state:?} looks like {other:?}");
        }
    }
    assert_eq!(seen.len(), 8 + 3 * 3 * 3 * 2);
}

#[test]
fn the_label_is_drawn_from_these_states() {
    assert_eq!(label::svg(), LABEL, "draw it anew: cargo run --release -p portaveu-board --example label");
}

/// What is printed, read as a person reads it: the lamps in a row, and the words beside them.
#[test]
fn each_row_of_the_label_has_its_lights_and_its_words_in_three_languages() {
    let (label, page) = (roxmltree::Document::parse(LABEL).unwrap(), rows());
    for meaning in Meaning::ALL {
        let is_row = |node: &roxmltree::Node| node.attribute("data-meaning") == Some(meaning.name());
        let row = label.descendants().find(is_row).unwrap_or_else(|| panic!("{} is not on the label", meaning.name()));
        let words: Vec<&str> =
            row.children().filter(|node| node.has_tag_name("text")).map(|t| t.text().unwrap()).collect();
        assert_eq!(words, [Language::Es, Language::Ca, Language::En].map(|language| meaning.text(language)));
        let lamps: Vec<&str> = row.descendants().filter_map(|node| node.attribute("data-light")).collect();
        let printed = &page[meaning.name()];
        match lamps[..] {
            [alone] => assert!(printed.iter().any(|allowed| *allowed == [alone]), "{}: {alone}", meaning.name()),
            _ => assert_eq!(printed.iter().map(|allowed| allowed.join("/")).collect::<Vec<_>>(), lamps),
        }
    }
}

#[test]
fn nothing_on_the_label_is_told_by_a_colour() {
    let label = roxmltree::Document::parse(LABEL).unwrap();
    for node in label.descendants() {
        for paint in ["fill", "stroke"].into_iter().filter_map(|name| node.attribute(name)) {
            assert!(["black", "white", "none"].contains(&paint), "{paint}");
        }
    }
}

#[test]
fn a_state_is_known_by_its_name_and_another_name_is_told() {
    assert_eq!("not-provisioned".parse(), Ok(BoxState::NotProvisioned));
    assert_eq!("safe".parse(), Ok(BoxState::Safe));
    let error = "asleep".parse::<BoxState>().unwrap_err().to_string();
    assert!(error.contains("asleep") && error.contains("not-provisioned"), "{error}");
}

/// A delay that takes no time and looks at the lights.
struct Look<'a>(&'a portaveu_board::SimulatedLights, Vec<Lights>);

impl DelayNs for Look<'_> {
    fn delay_ns(&mut self, _: u32) {
        panic!("whole milliseconds are asked for");
    }

    fn delay_ms(&mut self, time: u32) {
        assert!(time >= 4000, "a light that blinks slowly is to be seen twice");
        self.1.push(self.0.now().unwrap());
    }
}

#[test]
fn a_walk_shows_what_it_says_and_each_row_of_the_page_once() {
    let folder = tempfile::tempdir().unwrap();
    let (front, seen) = Front::simulated(&folder.path().join("lock"));
    let (mut look, mut said) = (Look(&seen, Vec::new()), Vec::new());
    walk(&mut front.claim().unwrap(), &mut look, |state| said.push(state)).unwrap();
    assert_eq!(look.1, said.iter().map(|state| state.lights()).collect::<Vec<_>>());
    for meaning in Meaning::ALL {
        assert!(said.iter().any(|state| state.meanings().contains(&meaning)), "{} is not shown", meaning.name());
    }
}
