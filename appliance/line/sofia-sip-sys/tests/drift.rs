//! The checked-in bindings are what bindgen makes of the shim's header today.
//! To renew them after a change of the header: `UPDATE_BINDINGS=1 cargo test -p sofia-sip-sys --release`.

#[test]
fn bindings_match_the_header() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let made = bindgen::Builder::default()
        .header(here.join("shim/shim.h").to_str().unwrap())
        .allowlist_file(".*shim\\.h")
        .default_enum_style(bindgen::EnumVariation::ModuleConsts)
        .layout_tests(false)
        .rust_target(bindgen::RustTarget::stable(85, 0).unwrap())
        .rust_edition(bindgen::RustEdition::Edition2024)
        .generate()
        .unwrap()
        .to_string();
    let path = here.join("src/bindings.rs");
    if std::env::var_os("UPDATE_BINDINGS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), made, "src/bindings.rs is not what shim.h gives");
}
