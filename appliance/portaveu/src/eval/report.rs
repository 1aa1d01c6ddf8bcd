//! What `eval --report` writes of a run: which topics were taken for which, whether probabilities are what they say, and
//! what other thresholds would have given.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// The likeliest topic of a row that has one right topic; none when nothing was said of any.
pub struct Guess {
    pub expected: String,
    pub best: Option<String>,
    pub share: f32,
}

impl Guess {
    fn is_right(&self) -> bool {
        self.best.as_ref() == Some(&self.expected)
    }
}

const STEPS: usize = 10;
const SIZE: f64 = 360.0;
const MARGIN: f64 = 50.0;

/// `confusions.txt`, `thresholds.txt` and `calibration.svg` in `folder`.
pub fn write(folder: &Path, guesses: &[Guess]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("confusions.txt"), confusions(guesses))?;
    std::fs::write(folder.join("thresholds.txt"), thresholds(guesses))?;
    std::fs::write(folder.join("calibration.svg"), calibration(guesses))
}

fn confusions(guesses: &[Guess]) -> String {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for guess in guesses.iter().filter(|guess| !guess.is_right()) {
        *counts.entry((&guess.expected, guess.best.as_deref().unwrap_or("nothing"))).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut text = String::from("expected                  taken for                 times\n");
    for ((expected, best), count) in counts {
        let _ = writeln!(text, "{expected:<26}{best:<26}{count:>5}");
    }
    text
}

fn thresholds(guesses: &[Guess]) -> String {
    let mut text = String::from("answered from    right    wrong    not answered at once\n");
    for step in 10..20usize {
        let threshold = step as f32 / 20.0;
        let (answered, rest): (Vec<&Guess>, Vec<&Guess>) =
            guesses.iter().partition(|guess| guess.best.is_some() && guess.share >= threshold);
        let right = answered.iter().filter(|guess| guess.is_right()).count();
        let percent = |count: usize| 100.0 * count as f64 / guesses.len().max(1) as f64;
        let (right, wrong, rest) = (percent(right), percent(answered.len() - right), percent(rest.len()));
        let _ = writeln!(text, "{threshold:>13.2} {right:>6.1} % {wrong:>6.1} % {rest:>6.1} %");
    }
    text
}

/// For each tenth of probability: how many there are, the mean probability, and the share that is right.
fn tenths(guesses: &[Guess]) -> Vec<(usize, f64, f64)> {
    let in_tenth = |tenth: usize| {
        let range =
            tenth as f32 / STEPS as f32..(tenth + 1) as f32 / STEPS as f32 + f32::from(u8::from(tenth + 1 == STEPS));
        guesses.iter().filter(move |guess| guess.best.is_some() && range.contains(&guess.share))
    };
    let tenth = |tenth: usize| {
        let count = in_tenth(tenth).count();
        let mean = in_tenth(tenth).map(|guess| f64::from(guess.share)).sum::<f64>() / count.max(1) as f64;
        let right = in_tenth(tenth).filter(|guess| guess.is_right()).count() as f64 / count.max(1) as f64;
        (count, mean, right)
    };
    (0..STEPS).map(tenth).filter(|(count, _, _)| *count > 0).collect()
}

fn calibration(guesses: &[Guess]) -> String {
    let (x, y) = (|share: f64| MARGIN + share * SIZE, |share: f64| MARGIN + (1.0 - share) * SIZE);
    let whole = SIZE + 2.0 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {whole} {whole}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect x=\"{MARGIN}\" y=\"{MARGIN}\" width=\"{SIZE}\" height=\"{SIZE}\" fill=\"none\" stroke=\"#555\"/>\n\
         <line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"#999\" stroke-dasharray=\"4\"/>\n\
         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">probability of the likeliest topic</text>\n\
         <text x=\"16\" y=\"{}\" transform=\"rotate(-90 16 {})\" text-anchor=\"middle\">share that was right</text>\n",
        x(0.0),
        y(0.0),
        x(1.0),
        y(1.0),
        whole / 2.0,
        whole - 14.0,
        whole / 2.0,
        whole / 2.0,
    );
    for mark in [0.0, 0.5, 1.0] {
        let _ = writeln!(svg, "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{mark}</text>", x(mark), y(0.0) + 16.0);
        let _ = writeln!(svg, "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{mark}</text>", x(0.0) - 6.0, y(mark) + 4.0);
    }
    for (count, mean, right) in tenths(guesses) {
        let radius = 3.0 + (count as f64).sqrt();
        let _ = writeln!(
            svg,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius:.1}\" fill=\"#0b5cad\" fill-opacity=\"0.6\"><title>{count} rows, \
             mean probability {mean:.2}, right {right:.2}</title></circle>",
            x(mean),
            y(right)
        );
    }
    svg + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guesses() -> Vec<Guess> {
        let guess =
            |expected: &str, best: &str, share| Guess { expected: expected.into(), best: Some(best.into()), share };
        vec![guess("a", "a", 0.97), guess("a", "b", 0.65), guess("b", "b", 0.62), guess("a", "b", 1.0)]
    }

    #[test]
    fn confusions_are_counted() {
        assert!(confusions(&guesses()).contains("a                         b                             2"));
    }

    #[test]
    fn a_higher_threshold_answers_less() {
        let table = thresholds(&guesses());
        let line = table.lines().find(|line| line.contains("0.70")).unwrap();
        assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["0.70", "25.0", "%", "25.0", "%", "50.0", "%"]);
    }

    #[test]
    fn a_row_without_a_guess_is_not_answered() {
        let mut guesses = guesses();
        guesses.push(Guess { expected: "a".into(), best: None, share: 0.9 });
        let table = thresholds(&guesses);
        let line = table.lines().find(|line| line.contains("0.70")).unwrap();
        assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["0.70", "20.0", "%", "20.0", "%", "60.0", "%"]);
        assert!(confusions(&guesses).contains("nothing"));
    }

    #[test]
    fn a_certain_guess_is_in_the_last_tenth() {
        let tenths = tenths(&guesses());
        assert_eq!(tenths.iter().map(|(count, _, _)| count).sum::<usize>(), 4);
        assert_eq!(calibration(&guesses()).matches("<circle").count(), tenths.len());
    }
}
