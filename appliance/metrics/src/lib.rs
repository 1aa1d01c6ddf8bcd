//! Anonymous counts of calls, and how `portaveu` hands them to `portaveu-metrics`, the program that publishes them.
//!
//! The ear has no network, and the network has no ear: nothing here can hold what a caller said, a telephone number or
//! sound. A [`Bundle`] has counts of at least `k` calls and names that the council itself published, and `portaveu-metrics`
//! passes on nothing that is not exactly one.

mod bundle;
mod counts;
mod hour;
mod link;
mod name;
mod table;
mod threshold;

pub use bundle::{Bundle, Label, NotABundle, SCHEMA};
pub use counts::{CallFacts, Counts, Ending, Outcome};
pub use hour::Hour;
pub use link::{BundleSource, Link, LinkError, Undelivered, listen, serve};
pub use name::{Name, NotAName};
pub use table::{Bucket, Cell, Table};
pub use threshold::{Threshold, TooLow};

/// The JSON schema of a bundle, as it is published beside them.
pub const SCHEMA_DOCUMENT: &str = include_str!("../schema/bundle.json");
