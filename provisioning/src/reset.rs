//! Back to how the box was unpacked: no site, no calls, no messages. The box keeps its identity, its receipts and the number of
//! the last version, so that an old stick does not become a good one again.
//!
//! A reset that the power cuts short is finished at the next start: the mark goes last.

use crate::appliance::Appliance;
use crate::command;
use crate::disk;
use crate::refusal::Refusal;
use crate::site::{Last, Sites};

const MARK: &str = "resetting";
/// Without it nothing of the store that was can be read, whatever is left of it on the disk. The next one is made before portaveu starts.
const STORE_KEY: &str = "store.key";

/// By hand, without a stick.
pub fn by_hand(appliance: &Appliance) -> Result<(), Refusal> {
    let _lock = appliance.lock()?;
    finish(appliance)?;
    let version = Sites::of(&appliance.root).had()?;
    begin(appliance, &Last { version, manifest: None, site: None })
}

/// `last` is how it will be then.
pub fn begin(appliance: &Appliance, last: &Last) -> Result<(), Refusal> {
    let text = serde_json::to_vec(last).map_err(|error| Refusal::Own(error.to_string()))?;
    disk::write(&appliance.root.join(MARK), &text, 0o600)?;
    finish(appliance)
}

/// Does nothing if no reset was begun.
pub fn finish(appliance: &Appliance) -> Result<(), Refusal> {
    let mark = appliance.root.join(MARK);
    let Some(text) = disk::read(&mark)? else { return Ok(()) };
    let last: Last = serde_json::from_slice(&text).map_err(|error| Refusal::own(&mark)(error.into()))?;
    if let Err(said) = command::run(&appliance.stop, None) {
        println!("notice  {}; the reset goes on", said.join("; "));
    }
    let sites = Sites::of(&appliance.root);
    sites.switch(None)?;
    disk::remove(&appliance.root.join(STORE_KEY))?;
    disk::empty(&appliance.data)?;
    sites.settle(&last)?;
    disk::remove(&mark)?;
    disk::sync(&appliance.root)
}
