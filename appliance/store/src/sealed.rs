//! Tables whose records are sealed: each for its own key in its own table, so that none can be put in another's place.

use std::fmt::Debug;
use std::marker::PhantomData;

use redb::{Key, ReadableTable, Table, TableDefinition, WriteTransaction};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::seal::Seal;
use crate::{StoreError, failed};

pub struct SealedTable<K: Key + 'static, R> {
    pub table: TableDefinition<'static, K, &'static [u8]>,
    /// What a record is called when it is sealed; it may never change.
    kind: &'static str,
    record: PhantomData<fn() -> R>,
}

impl<K: Key + 'static, R: Serialize + DeserializeOwned> SealedTable<K, R> {
    pub const fn new(table: &'static str, kind: &'static str) -> Self {
        Self { table: TableDefinition::new(table), kind, record: PhantomData }
    }

    pub fn close(&self, seal: &Seal, key: &K::SelfType<'_>, record: &R) -> Result<Vec<u8>, StoreError> {
        Ok(seal.close(&self.name(key), &postcard::to_stdvec(record)?)?)
    }

    pub fn open(&self, seal: &Seal, key: &K::SelfType<'_>, sealed: &[u8]) -> Result<R, StoreError> {
        Ok(postcard::from_bytes(&seal.open(&self.name(key), sealed)?)?)
    }

    pub fn table<'t>(&self, write: &'t WriteTransaction) -> Result<Table<'t, K, &'static [u8]>, StoreError> {
        write.open_table(self.table).map_err(failed)
    }

    pub fn put(
        &self,
        write: &WriteTransaction,
        seal: &Seal,
        key: K::SelfType<'_>,
        record: &R,
    ) -> Result<(), StoreError> {
        let sealed = self.close(seal, &key, record)?;
        self.table(write)?.insert(key, sealed.as_slice()).map_err(failed)?;
        Ok(())
    }

    pub fn get(
        &self,
        table: &impl ReadableTable<K, &'static [u8]>,
        seal: &Seal,
        key: K::SelfType<'_>,
    ) -> Result<Option<R>, StoreError> {
        let sealed = table.get(&key).map_err(failed)?;
        sealed.map(|sealed| self.open(seal, &key, sealed.value())).transpose()
    }

    fn name(&self, key: &impl Debug) -> String {
        format!("{} {key:?}", self.kind)
    }
}
