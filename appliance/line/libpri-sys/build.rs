//! Links the system's libpri, which has no pkg-config file.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-link-lib=pri");
}
