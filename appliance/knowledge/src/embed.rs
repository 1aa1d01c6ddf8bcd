//! Meaning: multilingual-e5-small, a BERT encoder run by candle. A text becomes a vector of length 1; texts that mean the
//! same lie near each other in every language.
//!
//! The word table is two thirds of the model and only a few of its rows are ever needed, so rows are read from its file.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use candle_core::{D, DType, Device, Tensor};
use candle_nn::{LayerNorm, Module, VarBuilder};
use rayon::prelude::*;
use serde::Deserialize;
use tokenizers::Tokenizer;

/// e5 wants to know what a text is.
const PREFIX: &str = "query: ";
/// Texts longer than this are cut: nobody asks in more words.
const MOST_TOKENS: usize = 96;
/// Texts that are embedded together.
const BATCH: usize = 24;

/// Why meaning cannot be found.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    #[error("the language model in {0} cannot be loaded ({1}): it is missing or damaged; run `make models`")]
    Model(String, String),
    #[error("the language model failed: {0}")]
    Failed(#[from] candle_core::Error),
    #[error("the word table of the language model cannot be read: {0}")]
    Words(#[from] std::io::Error),
}

#[derive(Deserialize)]
struct Sizes {
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    layer_norm_eps: f64,
}

pub struct Embedder {
    tokenizer: Tokenizer,
    words: File,
    positions: Tensor,
    norm: LayerNorm,
    layers: Vec<Layer>,
    hidden: usize,
}

impl Embedder {
    pub fn load(folder: &Path) -> Result<Self, EmbedError> {
        let broken = |reason: String| EmbedError::Model(folder.display().to_string(), reason);
        let config = std::fs::read(folder.join("config.json")).map_err(|e| broken(e.to_string()))?;
        let sizes: Sizes = serde_json::from_slice(&config).map_err(|e| broken(e.to_string()))?;
        let tokenizer = Tokenizer::from_file(folder.join("tokenizer.json")).map_err(|e| broken(e.to_string()))?;
        let words = File::open(folder.join("words.f16")).map_err(|e| broken(e.to_string()))?;
        let weights = std::fs::read(folder.join("encoder.safetensors")).map_err(|e| broken(e.to_string()))?;
        let vars = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu)
            .map_err(|e| broken(e.to_string()))?;
        Self::assemble(&sizes, tokenizer, words, &vars).map_err(|e| broken(e.to_string()))
    }

    fn assemble(sizes: &Sizes, tokenizer: Tokenizer, words: File, vars: &VarBuilder) -> candle_core::Result<Self> {
        let (hidden, eps) = (sizes.hidden_size, sizes.layer_norm_eps);
        let embeddings = vars.pp("embeddings");
        // Every text is of type 0 and begins at position 0, so the two tables are one.
        let types = embeddings.pp("token_type_embeddings").get_unchecked("weight")?.narrow(0, 0, 1)?;
        let positions = embeddings.pp("position_embeddings").get_unchecked("weight")?.narrow(0, 0, MOST_TOKENS)?;
        let layers = (0..sizes.num_hidden_layers).map(|n| Layer::load(sizes, &vars.pp(format!("encoder.layer.{n}"))));
        Ok(Self {
            tokenizer,
            words,
            positions: positions.broadcast_add(&types)?,
            norm: candle_nn::layer_norm(hidden, eps, embeddings.pp("LayerNorm"))?,
            layers: layers.collect::<candle_core::Result<_>>()?,
            hidden,
        })
    }

    /// Numbers in a vector.
    pub fn dimensions(&self) -> usize {
        self.hidden
    }

    /// Embed many texts, in the order given.
    pub fn embed_all(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let tokens: Vec<Vec<u32>> = texts.iter().map(|text| self.tokens(text)).collect();
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in tokens.chunks(BATCH) {
            vectors.extend(self.encode(batch)?);
        }
        Ok(vectors)
    }

    fn tokens(&self, text: &str) -> Vec<u32> {
        let encoded = self.tokenizer.encode_fast(format!("{PREFIX}{}", spoken(text)), true);
        let mut ids = encoded.map(|encoding| encoding.get_ids().to_vec()).unwrap_or_default();
        ids.truncate(MOST_TOKENS);
        ids
    }

    /// Texts as mean-pooled vectors of length 1. It runs on a thread of rayon's own: from another one, each of the
    /// many multiplications would put this thread to sleep and wake it again.
    fn encode(&self, batch: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, EmbedError> {
        rayon::scope(|_| self.encode_here(batch))
    }

    /// The tokens of all texts are the rows of one matrix, text after text, so that each layer is read once for all of them.
    fn encode_here(&self, batch: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut rows = Vec::new();
        for token in batch.iter().flatten() {
            self.read_row(*token, &mut rows)?;
        }
        let lengths: Vec<usize> = batch.iter().map(Vec::len).collect();
        let words = Tensor::from_vec(rows, (lengths.iter().sum::<usize>(), self.hidden), &Device::Cpu)?;
        let positions = lengths.iter().map(|length| self.positions.narrow(0, 0, *length));
        let positions = Tensor::cat(&positions.collect::<candle_core::Result<Vec<_>>>()?, 0)?;
        let mut state = self.norm.forward(&(words + positions)?)?;
        for layer in &self.layers {
            state = layer.forward(&state, &lengths)?;
        }
        texts_of(&state, &lengths)
            .map(|text| {
                let mean = text?.mean_keepdim(0)?;
                let norm = mean.sqr()?.sum_keepdim(D::Minus1)?.sqrt()?;
                Ok(mean.broadcast_div(&norm)?.squeeze(0)?.to_vec1()?)
            })
            .collect()
    }

    fn read_row(&self, token: u32, rows: &mut Vec<f32>) -> std::io::Result<()> {
        let mut bytes = vec![0; 2 * self.hidden];
        self.words.read_exact_at(&mut bytes, u64::from(token) * 2 * self.hidden as u64)?;
        rows.extend(bytes.as_chunks::<2>().0.iter().map(|half| f32::from(half::f16::from_le_bytes(*half))));
        Ok(())
    }
}

/// A text as it sounds: in lower case and without the signs that a recogniser may or may not write.
pub fn spoken(text: &str) -> String {
    let letters = text.chars().flat_map(char::to_lowercase);
    let bare: String = letters.map(|c| if c.is_alphanumeric() || "'’·@-".contains(c) { c } else { ' ' }).collect();
    bare.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A linear map, its matrix kept the other way round than usual: with few tokens, the multiplication then reads it in
/// order and packs nothing, which halves its time.
struct Linear {
    matrix: Tensor,
    bias: Tensor,
}

impl Linear {
    fn load(from: usize, to: usize, vars: &VarBuilder) -> candle_core::Result<Self> {
        Self::load_joined(from, to, std::slice::from_ref(vars))
    }

    /// Several maps of the same rows as one.
    fn load_joined(from: usize, to: usize, vars: &[VarBuilder]) -> candle_core::Result<Self> {
        let weights =
            vars.iter().map(|vars| vars.get((to, from), "weight")).collect::<candle_core::Result<Vec<_>>>()?;
        let biases = vars.iter().map(|vars| vars.get(to, "bias")).collect::<candle_core::Result<Vec<_>>>()?;
        Ok(Self { matrix: Tensor::cat(&weights, 0)?.t()?.contiguous()?, bias: Tensor::cat(&biases, 0)? })
    }

    fn forward(&self, rows: &Tensor) -> candle_core::Result<Tensor> {
        rows.matmul(&self.matrix)?.broadcast_add(&self.bias)
    }
}

/// GELU, with the error function by Abramowitz and Stegun 7.1.26 (error below 2e-7): candle's own is a fifth of the time.
fn gelu(x: &Tensor) -> candle_core::Result<Tensor> {
    let mut values = x.flatten_all()?.to_vec1::<f32>()?;
    let half = values.len().div_ceil(2).max(1);
    values.par_iter_mut().with_min_len(half).for_each(|value| {
        let z = value.abs() * std::f32::consts::FRAC_1_SQRT_2;
        let t = 1.0 / (1.0 + 0.327_591_1 * z);
        let series = ((((1.061_405_4 * t - 1.453_152) * t + 1.421_413_7) * t - 0.284_496_74) * t + 0.254_829_6) * t;
        let erf = 1.0 - series * (-z * z).exp();
        *value *= 0.5 * (1.0 + erf.copysign(*value));
    });
    Tensor::from_vec(values, x.shape(), x.device())
}

struct Layer {
    query_key_value: Linear,
    out: Linear,
    attention_norm: LayerNorm,
    inner: Linear,
    outer: Linear,
    norm: LayerNorm,
    heads: usize,
}

impl Layer {
    fn load(sizes: &Sizes, vars: &VarBuilder) -> candle_core::Result<Self> {
        let (hidden, inner, eps) = (sizes.hidden_size, sizes.intermediate_size, sizes.layer_norm_eps);
        let attention = vars.pp("attention");
        Ok(Self {
            query_key_value: Linear::load_joined(
                hidden,
                hidden,
                &["self.query", "self.key", "self.value"].map(|name| attention.pp(name)),
            )?,
            out: Linear::load(hidden, hidden, &attention.pp("output.dense"))?,
            attention_norm: candle_nn::layer_norm(hidden, eps, attention.pp("output.LayerNorm"))?,
            inner: Linear::load(hidden, inner, &vars.pp("intermediate.dense"))?,
            outer: Linear::load(inner, hidden, &vars.pp("output.dense"))?,
            norm: candle_nn::layer_norm(hidden, eps, vars.pp("output.LayerNorm"))?,
            heads: sizes.num_attention_heads,
        })
    }

    fn forward(&self, state: &Tensor, lengths: &[usize]) -> candle_core::Result<Tensor> {
        let attended = self.attention_norm.forward(&(self.attend(state, lengths)? + state)?)?;
        let inner = gelu(&self.inner.forward(&attended)?)?;
        self.norm.forward(&(self.outer.forward(&inner)? + attended)?)
    }

    /// Each text attends to its own tokens.
    fn attend(&self, state: &Tensor, lengths: &[usize]) -> candle_core::Result<Tensor> {
        let (tokens, hidden) = state.dims2()?;
        let per_head = hidden / self.heads;
        let projected = self.query_key_value.forward(state)?.reshape((tokens, 3, self.heads, per_head))?;
        let texts = texts_of(&projected, lengths).map(|text| {
            let text = text?;
            let heads = |n: usize| text.narrow(1, n, 1)?.squeeze(1)?.transpose(0, 1)?.contiguous();
            let (query, key, value) = (heads(0)?, heads(1)?, heads(2)?);
            let scores = (query.matmul(&key.transpose(1, 2)?.contiguous()?)? / (per_head as f64).sqrt())?;
            let mixed = candle_nn::ops::softmax_last_dim(&scores)?.matmul(&value)?;
            mixed.transpose(0, 1)?.reshape(((), hidden))
        });
        self.out.forward(&Tensor::cat(&texts.collect::<candle_core::Result<Vec<_>>>()?, 0)?)
    }
}

/// The rows of each text.
fn texts_of<'a>(rows: &'a Tensor, lengths: &'a [usize]) -> impl Iterator<Item = candle_core::Result<Tensor>> + 'a {
    lengths.iter().scan(0, |start, length| {
        let begin = *start;
        *start += length;
        Some(rows.narrow(0, begin, *length))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_and_capitals_do_not_sound() {
        assert_eq!(spoken("¿Qué horario té l'AJUNTAMENT, ara?"), "qué horario té l'ajuntament ara");
    }
}
