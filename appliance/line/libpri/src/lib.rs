//! A safe face of libpri: one [`DChannel`] is the signalling of one E1 line, its events are owned values.
//!
//! Everything of a D channel lives on the thread that made it. It does no sound and decides nothing: what a call is for,
//! and which B channel is free, is the line's matter.

mod event;

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::ptr::NonNull;
use std::sync::Once;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use libpri_sys as sys;

pub use event::{Cause, Event, Setup};

/// Which end of the line this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The subscriber's: CPE, what a town hall has.
    User,
    /// The exchange's.
    Network,
}

/// A call of a D channel. It is a name only: libpri looks each up among its own before it touches it, so a stale one does
/// nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Call(NonNull<sys::q931_call>);

/// An outgoing call.
#[derive(Clone, Debug)]
pub struct Outgoing<'a> {
    /// The B channel that is proposed; the exchange may choose another.
    pub channel: u8,
    pub called: &'a str,
    /// Whether `called` is all of it; else the rest follows digit by digit.
    pub is_complete: bool,
    pub caller: &'a str,
}

/// The signalling of one E1 line (EuroISDN). libpri has no way of freeing its data: a line is opened once while a program runs.
pub struct DChannel {
    pri: NonNull<sys::pri>,
    /// libpri's callbacks read and write here; it has the number.
    file: OwnedFd,
}

impl DChannel {
    /// Speak over `file`, one message a read or write, as an HDLC driver or a packet socket gives them. It must not block.
    /// With `overlap`, numbers may come digit by digit. None when there is no memory.
    pub fn new(file: OwnedFd, side: Side, overlap: bool) -> Option<Self> {
        tell_messages();
        let side = match side {
            Side::User => sys::PRI_CPE,
            Side::Network => sys::PRI_NETWORK,
        };
        let number = std::ptr::without_provenance_mut(file.as_raw_fd() as usize);
        // SAFETY: the callbacks have the types that libpri asks for, and take `number` for no pointer.
        let pri = unsafe {
            sys::pri_new_cb(-1, side as c_int, sys::PRI_SWITCH_EUROISDN_E1 as c_int, Some(read), Some(write), number)
        };
        let pri = NonNull::new(pri)?;
        // SAFETY: `pri` is alive, as in every call below: libpri never frees it.
        unsafe {
            sys::pri_hangup_fix_enable(pri.as_ptr(), 1);
            sys::pri_set_overlapdial(pri.as_ptr(), overlap.into());
        }
        Some(Self { pri, file })
    }

    /// For poll.
    pub fn file(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// When `run_timers` is due.
    pub fn next_timer(&self) -> Option<Duration> {
        // SAFETY: libpri gives a pointer into its own table or none; it is read before anything can change it.
        let due = unsafe { sys::pri_schedule_next(self.pri.as_ptr()).as_ref() }?;
        let due = Duration::new(due.tv_sec.try_into().ok()?, u32::try_from(due.tv_usec).ok()? * 1000);
        Some(due.saturating_sub(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()))
    }

    /// Do what is due by now.
    pub fn run_timers(&mut self) -> Vec<Event> {
        // SAFETY: an event that is given points into `pri` and is copied before the next call.
        std::iter::from_fn(|| unsafe { sys::pri_schedule_run(self.pri.as_ptr()).as_ref() }.map(event::owned))
            .flatten()
            .collect()
    }

    /// Take one message from the line, if one is there. What is malformed is libpri's to drop.
    pub fn receive(&mut self) -> Option<Event> {
        // SAFETY: as in `run_timers`.
        unsafe { sys::pri_check_event(self.pri.as_ptr()).as_ref() }.and_then(event::owned)
    }

    /// Ask for a call. None when libpri has no room for it or the line is not up.
    pub fn call(&mut self, outgoing: &Outgoing<'_>) -> Option<Call> {
        let (called, caller) = (CString::new(outgoing.called).ok()?, CString::new(outgoing.caller).ok()?);
        let voice = sys::PRI_TRANS_CAP_SPEECH as c_int;
        let plan = sys::PRI_UNKNOWN as c_int;
        // SAFETY: the request is freed on every way out; libpri copies the strings.
        unsafe {
            let call = Call(NonNull::new(sys::pri_new_call(self.pri.as_ptr()))?);
            let request = NonNull::new(sys::pri_sr_new())?.as_ptr();
            sys::pri_sr_set_channel(request, outgoing.channel.into(), 0, 0);
            sys::pri_sr_set_bearer(request, voice, sys::PRI_LAYER_1_ALAW as c_int);
            sys::pri_sr_set_called(request, called.as_ptr().cast_mut(), plan, outgoing.is_complete.into());
            let shown = sys::PRI_PRES_ALLOWED as c_int;
            if !outgoing.caller.is_empty() {
                sys::pri_sr_set_caller(request, caller.as_ptr().cast_mut(), std::ptr::null_mut(), plan, shown);
            }
            let status = sys::pri_setup(self.pri.as_ptr(), call.0.as_ptr(), request);
            sys::pri_sr_free(request);
            if status != 0 {
                sys::pri_destroycall(self.pri.as_ptr(), call.0.as_ptr());
                return None;
            }
            Some(call)
        }
    }

    /// SETUP ACKNOWLEDGE: the number is not complete yet. `channel` is told if it is another than was asked for.
    pub fn need_more_digits(&mut self, call: Call, channel: Option<u8>) {
        // SAFETY: libpri looks a call up before it uses it; the same holds for all calls below.
        unsafe { sys::pri_need_more_info(self.pri.as_ptr(), call.0.as_ptr(), told(channel), 0) };
    }

    /// INFORMATION: one more digit of the number that is called.
    pub fn send_digit(&mut self, call: Call, digit: u8) {
        // SAFETY: see `need_more_digits`.
        unsafe { sys::pri_information(self.pri.as_ptr(), call.0.as_ptr(), digit as c_char) };
    }

    /// CALL PROCEEDING. `channel` is told if it is another than was asked for.
    pub fn proceed(&mut self, call: Call, channel: Option<u8>) {
        // SAFETY: see `need_more_digits`.
        unsafe { sys::pri_proceeding(self.pri.as_ptr(), call.0.as_ptr(), told(channel), 0) };
    }

    /// ALERTING: it rings.
    pub fn alert(&mut self, call: Call) {
        // SAFETY: see `need_more_digits`.
        unsafe { sys::pri_acknowledge(self.pri.as_ptr(), call.0.as_ptr(), told(None), 0) };
    }

    /// CONNECT.
    pub fn answer(&mut self, call: Call) {
        // SAFETY: see `need_more_digits`.
        unsafe { sys::pri_answer(self.pri.as_ptr(), call.0.as_ptr(), told(None), 0) };
    }

    /// The next step of ending the call: DISCONNECT, or the answer to the other end's.
    pub fn hang_up(&mut self, call: Call, cause: Cause) {
        // SAFETY: see `need_more_digits`.
        unsafe { sys::pri_hangup(self.pri.as_ptr(), call.0.as_ptr(), cause.0.into()) };
    }

    /// Forget a call that a RESTART has ended.
    pub fn forget(&mut self, call: Call) {
        // SAFETY: see `need_more_digits`.
        unsafe { sys::pri_destroycall(self.pri.as_ptr(), call.0.as_ptr()) };
    }

    /// RESTART a B channel; [`Event::RestartAcknowledged`] follows.
    pub fn restart(&mut self, channel: u8) {
        // SAFETY: `pri` is alive.
        unsafe { sys::pri_reset(self.pri.as_ptr(), channel.into()) };
    }
}

/// A channel as libpri takes it: 0 leaves what both ends have said of it, interface and all, as it is.
fn told(channel: Option<u8>) -> c_int {
    channel.unwrap_or(0).into()
}

/// The file of the D channel.
///
/// # Safety
/// `pri` must be one that [`DChannel::new`] made, whose `DChannel` is alive.
unsafe fn file<'a>(pri: *mut sys::pri) -> BorrowedFd<'a> {
    // SAFETY: the caller's: the number is that of a file which the DChannel keeps open.
    unsafe { BorrowedFd::borrow_raw(sys::pri_get_userdata(pri).addr() as RawFd) }
}

// A panic in one of these callbacks would end the program, as it does in any `extern "C"`; nothing in them can panic but the
// logging itself.

unsafe extern "C" fn read(pri: *mut sys::pri, buffer: *mut c_void, length: c_int) -> c_int {
    let Ok(length) = usize::try_from(length) else { return 0 };
    // SAFETY: libpri gives a buffer of `length` bytes, and calls back only while a method of its DChannel runs.
    let (file, buffer) = unsafe { (file(pri), std::slice::from_raw_parts_mut(buffer.cast(), length)) };
    match nix::unistd::read(file, buffer) {
        Ok(read) => read.try_into().unwrap_or(0),
        Err(nix::Error::EAGAIN | nix::Error::EINTR) => 0,
        Err(error) => {
            tracing::debug!("the D channel cannot be read: {error}");
            0
        }
    }
}

unsafe extern "C" fn write(pri: *mut sys::pri, buffer: *mut c_void, length: c_int) -> c_int {
    let Ok(size) = usize::try_from(length) else { return 0 };
    // SAFETY: as in `read`.
    let (file, message) = unsafe { (file(pri), std::slice::from_raw_parts(buffer.cast::<u8>(), size)) };
    if let Err(error) = nix::unistd::write(file, message) {
        tracing::debug!("a message on the D channel is lost: {error}"); // layer 2 sends it again
    }
    length
}

/// Let libpri's own messages go to the log.
fn tell_messages() {
    static ONCE: Once = Once::new();
    // SAFETY: done once; both functions are free of state.
    ONCE.call_once(|| unsafe {
        sys::pri_set_message(Some(message));
        sys::pri_set_error(Some(error));
    });
}

unsafe extern "C" fn message(_: *mut sys::pri, text: *mut c_char) {
    // SAFETY: libpri gives a C string that lives during the call.
    tracing::trace!("libpri: {}", unsafe { CStr::from_ptr(text) }.to_string_lossy().trim_end());
}

unsafe extern "C" fn error(_: *mut sys::pri, text: *mut c_char) {
    // SAFETY: as in `message`.
    tracing::debug!("libpri: {}", unsafe { CStr::from_ptr(text) }.to_string_lossy().trim_end());
}
