//! Says how the box's button is pressed, for as long as it runs.

use portaveu_board::button::{ButtonError, GpioButton, listen};

fn main() -> Result<(), ButtonError> {
    match GpioButton::find()? {
        Some(mut button) => listen(&mut button, |press| println!("{press:?}")),
        None => {
            println!("this machine has no line named portaveu-button or portaveu-button-n");
            Ok(())
        }
    }
}
