//! Why a pack cannot be read.

use std::path::{Path, PathBuf};

use crate::pack::FORMAT;
use crate::topic_fault::TopicFault;

/// What is wrong with a pack, where, and how to mend it.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    #[error("{}: cannot be read: {}", .0.display(), .1)]
    Read(PathBuf, std::io::Error),
    #[error("{}: {}", .0.display(), .1)]
    Toml(PathBuf, String),
    #[error("{}, line {}: {}", .0.display(), .1, .2)]
    Line(PathBuf, usize, String),
    #[error("{}, line {}: {}", .0.display(), .1, .2)]
    Topic(PathBuf, usize, TopicFault),
    #[error("{}: this is format {}, and this Portaveu reads format {FORMAT}; update the box or the pack", .0.display(), .1)]
    Format(PathBuf, u32),
}

impl PackError {
    /// The file of a topic, if that is what is wrong.
    pub fn topic(&self) -> Option<&Path> {
        match self {
            Self::Topic(path, ..) => Some(path),
            _ => None,
        }
    }
}
