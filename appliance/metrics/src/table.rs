//! Tables in which no cell tells of fewer than `k` calls, neither by itself nor by subtraction.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Threshold;
use crate::counts::LONGER;

/// Calls by name; each call is in one cell or in `other`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table<N> {
    pub cells: Vec<Cell<N>>,
    /// Calls of cells that are not shown, and of none.
    pub other: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell<N> {
    pub name: N,
    pub calls: u32,
}

impl<N: Clone + Ord> Table<N> {
    /// Cells below `k` go into `other`, with the `unnamed` calls; while that is itself below `k`, the next smallest cell
    /// joins it. `other` could else be had by subtraction from the total.
    pub(crate) fn hiding(counts: &BTreeMap<N, u32>, unnamed: u32, k: Threshold) -> Self {
        let mut cells: Vec<Cell<N>> =
            counts.iter().map(|(name, calls)| Cell { name: name.clone(), calls: *calls }).collect();
        cells.sort_by_key(|cell| std::cmp::Reverse(cell.calls));
        let mut other = unnamed;
        while let Some(smallest) = cells.pop_if(|cell| cell.calls < k.get() || !k.allows(other)) {
            other += smallest.calls;
        }
        cells.sort_by(|a, b| a.name.cmp(&b.name));
        Self { cells, other }
    }

    /// The calls of a cell, if it is shown.
    pub fn shown(&self, name: &N) -> Option<u32> {
        self.cells.iter().find(|cell| cell.name == *name).map(|cell| cell.calls)
    }

    pub(crate) fn keeps(&self, calls: u32, k: Threshold) -> bool {
        let shown = self.cells.iter().map(|cell| cell.calls);
        let sum = shown.clone().map(u64::from).sum::<u64>() + u64::from(self.other);
        self.cells.is_sorted_by(|a, b| a.name < b.name)
            && shown.clone().all(|calls| calls >= k.get())
            && k.allows(self.other)
            && sum == u64::from(calls)
    }
}

/// Calls up to a time, and longer than the bucket before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// Milliseconds; none is "any longer".
    pub up_to: Option<u32>,
    pub calls: u32,
}

/// Neighbours are joined until each bucket has no calls or at least `k`. There are at least `k` calls in `counts`.
pub(crate) fn buckets(bounds: &[u32], counts: &BTreeMap<u32, u32>, k: Threshold) -> Vec<Bucket> {
    let (mut buckets, mut gathered) = (Vec::new(), 0);
    for bound in bounds.iter().copied().chain([LONGER]) {
        gathered += counts.get(&bound).copied().unwrap_or(0);
        if k.allows(gathered) {
            buckets.push(Bucket { up_to: (bound != LONGER).then_some(bound), calls: std::mem::take(&mut gathered) });
        }
    }
    if gathered > 0 {
        join_backwards(&mut buckets, gathered);
    }
    buckets
}

/// What is left at the end goes into the last bucket that has calls.
fn join_backwards(buckets: &mut Vec<Bucket>, left: u32) {
    while buckets.pop_if(|bucket| bucket.calls == 0).is_some() {}
    let calls = left + buckets.pop().map_or(0, |bucket| bucket.calls);
    buckets.push(Bucket { up_to: None, calls });
}

pub(crate) fn buckets_keep(buckets: &[Bucket], bounds: &[u32], calls: Option<u32>, k: Threshold) -> bool {
    let Some(calls) = calls else { return buckets.is_empty() };
    let bound = |bucket: &Bucket| bucket.up_to.unwrap_or(LONGER);
    let sum: u64 = buckets.iter().map(|bucket| u64::from(bucket.calls)).sum();
    buckets.is_sorted_by(|a, b| bound(a) < bound(b))
        && buckets.iter().all(|bucket| bucket.up_to.is_none_or(|up_to| bounds.contains(&up_to)))
        && buckets.iter().all(|bucket| k.allows(bucket.calls))
        && sum == u64::from(calls)
}
