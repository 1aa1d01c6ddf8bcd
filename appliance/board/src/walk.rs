//! Every look of the lights, one after the other: for a technician who wants to know whether they all shine.

use embedded_hal::delay::DelayNs;

use crate::front::{Claim, LampError};
use crate::state::BoxState;

/// How long each is shown: long enough to see a light blink slowly, twice.
const EACH_MS: u32 = 4000;

/// Show each state once (the working ones by one light at a time), saying which before it is shown.
pub fn walk(lights: &mut Claim, delay: &mut impl DelayNs, mut say: impl FnMut(BoxState)) -> Result<(), LampError> {
    for state in BoxState::all().filter(|state| is_worth_seeing(*state)) {
        say(state);
        lights.show(state.lights())?;
        delay.delay_ms(EACH_MS);
    }
    Ok(())
}

/// Of the working states those in which one thing at most is out of the ordinary.
fn is_worth_seeing(state: BoxState) -> bool {
    use crate::state::{Calls, Condition};
    let BoxState::Working(working) = state else { return true };
    let unusual = [
        working.lines != Condition::Good,
        working.calls != Calls::None,
        working.parts != Condition::Good,
        working.updating,
    ];
    unusual.into_iter().filter(|is| *is).count() <= 1
}
