//! From probabilities to one decision, by what each would cost the caller.
//!
//! One cost sets all thresholds: a wrong answer is worth ten askings-back ([`WRONG`]). The others follow from what they
//! make the caller do.

use portaveu_call::{Control, Decision, Unanswerable, Understood};

use crate::classifier::Ranked;
use crate::learn::Reading;
use crate::pack::Label;

/// A wrong answer costs somebody a fine or a missed deadline.
const WRONG: f32 = 10.0;
/// "Are you asking about …?", and it was that.
const ASKED: f32 = 1.0;
/// "… or …?", and it was one of them.
const ASKED_WHICH: f32 = 1.2;
/// A question back that did not hold what was meant: the caller says no and begins again.
const MISSED: f32 = 5.0;
/// "I don't know that" to something that the council does know.
const PASSED: f32 = 5.0;
/// Danger is believed from here on where no topic is likelier, and from the double of it in any case.
const EMERGENCY: f32 = 0.25;
/// What is no topic is believed from here on.
const CONTROL: f32 = 0.50;
/// From here on a caller is told that the matter is none of the council's.
const SURELY_OUT: f32 = 0.80;
/// And from here on met as an insult, of which three end the call.
const INSULT: f32 = 0.70;
/// Nobody is hung up on for less: what may be a goodbye is answered as thanks are, with "anything else?".
const GOODBYE: f32 = 0.85;
/// An answer that was not asked for, beside the one that was.
const UNASKED: f32 = 2.7;
/// From here on both of two requests are answered.
const BOTH: f32 = 1.0 - ASKED_WHICH / UNASKED;
/// From here on it is asked which of the two.
const PERHAPS_BOTH: f32 = 0.50;
const _: () = assert!(PERHAPS_BOTH < BOTH);
/// Nothing is asked back about topics that are less likely.
const WORTH_ASKING: f32 = 0.08;
/// Topics that are named in a question back.
const NAMED: usize = 3;
/// Likely enough to be named, as a share of the likeliest.
const WORTH_NAMING: f32 = 0.06;

pub fn nothing(confidence: f32) -> Understood {
    Understood::new(Decision::None, confidence)
}

pub fn decide(reading: &Reading) -> Understood {
    let emergency = reading.ranked.share(&Label::Emergency);
    let topic = reading.ranked.best_topic().map_or(0.0, |(_, share)| share);
    if emergency >= 2.0 * EMERGENCY || (emergency >= EMERGENCY && emergency > topic) {
        return Understood::new(Decision::Emergency, emergency);
    }
    let ranked = reading.ranked.best_first();
    let controls: Vec<(&str, f32)> = ranked.iter().filter_map(|(l, share)| Some((l.control()?, *share))).collect();
    let steers: f32 = controls.iter().map(|(_, share)| share).sum();
    match controls.first() {
        Some(("goodbye", share)) if steers >= CONTROL && *share < GOODBYE => control("thanks", steers),
        Some((name, _)) if steers >= CONTROL => control(name, steers),
        _ if unanswerable(&reading.ranked) >= CONTROL => no_topic(&reading.ranked),
        _ => topics(reading),
    }
}

/// That the council has nothing to say to it.
fn unanswerable(ranked: &Ranked) -> f32 {
    ranked.share(&Label::Out) + ranked.share(&Label::Abuse)
}

fn no_topic(ranked: &Ranked) -> Understood {
    let (out, abuse) = (ranked.share(&Label::Out), ranked.share(&Label::Abuse));
    let why = match (out, abuse) {
        (_, INSULT..) => Some(Unanswerable::Abuse),
        (SURELY_OUT.., _) => Some(Unanswerable::NotOurs),
        _ => None,
    };
    Understood { unanswerable: why, ..nothing(out + abuse) }
}

fn control(name: &str, confidence: f32) -> Understood {
    let control = name.parse::<Control>().ok();
    let decision = if control == Some(Control::Human) { Decision::Human } else { Decision::Control };
    Understood { control, ..Understood::new(decision, confidence) }
}

fn topics(reading: &Reading) -> Understood {
    let likely = likely_topics(reading);
    let Some(best) = likely.first().map(|topic| topic.share) else { return nothing(0.0) };
    match &reading.both {
        Some((topics, share)) if *share >= BOTH => return of_topics(Decision::Answer, topics, *share),
        Some((topics, share)) if *share >= PERHAPS_BOTH => return of_topics(Decision::Choose, topics, best),
        _ => {}
    }
    let (decision, count) = cheapest(&likely, unanswerable(&reading.ranked));
    if decision == Decision::None {
        return nothing(best);
    }
    let mut named: Vec<String> = likely.iter().map(|topic| topic.id.to_owned()).collect();
    let alternatives = named.split_off(count);
    Understood { alternatives, ..of_topics(decision, &named, best) }
}

fn of_topics(decision: Decision, topics: &[String], confidence: f32) -> Understood {
    Understood { topics: topics.to_vec(), ..Understood::new(decision, confidence) }
}

/// A topic that could be named.
struct Likely<'a> {
    id: &'a str,
    /// How likely it is that it was asked for.
    share: f32,
    /// How likely it is that it is meant, where what was asked leaves that open counted in.
    meant: f32,
}

/// The topics that could be named, best first.
fn likely_topics<'a>(reading: &Reading<'a>) -> Vec<Likely<'a>> {
    let vague = reading.ranked.share(&Label::Vague);
    let if_vague = |id: &str| reading.if_vague.iter().find(|(topic, _)| *topic == id).map_or(0.0, |(_, share)| *share);
    let ranked = reading.ranked.best_first().into_iter();
    let topics = ranked.filter_map(|(label, share)| Some((label.topic()?, share)));
    let mut topics: Vec<Likely> =
        topics.map(|(id, share)| Likely { id, share, meant: share + vague * if_vague(id) }).collect();
    topics.sort_by(|a, b| b.meant.total_cmp(&a.meant));
    topics.truncate(NAMED);
    let best = topics.first().map_or(0.0, |topic| topic.meant);
    topics.retain(|topic| topic.meant >= WORTH_NAMING * best);
    topics
}

/// What costs the caller least, and how many topics it names. `out` is the probability that there is no answer.
fn cheapest(likely: &[Likely], out: f32) -> (Decision, usize) {
    let Some(best) = likely.first() else { return (Decision::None, 0) };
    if best.meant < WORTH_ASKING {
        return (Decision::None, 0);
    }
    let mut options = vec![
        (PASSED * (1.0 - out), Decision::None, 0),
        (WRONG * (1.0 - best.share), Decision::Answer, 1),
        (ASKED * best.share + MISSED * (1.0 - best.share), Decision::Confirm, 1),
    ];
    for count in 2..=likely.len() {
        let held: f32 = likely.iter().take(count).map(|topic| topic.meant).sum();
        options.push((ASKED_WHICH * held + MISSED * (1.0 - held), Decision::Choose, count));
    }
    let cheapest = options.into_iter().min_by(|a, b| a.0.total_cmp(&b.0));
    cheapest.map_or((Decision::None, 0), |(_, decision, count)| (decision, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(shares: &[(&str, f32)], both: Option<f32>) -> (Decision, usize) {
        let labels: Vec<Label> = shares
            .iter()
            .map(|(name, _)| match *name {
                "!emergency" => Label::Emergency,
                "!out" => Label::Out,
                "!abuse" => Label::Abuse,
                "!vague" => Label::Vague,
                name if name.starts_with('!') => Label::Control(name[1..].into()),
                name => Label::Topic(name.into()),
            })
            .collect();
        let ranked = Ranked { labels: &labels, shares: shares.iter().map(|(_, share)| *share).collect() };
        let understood = decide(&Reading {
            ranked,
            both: both.map(|share| (["a".into(), "b".into()], share)),
            if_vague: Vec::new(),
        });
        (understood.decision, understood.topics.len())
    }

    #[test]
    fn the_surer_the_bolder() {
        assert_eq!(decided(&[("a", 0.95), ("b", 0.05)], None), (Decision::Answer, 1));
        assert_eq!(decided(&[("a", 0.75), ("b", 0.02)], None), (Decision::Confirm, 1));
        assert_eq!(decided(&[("a", 0.5), ("b", 0.4)], None), (Decision::Choose, 2));
        assert_eq!(decided(&[("a", 0.15), ("!out", 0.45)], None), (Decision::None, 0));
        assert_eq!(decided(&[("!out", 0.7), ("a", 0.2)], None), (Decision::None, 0));
    }

    #[test]
    fn what_leaves_it_open_is_asked_back() {
        assert_eq!(decided(&[("a", 0.6), ("b", 0.1), ("!vague", 0.3)], None), (Decision::Choose, 2));
    }

    #[test]
    fn what_leaves_it_open_is_asked_in_the_words_of_what_it_may_mean() {
        let labels = ["a", "b", "c"].map(|id| Label::Topic(id.into()));
        let labels = [&labels[..], &[Label::Vague]].concat();
        let ranked = Ranked { labels: &labels, shares: vec![0.3, 0.02, 0.01, 0.67] };
        let understood = decide(&Reading { ranked, both: None, if_vague: vec![("a", 0.5), ("c", 0.5)] });
        assert_eq!((understood.decision, understood.topics), (Decision::Choose, vec!["a".into(), "c".into()]));
    }

    #[test]
    fn what_is_no_matter_of_the_councils_is_told_apart() {
        let why = |out: f32, abuse: f32| {
            let labels = [Label::Out, Label::Abuse];
            decide(&Reading {
                ranked: Ranked { labels: &labels, shares: vec![out, abuse] },
                both: None,
                if_vague: Vec::new(),
            })
            .unanswerable
        };
        assert_eq!(why(0.9, 0.1), Some(Unanswerable::NotOurs));
        assert_eq!(why(0.6, 0.1), None);
        assert_eq!(why(0.2, 0.75), Some(Unanswerable::Abuse));
        assert_eq!(why(0.3, 0.6), None);
    }

    #[test]
    fn danger_comes_first() {
        assert_eq!(decided(&[("a", 0.3), ("!emergency", 0.35)], Some(0.9)).0, Decision::Emergency);
        assert_eq!(decided(&[("a", 0.65), ("!emergency", 0.3)], None).0, Decision::Confirm);
        assert_eq!(decided(&[("!human", 0.8)], None).0, Decision::Human);
        assert_eq!(decided(&[("!thanks", 0.4), ("!goodbye", 0.3), ("a", 0.3)], None).0, Decision::Control);
    }

    #[test]
    fn nobody_is_hung_up_on_lightly() {
        let control = |goodbye: f32| {
            let labels = [Label::Control("goodbye".into()), Label::Topic("a".into())];
            let ranked = Ranked { labels: &labels, shares: vec![goodbye, 1.0 - goodbye] };
            decide(&Reading { ranked, both: None, if_vague: Vec::new() }).control
        };
        assert_eq!(control(0.95), Some(Control::Goodbye));
        assert_eq!(control(0.60), Some(Control::Thanks));
    }

    #[test]
    fn two_requests_are_both_answered() {
        assert_eq!(decided(&[("a", 0.95), ("b", 0.05)], Some(0.9)), (Decision::Answer, 2));
        assert_eq!(decided(&[("a", 0.95), ("b", 0.05)], Some(0.52)), (Decision::Choose, 2));
        assert_eq!(decided(&[("a", 0.95), ("b", 0.05)], Some(0.1)), (Decision::Answer, 1));
    }
}
