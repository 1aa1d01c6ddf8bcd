//! Bindings to the part of libpri 1.6 that Portaveu uses, made from its header by `tests/drift.rs` and checked in.
//! libpri is GPL-2: what links it is that as a whole, which the EUPL allows.
//!
//! It must hold nothing written by hand; the safe face is the crate `libpri`.

#![allow(non_camel_case_types, non_snake_case, unsafe_op_in_unsafe_fn, clippy::all)]

include!("bindings.rs");
