//! Compiles the shim and links the system's sofia-sip.

fn main() {
    println!("cargo:rerun-if-changed=shim");
    let sofia = pkg_config::Config::new().atleast_version("1.12.11").probe("sofia-sip-ua").unwrap_or_else(|error| {
        panic!("sofia-sip is missing; on Debian: apt-get install libsofia-sip-ua-dev ({error})")
    });
    cc::Build::new().file("shim/shim.c").includes(sofia.include_paths).warnings_into_errors(true).compile("sofia_shim");
}
