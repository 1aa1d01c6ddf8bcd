//! Sticks that set a box up. The laptop's half makes and signs a bundle ([`build`]); the box's half copies it off the stick,
//! verifies the copy, applies it whole or not at all ([`apply`]) and leaves a signed receipt ([`receipt`]).
//!
//! The box's half must not change anything before all of the bundle is verified, and must not read the stick twice.

pub mod appliance;
pub mod apply;
pub mod build;
pub mod command;
pub mod device;
pub mod disk;
pub mod identity;
pub mod keys;
pub mod manifest;
pub mod place;
pub mod progress;
pub mod reach;
pub mod receipt;
pub mod refusal;
pub mod reset;
pub mod site;
pub mod staging;
pub mod stick;
