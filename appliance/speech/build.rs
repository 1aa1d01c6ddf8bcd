//! Where the worker finds the speech runtime when it starts: beside the build on a workstation, in the box's own folder
//! when it is installed. (Crate sherpa-onnx sets a path only for its own examples.)

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for folder in ["$ORIGIN/../sherpa", "$ORIGIN/../lib/portaveu"] {
        println!("cargo:rustc-link-arg-bins=-Wl,-rpath,{folder}");
    }
}
