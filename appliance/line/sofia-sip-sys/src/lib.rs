//! Raw bindings to `shim/shim.h`, which hides sofia-sip's variadic calls. Use crate `sofia-sip`, which is safe.
//!
//! `src/bindings.rs` is checked in, so that a build needs no libclang; `tests/drift.rs` makes it anew and compares.

#![allow(non_camel_case_types, non_upper_case_globals, clippy::all)]

include!("bindings.rs");
