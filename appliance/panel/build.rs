//! Takes the scripts of the pages from where `make setup` has put them (a Yocto recipe: from where it unpacked them).

use std::path::PathBuf;

fn main() -> Result<(), String> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=PORTAVEU_PANEL_SCRIPTS");
    let folder = PathBuf::from(std::env::var_os("PORTAVEU_PANEL_SCRIPTS").unwrap_or_default());
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    for name in ["htmx.js", "sse.js"] {
        let from = folder.join(name);
        println!("cargo:rerun-if-changed={}", from.display());
        std::fs::copy(&from, out.join(name))
            .map_err(|error| format!("{}: {error}; run `make setup` once", from.display()))?;
    }
    Ok(())
}
