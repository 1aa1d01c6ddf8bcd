//! The rehearsal's four LEDs: the kernel's `uleds` keeps them for as long as this program runs. It lights nothing.

use std::fs::{File, OpenOptions};
use std::io::Write;

const LIGHTS: [&str; 4] = ["portaveu:green:power", "portaveu:green:line", "portaveu:blue:call", "portaveu:red:fault"];
/// `struct uleds_user_dev`: a name of 64 bytes, and the greatest brightness.
const NAME: usize = 64;

fn main() -> std::io::Result<()> {
    let _held: Vec<File> = LIGHTS.into_iter().map(light).collect::<Result<_, _>>()?;
    loop {
        std::thread::park();
    }
}

fn light(name: &str) -> std::io::Result<File> {
    let mut device = OpenOptions::new().read(true).write(true).open("/dev/uleds")?;
    let mut request = name.as_bytes().to_vec();
    request.resize(NAME, 0);
    request.extend_from_slice(&1_i32.to_ne_bytes());
    device.write_all(&request)?;
    Ok(device)
}
