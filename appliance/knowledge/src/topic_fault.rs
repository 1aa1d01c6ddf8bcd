//! What can be wrong with a topic. Each kind that somebody can cause who writes a topic in the panel's form is one of its
//! own, so that the panel can say it in its languages.

use portaveu_call::Language;

/// What is wrong with a topic, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopicFault {
    #[error("department \"{id}\" is not in council.toml; it has {known}")]
    Department { id: String, known: String },
    #[error("office \"{0}\" is not in calendar.toml")]
    Office(String),
    #[error("the topic has no name; write what it is called in a question back, as name.es")]
    NoName,
    #[error("the topic has no answer in {0}, the council's first language; write it under # {0}")]
    NoAnswer(Language),
    #[error("there is no fact \"{name}\" in facts.toml; write it there, or take one of {known}")]
    Fact { name: String, known: String },
    /// What only a file can have that was written by hand.
    #[error("{0}")]
    File(String),
}
