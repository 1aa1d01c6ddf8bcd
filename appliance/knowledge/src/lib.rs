//! What the council knows: its pack of approved answers, and finding which of them a caller means.
//!
//! Nothing is generated here: an answer is the council's own text or none. It must not do any I/O while a call waits,
//! but for a few rows of the word table.

mod calendar;
mod check;
mod choice;
mod classifier;
mod decide;
mod department;
mod directions;
mod embed;
mod facts;
mod features;
mod hearings;
mod learn;
mod meanings;
mod mishear;
mod nearest;
mod pack;
mod pack_error;
mod parts;
mod phrases;
mod reach;
mod requests;
mod said_number;
mod sentences;
mod topic_fault;
mod topic_file;
mod understand;
mod vague;

pub use calendar::{Calendar, Interval, Office, alike};
pub use check::{Advice, check, check_topic};
pub use department::Department;
pub use embed::{EmbedError, Embedder};
pub use facts::{Fact, Facts};
pub use hearings::{Hearings, file as hearings_file};
pub use pack::{Label, Pack, Topic};
pub use pack_error::PackError;
pub use parts::parts;
pub use phrases::{HoursPhrases, Phrases};
pub use reach::Reach;
pub use topic_fault::TopicFault;
pub use topic_file::{Head, Section, TopicFile};
pub use understand::{Context, Knowledge, KnowledgeError};
