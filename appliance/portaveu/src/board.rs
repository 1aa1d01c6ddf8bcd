//! The box around the program: its lights show how the program is, and systemd hears that it is alive. Each has a thread of its
//! own; neither can make a call wait, nor ends the program when the box has no lights or no systemd.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use portaveu_board::{BoxState, Front, Heartbeat, LEDS, LOCK, LampError};

/// How often the lights are looked at: a change is seen as soon as this, and who held them for a while has given them back.
const LOOK: Duration = Duration::from_secs(1);
/// How long a part may be silent before the program counts as hanging. Their turns take some milliseconds, but a box that has
/// much else to do must not be taken for one that hangs.
pub const HANGS: Duration = Duration::from_secs(10);

/// The lights, as the program shows them until this is dropped: then it is starting again, or ends.
pub struct ShownLights {
    over: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Show that the box is starting. None where its lights cannot be used.
pub fn starting() -> Option<Front> {
    let shown = Front::open(Path::new(LEDS), Path::new(LOCK)).and_then(|mut front| {
        front.show(BoxState::Starting.lights())?;
        Ok(front)
    });
    shown.inspect_err(|error| tracing::error!("the lights of the box show nothing: {error}")).ok()
}

impl ShownLights {
    /// Show from now on how the box is.
    pub fn of(front: Option<Front>, state: impl Fn() -> BoxState + Send + 'static) -> std::io::Result<Self> {
        let (over, is_over) = channel::<()>();
        let Some(mut front) = front else { return Ok(Self { over: Some(over), thread: None }) };
        let show = move || {
            let mut failing = false;
            while is_over.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                failing = tell(front.show(state().lights()).map(drop), failing);
            }
            tell(front.show(BoxState::Starting.lights()).map(drop), failing);
        };
        let thread = std::thread::Builder::new().name("lights".into()).spawn(show)?;
        Ok(Self { over: Some(over), thread: Some(thread) })
    }
}

/// A light that fails is told once, not every second; whether it does.
fn tell(shown: Result<(), LampError>, failing: bool) -> bool {
    match &shown {
        Err(error) if !failing => tracing::error!("the lights of the box are not right: {error}"),
        Ok(()) if failing => tracing::info!("the lights of the box are right again"),
        _ => {}
    }
    shown.is_err()
}

impl Drop for ShownLights {
    fn drop(&mut self) {
        drop(self.over.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Tell systemd that calls are answered, and from now on that all parts are alive.
pub fn answers(heart: Arc<Heartbeat>, description: &str) -> std::io::Result<()> {
    if let Err(error) = heart.ready(description) {
        tracing::error!("systemd does not hear that calls are answered: {error}");
    }
    std::thread::Builder::new().name("heart".into()).spawn(move || heart.keep_beating())?;
    Ok(())
}
