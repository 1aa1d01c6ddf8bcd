//! Prints the label for the lid: `cargo run --release -p portaveu-board --example label > appliance/board/LABEL.svg`.

fn main() {
    print!("{}", portaveu_board::label::svg());
}
