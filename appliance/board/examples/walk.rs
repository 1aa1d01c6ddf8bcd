//! Shows every state of the box on its lights, one after the other, and says which.

use std::path::Path;

use embedded_hal::delay::DelayNs;
use portaveu_board::{Front, LEDS, LOCK, LampError, walk};

struct Sleep;

impl DelayNs for Sleep {
    fn delay_ns(&mut self, time: u32) {
        std::thread::sleep(std::time::Duration::from_nanos(time.into()));
    }
}

fn main() -> Result<(), LampError> {
    let mut lights = Front::open(Path::new(LEDS), Path::new(LOCK))?.claim()?;
    walk(&mut lights, &mut Sleep, |state| println!("{state:?}"))
}
