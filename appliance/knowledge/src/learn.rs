//! What a box learns of a pack when it is published: on the box, and the same on every run. It
//! takes a third of a minute, and some minutes when every example is new.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use portaveu_call::Language;
use serde::{Deserialize, Serialize};

use crate::classifier::{Classifier, Ranked, Taught};
use crate::embed::{EmbedError, Embedder};
use crate::features::{Features, Measure, plain};
use crate::meanings::Meanings;
use crate::mishear::Mishearing;
use crate::nearest::Nearest;
use crate::pack::{Example, Label, Pack};
use crate::requests::{self, Pair, Requests};
use crate::vague::Vague;

/// Changes when features or training change: what was trained before is trained anew.
const VERSION: u32 = 15;
/// Tried for how much sharper than trained the probabilities should be.
const SHARPNESSES: [f32; 11] = [0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0];
/// An utterance that leaves open what is meant counts this often, half for being vague, half for what it may mean.
const VAGUE: f32 = 2.0;
/// How much an example of danger counts: what it befalls has many more of its own, and who is not believed may die.
const DANGER: f32 = 2.0;
/// How likely both topics must be among the topics by their letters alone, for the encoder to look.
const PROMISING: f32 = 0.05;
/// How much sharper probabilities by letters alone must be: half of the features says half as much.
const LETTERS_SHARPER: f32 = 2.0;
/// Cuts of an utterance that the encoder looks at.
const MOST_LOOKED_AT: usize = 2;
/// How much a misheard copy counts.
const MISHEARD: f32 = 0.7;
/// From so many hearings on it is known how a language is misheard; of others so many examples a section are misheard as any
/// language is.
const HEARD_ENOUGH: usize = 500;
const MISHEARD_OF: usize = 40;
/// A section begins with what callers usually say, this many examples; what follows may be as odd as the editor likes.
const USUAL: usize = 16;
/// One of so many usual examples is held back in the rehearsal.
const HELD_BACK: usize = 3;

#[derive(Serialize, Deserialize)]
pub struct Learned {
    version: u32,
    fingerprint: String,
    measure: Measure,
    classifier: Classifier,
    sharpness: f32,
    nearest: Nearest,
    requests: Requests,
    vague: Vague,
    /// How often the rehearsal took an unknown example of the first topic for the second.
    confusions: Vec<(String, String, u32)>,
}

/// What an utterance may mean.
pub struct Reading<'a> {
    /// By the classifier and the nearest examples.
    pub ranked: Ranked<'a>,
    /// Two topics that may both be asked for, and how likely that is, by the classifier alone.
    pub both: Option<([String; 2], f32)>,
    /// What is meant if it leaves that open: topics and their shares of it.
    pub if_vague: Vec<(&'a str, f32)>,
}

impl Reading<'_> {
    /// The same, of words that are believed less: every probability is raised to `belief`, below 1, and that both topics
    /// are asked for is as much less likely.
    pub fn doubted(self, belief: f32) -> Self {
        let both = self.both.map(|(topics, share)| (topics, share.powf(1.0 / belief)));
        Self { ranked: self.ranked.tempered(belief), both, ..self }
    }
}

impl Learned {
    pub fn of(pack: &Pack, embedder: &Embedder, meanings: &mut Meanings) -> Result<Self, EmbedError> {
        let (examples, copies, breaths) = (texts(pack), misheard_copies(pack), breaths(pack));
        let copied = copies.iter().map(|copy| copy.text.as_str());
        let parts = breaths.iter().flat_map(|(text, _)| requests::cuts(text).into_iter().map(|cut| text.split_at(cut)));
        let breathed = breaths.iter().map(|(text, _)| *text).chain(parts.flat_map(|(before, after)| [before, after]));
        let all: Vec<&str> = examples.iter().copied().chain(copied).chain(breathed).collect();
        let embeddings = meanings.of(&all, embedder)?;
        let measure = Measure::new(&examples, &embeddings[..examples.len()], embedder.dimensions());
        let taught = taught(pack, &copies, &embeddings, &measure);
        let known: HashMap<&str, &Vec<f32>> = all.iter().copied().zip(&embeddings).collect();
        // Two cores train the two at the same time.
        let (mut learned, classifier) = std::thread::scope(|scope| {
            let whole = scope.spawn(|| Classifier::train(&taught.iter().collect::<Vec<_>>(), &measure));
            let rehearsed = Self::rehearse(pack, &taught, &copies, &measure);
            (rehearsed, whole.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        learned.nearest = nearest(pack, &taught, &classifier);
        learned.vague = vague(pack, &taught);
        learned.requests = learned.learn_requests(&breaths, |texts: &[&str]| {
            Ok(texts.iter().filter_map(|text| known.get(text)).map(|embedding| (*embedding).clone()).collect())
        })?;
        learned.classifier = classifier;
        tracing::info!("unknown examples ask for probabilities {:.1} times as sharp", learned.sharpness);
        Ok(learned)
    }

    /// What is learned without the examples that are held back and their copies, and what those examples say of it.
    fn rehearse(pack: &Pack, taught: &[Taught], copies: &[Copy], measure: &Measure) -> Self {
        let (written, copied) = taught.split_at(taught.len() - copies.len());
        let (held_back, rest): (Vec<_>, Vec<_>) = written.iter().enumerate().partition(|(n, _)| is_held_back(*n, pack));
        let held_back: Vec<&Taught> = held_back.into_iter().map(|(_, taught)| taught).collect();
        let copied = copied.iter().zip(copies).filter(|(_, copy)| !copy.held_back).map(|(taught, _)| taught);
        let rest: Vec<&Taught> = rest.into_iter().map(|(_, taught)| taught).chain(copied).collect();
        let classifier = Classifier::train(&rest, measure);
        Self {
            version: VERSION,
            fingerprint: pack.fingerprint.clone(),
            sharpness: calibrate(&classifier, &held_back),
            confusions: confusions(&classifier, &held_back),
            measure: measure.clone(),
            classifier,
            nearest: Nearest::default(),
            requests: Requests::default(),
            vague: Vague::default(),
        }
    }

    pub fn confusions(&self) -> &[(String, String, u32)] {
        &self.confusions
    }

    /// What was kept in `path` of this pack and this model, if it is still good.
    pub fn kept(path: &Path, pack: &Pack, dimensions: usize) -> Option<Self> {
        let learned: Self = postcard::from_bytes(&std::fs::read(path).ok()?).ok()?;
        let good = learned.version == VERSION
            && learned.fingerprint == pack.fingerprint
            && learned.measure.dimensions() == dimensions
            && learned.classifier.fits(dimensions)
            && learned.nearest.fits(dimensions, learned.classifier.labels().len())
            && learned.vague.fits(dimensions);
        good.then_some(learned)
    }

    pub fn keep(&self, path: &Path) -> std::io::Result<()> {
        write_whole(path, &postcard::to_stdvec(self).map_err(std::io::Error::other)?)
    }

    fn learn_requests(&self, breaths: &[(&str, Vec<&str>)], embed: impl Embed) -> Result<Requests, EmbedError> {
        let mut known = Vec::new();
        for (text, topics) in breaths {
            let pairs = self.look(text, &embed)?.pairs;
            let wanted = |pair: &Pair| topics.len() == 2 && topics.iter().all(|id| pair.topics.iter().any(|t| t == id));
            known.extend(pairs.iter().map(|pair| (pair.signs, wanted(pair))));
        }
        Ok(Requests::train(&known))
    }

    pub fn read(&self, text: &str, embedder: &Embedder) -> Result<Reading<'_>, EmbedError> {
        let Looked { features, ranked, pairs } = self.look(text, &|texts: &[&str]| embedder.embed_all(texts))?;
        let rated = pairs.into_iter().map(|pair| (self.requests.probability(&pair.signs), pair.topics));
        let both = rated.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(probability, topics)| (topics, probability));
        let ranked = self.nearest.weigh_in(&ranked, &features.meaning);
        Ok(Reading { ranked, both, if_vague: self.vague.may_mean(&features.meaning) })
    }

    /// The whole, and the pairs of topics at its cuts, as the classifier sees them.
    fn look(&self, text: &str, embed: &impl Embed) -> Result<Looked<'_>, EmbedError> {
        let cuts = self.promising_cuts(text);
        let mut texts = vec![text];
        texts.extend(cuts.iter().flat_map(|cut| [&text[..*cut], &text[*cut..]]));
        let embeddings = embed(&texts)?;
        let features = |n: usize| self.measure.features(texts[n], embeddings.get(n).map_or(&[][..], Vec::as_slice));
        let rank = |n: usize| self.classifier.rank(&features(n), self.sharpness);
        let of_whole = features(0);
        let ranked = self.classifier.rank(&of_whole, self.sharpness);
        let pairs = cuts
            .iter()
            .enumerate()
            .filter_map(|(n, cut)| requests::pair(text, *cut, &ranked, [&rank(2 * n + 1), &rank(2 * n + 2)]));
        let pairs = pairs.collect();
        Ok(Looked { features: of_whole, ranked, pairs })
    }

    /// The cuts whose two sides are about different topics already by their letters; the encoder's time goes to them.
    fn promising_cuts(&self, text: &str) -> Vec<usize> {
        let topic = |part: &str| {
            let ranked = self.classifier.rank(&self.measure.letters_alone(part), LETTERS_SHARPER * self.sharpness);
            let among_topics = |share: f32| share / ranked.topics_share().max(f32::MIN_POSITIVE);
            ranked.best_topic().map(|(topic, share)| (topic.to_owned(), among_topics(share)))
        };
        let rated = requests::cuts(text).into_iter().filter_map(|cut| {
            let ((first, sure), (second, of_it)) = (topic(&text[..cut])?, topic(&text[cut..])?);
            (first != second && sure * of_it >= PROMISING).then_some((sure * of_it, cut))
        });
        let mut rated: Vec<(f32, usize)> = rated.collect();
        rated.sort_by(|a, b| b.0.total_cmp(&a.0));
        rated.into_iter().take(MOST_LOOKED_AT).map(|(_, cut)| cut).collect()
    }
}

struct Looked<'a> {
    features: Features,
    ranked: Ranked<'a>,
    pairs: Vec<Pair>,
}

/// What makes embeddings: the encoder, or what it made before.
trait Embed: Fn(&[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {}
impl<F: Fn(&[&str]) -> Result<Vec<Vec<f32>>, EmbedError>> Embed for F {}

/// Utterances to learn from where two requests part, with the topics that each asks for: the pack's own, and examples of
/// one topic that could be cut, of those that the rehearsal does not know.
fn breaths(pack: &Pack) -> Vec<(&str, Vec<&str>)> {
    let together =
        pack.together.iter().map(|breath| (breath.text.as_str(), breath.topics.iter().map(String::as_str).collect()));
    let held_back = pack.examples.iter().enumerate().filter(|(n, _)| is_held_back(*n, pack));
    let single = held_back.filter_map(|(_, e)| Some((e.text.as_str(), vec![e.label.topic()?])));
    together.chain(single.filter(|(text, _)| !requests::cuts(text).is_empty())).collect()
}

/// Examples that the rehearsal does not learn, so that it can be seen what it makes of the unknown.
fn is_held_back(number: usize, pack: &Pack) -> bool {
    pack.examples.get(number).is_some_and(|e| e.place < USUAL && e.place.is_multiple_of(HELD_BACK))
}

/// How much sharper than trained the probabilities must be to be those of unknown examples: the penalty on weights makes
/// them timid.
fn calibrate(classifier: &Classifier, held_back: &[&Taught]) -> f32 {
    let surprise = |sharpness: f32| -> f32 {
        let shares = held_back.iter().filter_map(|taught| {
            let (label, _) = taught.labels.first()?;
            Some(classifier.rank(&taught.features, sharpness).share(label))
        });
        shares.map(|share| -(share + 1e-4).ln()).sum()
    };
    let surprises = SHARPNESSES.map(|sharpness| (surprise(sharpness), sharpness));
    surprises.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).map_or(1.0, |(_, sharpness)| sharpness)
}

/// An example as the recogniser heard it, or might hear it.
struct Copy<'a> {
    text: String,
    label: &'a Label,
    held_back: bool,
}

fn misheard_copies(pack: &Pack) -> Vec<Copy<'_>> {
    let models = Mishearings::of(pack);
    let mut copies = Vec::new();
    for (number, example) in pack.examples.iter().enumerate() {
        let heard = pack.hearings.of(&example.text);
        let model = models.for_example(example).filter(|_| heard.is_empty());
        let imagined = model.map(|model| model.misheard(&example.text));
        let copied = heard.iter().cloned().chain(imagined);
        let wrongly = copied.filter(|heard| !["", &plain(&example.text)].contains(&plain(heard).as_str()));
        let (label, held_back) = (&example.label, is_held_back(number, pack));
        copies.extend(wrongly.map(|text| Copy { text, label, held_back }));
    }
    copies
}

/// How each language is misheard of which enough was heard, and any other.
struct Mishearings {
    of_language: HashMap<Language, Mishearing>,
    of_any: Mishearing,
}

impl Mishearings {
    fn of(pack: &Pack) -> Self {
        let pairs = pack.hearings.pairs();
        let of = |wanted: Language| pairs.clone().filter(move |(language, ..)| *language == wanted);
        let heard = pack.languages.iter().filter(|language| of(**language).count() >= HEARD_ENOUGH);
        let model = |language: Language| Mishearing::of(of(language).map(|(_, said, heard)| (said, heard)));
        Self {
            of_language: heard.map(|language| (*language, model(*language))).collect(),
            of_any: Mishearing::of(pairs.clone().map(|(_, said, heard)| (said, heard))),
        }
    }

    fn for_example(&self, example: &Example) -> Option<&Mishearing> {
        self.of_language.get(&example.language).or((example.place < MISHEARD_OF).then_some(&self.of_any))
    }
}

fn texts(pack: &Pack) -> Vec<&str> {
    let examples = pack.examples.iter().map(|example| example.text.as_str());
    examples.chain(pack.vague.iter().map(|vague| vague.text.as_str())).collect()
}

/// The examples and their copies as the classifier takes them, in the order of their embeddings.
fn taught(pack: &Pack, copies: &[Copy], embeddings: &[Vec<f32>], measure: &Measure) -> Vec<Taught> {
    let weight = |label: &Label| if *label == Label::Emergency { DANGER } else { 1.0 };
    let sure = pack
        .examples
        .iter()
        .map(|example| (example.text.as_str(), vec![(example.label.clone(), weight(&example.label))]));
    let vague = pack.vague.iter().map(|vague| {
        let share = VAGUE / 2.0 / vague.topics.len() as f32;
        let topics = vague.topics.iter().map(|id| (Label::Topic(id.clone()), share));
        (vague.text.as_str(), topics.chain([(Label::Vague, VAGUE / 2.0)]).collect())
    });
    let copies = copies.iter().map(|copy| (copy.text.as_str(), vec![(copy.label.clone(), MISHEARD)]));
    let labelled = sure.chain(vague).chain(copies).zip(embeddings);
    labelled.map(|((text, labels), embedding)| Taught { features: measure.features(text, embedding), labels }).collect()
}

/// Where the examples lie that were written; what leaves open what is meant is a neighbour of its own kind.
fn nearest(pack: &Pack, taught: &[Taught], classifier: &Classifier) -> Nearest {
    let labels = pack.examples.iter().map(|example| &example.label).chain(pack.vague.iter().map(|_| &Label::Vague));
    let examples = taught.iter().map(|taught| taught.features.meaning.as_slice()).zip(labels);
    Nearest::new(&examples.collect::<Vec<_>>(), classifier.labels())
}

/// The vague examples, which come after the pack's others.
fn vague(pack: &Pack, taught: &[Taught]) -> Vague {
    let meanings = taught.iter().skip(pack.examples.len()).map(|taught| taught.features.meaning.as_slice());
    Vague::new(&meanings.zip(pack.vague.iter().map(|vague| vague.topics.as_slice())).collect::<Vec<_>>())
}

fn confusions(classifier: &Classifier, held_back: &[&Taught]) -> Vec<(String, String, u32)> {
    let mut counts = BTreeMap::new();
    for taught in held_back {
        let Some(topic) = taught.labels.first().and_then(|(label, _)| label.topic()) else { continue };
        match classifier.rank(&taught.features, 1.0).best_topic() {
            Some((best, _)) if best != topic => *counts.entry((topic.to_owned(), best.to_owned())).or_insert(0) += 1,
            _ => {}
        }
    }
    let mut confusions: Vec<_> = counts.into_iter().map(|((topic, best), count)| (topic, best, count)).collect();
    confusions.sort_by_key(|(_, _, count)| std::cmp::Reverse(*count));
    confusions
}

/// A file that is there whole or not at all.
pub fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let part = path.with_extension(format!("part{}", std::process::id()));
    std::fs::write(&part, bytes)?;
    std::fs::rename(part, path)
}
