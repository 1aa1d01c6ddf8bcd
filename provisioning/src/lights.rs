//! What the box is doing with a stick, on its lights and in its log. A light that fails holds nothing up.

use std::path::Path;
use std::time::{Duration, Instant};

use portaveu_board::{BoxState, Claim, Front, LEDS, LOCK, LampError, Stage as Shown};

use crate::progress::{Progress, Stage, Told};

/// How long it is shown what came of a stick that nobody pulls out. The next stick waits for that.
const LONGEST: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(500);

/// Holds the lights until it is dropped; none where they cannot be had.
pub struct Lights(Option<Claim>);

impl Lights {
    pub fn claim() -> Self {
        Self(told(front().and_then(Front::claim)))
    }

    fn has_lamps(&self) -> bool {
        let lamps = std::fs::read_dir(LEDS).into_iter().flatten().flatten();
        self.0.is_some() && lamps.into_iter().any(|lamp| lamp.file_name().to_string_lossy().starts_with("portaveu:"))
    }

    /// Who pulls the stick out has seen what came of it.
    pub fn until_pulled_out(&self, device: &Path) {
        let begin = Instant::now();
        while self.has_lamps() && device.exists() && begin.elapsed() < LONGEST {
            std::thread::sleep(LOOK);
        }
    }
}

impl Progress for Lights {
    fn show(&mut self, stage: Stage) {
        Told.show(stage);
        if let Some(claim) = &mut self.0 {
            told(claim.show(BoxState::Provisioning(shown(stage)).lights()));
        }
    }
}

fn shown(stage: Stage) -> Shown {
    match stage {
        Stage::Reading => Shown::Reading,
        Stage::Checking => Shown::Verifying,
        Stage::Updating | Stage::Switching | Stage::Restarting | Stage::Resetting | Stage::Writing => Shown::Applying,
        Stage::Done => Shown::Done,
        Stage::Refused => Shown::Refused,
    }
}

/// Nothing runs on a box without a site that would show it.
pub fn not_provisioned() {
    told(front().and_then(|mut front| front.show(BoxState::NotProvisioned.lights())));
}

fn front() -> Result<Front, LampError> {
    Front::open(Path::new(LEDS), Path::new(LOCK))
}

fn told<T>(shown: Result<T, LampError>) -> Option<T> {
    shown.inspect_err(|error| println!("notice  the lights are not right: {error}")).ok()
}
