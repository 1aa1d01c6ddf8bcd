//! Bundles of counts on their way to the council's broker: kept as they were closed until the broker has them.

use jiff::Timestamp;
use redb::{ReadableDatabase, ReadableTable, TableDefinition};

use crate::{Store, StoreError, failed};

/// Sequence number to the bundle, as it is sent.
pub const BUNDLES: TableDefinition<u64, &[u8]> = TableDefinition::new("bundles");
/// What metrics must remember besides.
pub const METRICS: TableDefinition<&str, &[u8]> = TableDefinition::new("metrics");
const COUNTED_UNTIL: &str = "counted until";
const CARRIED: &str = "carried";

/// How far metrics have come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Hours before this moment are in bundles or carried.
    pub until: Option<Timestamp>,
    /// Counts that are too few for a bundle of their own, as metrics wrote them.
    pub carried: Vec<u8>,
    /// The number of the next bundle.
    pub next: u64,
}

impl Store {
    pub fn counted(&self) -> Result<Counted, StoreError> {
        let read = self.database.begin_read().map_err(failed)?;
        let (metrics, bundles) = (read.open_table(METRICS).map_err(failed)?, read.open_table(BUNDLES).map_err(failed)?);
        let until = metrics.get(COUNTED_UNTIL).map_err(failed)?;
        let until = until.map(|bytes| postcard::from_bytes::<Timestamp>(bytes.value())).transpose()?;
        let carried = metrics.get(CARRIED).map_err(failed)?.map(|bytes| bytes.value().to_vec()).unwrap_or_default();
        let next = bundles.last().map_err(failed)?.map_or(1, |(last, _)| last.value() + 1);
        Ok(Counted { until, carried, next })
    }

    /// Hours were counted: with a bundle or without. All of it or nothing is kept.
    pub fn put_counted(&self, counted: &Counted, bundle: Option<&[u8]>) -> Result<(), StoreError> {
        self.add(|write| {
            let mut metrics = write.open_table(METRICS).map_err(failed)?;
            if let Some(until) = &counted.until {
                metrics.insert(COUNTED_UNTIL, postcard::to_stdvec(until)?.as_slice()).map_err(failed)?;
            }
            metrics.insert(CARRIED, counted.carried.as_slice()).map_err(failed)?;
            if let Some(bundle) = bundle {
                write.open_table(BUNDLES).map_err(failed)?.insert(counted.next, bundle).map_err(failed)?;
            }
            Ok(())
        })
    }

    /// The oldest bundle after this one that the broker does not have.
    pub fn next_bundle(&self, after: u64) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
        let table = self.database.begin_read().map_err(failed)?.open_table(BUNDLES).map_err(failed)?;
        for entry in table.range(after + 1..).map_err(failed)? {
            let (number, bundle) = entry.map_err(failed)?;
            if !bundle.value().is_empty() {
                return Ok(Some((number.value(), bundle.value().to_vec())));
            }
        }
        Ok(None)
    }

    /// The broker has it: its number stays, so that none is given twice.
    pub fn bundle_delivered(&self, number: u64) -> Result<(), StoreError> {
        self.write(|write| {
            let mut table = write.open_table(BUNDLES).map_err(failed)?;
            table.retain_in(..number, |_, _| false).map_err(failed)?;
            table.insert(number, [].as_slice()).map_err(failed)?;
            Ok(())
        })
    }
}
