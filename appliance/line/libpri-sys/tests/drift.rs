//! The checked-in bindings are what bindgen makes of the system's header today.
//! To renew them: `UPDATE_BINDINGS=1 cargo test -p libpri-sys --release`.

#[test]
fn bindings_match_the_header() {
    let functions = "pri_(new_cb|get_userdata|check_event|schedule_next|schedule_run|hangup_fix_enable|set_overlapdial\
        |set_message|set_error|new_call|sr_new|sr_free|sr_set_channel|sr_set_bearer|sr_set_called|sr_set_caller|setup\
        |need_more_info|information|proceeding|acknowledge|answer|hangup|destroycall|reset)";
    let made = bindgen::Builder::default()
        .header_contents("used.h", "#include <sys/time.h>\n#include <libpri.h>")
        .allowlist_function(functions)
        .allowlist_var(
            "PRI_(EVENT|TON|CAUSE|PRES|PROG|TRANS_CAP|LAYER_1_ALAW|NETWORK|CPE|SWITCH_EUROISDN_E1|UNKNOWN|NATIONAL).*",
        )
        .allowlist_type("timeval")
        .opaque_type("pri_subcommands")
        .layout_tests(false)
        .rust_target(bindgen::RustTarget::stable(85, 0).unwrap())
        .rust_edition(bindgen::RustEdition::Edition2024)
        .generate()
        .unwrap()
        .to_string();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bindings.rs");
    if std::env::var_os("UPDATE_BINDINGS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), made, "src/bindings.rs is not what libpri.h gives");
}
