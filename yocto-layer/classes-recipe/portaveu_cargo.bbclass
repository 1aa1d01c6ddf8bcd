# What the four programs share: one workspace, one Cargo.lock, one list of crates.

inherit portaveu_source portaveu_registries cargo pkgconfig

PORTAVEU_REGISTRIES += "PORTAVEU_CRATES"
require recipes-portaveu/portaveu/portaveu_crates.inc

CARGO_BUILD_FLAGS:append = " --package ${BPN} --bin ${BPN}"
