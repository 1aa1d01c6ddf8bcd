//! A pause that doubles with each failure, and never is the same for two boxes.

use std::time::Duration;

const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub struct Pause(Duration);

impl Pause {
    pub fn new() -> Self {
        Self(SHORTEST)
    }

    pub fn reset(&mut self) {
        self.0 = SHORTEST;
    }

    /// Between half of what it has come to and all of it.
    pub async fn wait(&mut self) {
        tokio::time::sleep(self.0.mul_f32(0.5 + fastrand::f32() / 2.0)).await;
        self.0 = (self.0 * 2).min(LONGEST);
    }
}
