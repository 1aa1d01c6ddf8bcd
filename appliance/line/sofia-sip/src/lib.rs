//! A safe face of sofia-sip's NUA: an agent, its events as owned values, its handles as types with `Drop`.
//!
//! Everything lives on the thread that made the [`Agent`]; only a [`Waker`] may leave it. The C callback does nothing but
//! copy the event into a queue, so no panic can cross into C and no call re-enters the agent.

mod header;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ffi::{CStr, CString, c_char, c_void};
use std::io::Write;
use std::marker::PhantomData;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;
use std::rc::Rc;
use std::time::Duration;

use sofia_sip_sys as sys;

pub use header::user_of;

/// Why an agent could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "cannot listen for SIP on {0}: the port is in use, the address is not this machine's, or there is no agent.pem where the certificates should be"
    )]
    Listen(SocketAddrV4),
    #[error("the kernel refused the allow-list on the SIP sockets of port {0}")]
    Filter(u16),
    #[error("\"{0}\" holds a NUL character")]
    Nul(String),
}

/// What happened on the agent.
#[derive(Debug)]
pub enum Event {
    /// `from_user` is whom the network asserts, else whom the caller names; empty when that is withheld.
    Invite {
        handle: Handle,
        from_user: String,
        /// Whom the call was for before it was diverted here; empty when nobody says.
        diverted_from: String,
        from_display: String,
        sdp: Option<String>,
        is_new: bool,
        by_tls: bool,
    },
    Ack {
        handle: Handle,
        sdp: Option<String>,
    },
    InviteResponse {
        handle: Handle,
        answer: Response,
        sdp: Option<String>,
    },
    RegisterResponse {
        handle: Handle,
        answer: Response,
    },
    Info {
        handle: Handle,
        content_type: String,
        body: String,
    },
    OptionsResponse {
        handle: Handle,
        status: u16,
        /// What time it is, says the peer: seconds since 1970.
        date: Option<i64>,
    },
    ReferResponse {
        handle: Handle,
        answer: Response,
    },
    /// What came of a REFER, as the status line of the call that the peer made.
    Notify {
        handle: Handle,
        body: String,
    },
    Terminated {
        handle: Handle,
        status: u16,
    },
    ShutDown,
}

/// The status line of a response, and the realm when it is a challenge.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub phrase: String,
    pub realm: Option<String>,
}

/// A dialog or registration of the agent. Cloning shares it; it is one as long as `==` says so.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Handle(NonNull<sys::shim_handle>);

impl Handle {
    fn shared(raw: *mut sys::shim_handle) -> Option<Self> {
        // SAFETY: sofia gave us a live handle; the reference taken here is given back in `drop`.
        NonNull::new(unsafe { sys::shim_handle_ref(raw) }).map(Self)
    }

    /// Answer the INVITE that is open on the handle. `contact` is where the peer finds us later, if not at the agent's first
    /// address.
    pub fn respond(&self, status: u16, phrase: &CStr, contact: Option<&str>, sdp: Option<&str>) {
        let [contact, sdp] = [contact, sdp].map(|text| text.and_then(|text| CString::new(text).ok()));
        // SAFETY: the handle is alive, and sofia copies the strings before it returns.
        unsafe {
            let (contact, sdp) = (optional(contact.as_deref()), optional(sdp.as_deref()));
            sys::shim_respond(self.0.as_ptr(), status.into(), phrase.as_ptr(), contact, sdp);
        }
    }

    /// Answer a challenge; `realm` is the response's.
    pub fn authenticate(&self, realm: &str, user: &str, password: &str) {
        if let Ok(credentials) = CString::new(format!("Digest:{realm}:{user}:{password}")) {
            // SAFETY: the handle is alive, and sofia copies the string.
            unsafe { sys::shim_authenticate(self.0.as_ptr(), credentials.as_ptr()) }
        }
    }

    pub fn bye(&self) {
        // SAFETY: the handle is alive.
        unsafe { sys::shim_bye(self.0.as_ptr()) }
    }

    pub fn cancel(&self) {
        // SAFETY: the handle is alive.
        unsafe { sys::shim_cancel(self.0.as_ptr()) }
    }

    /// Ask the peer to call `target` instead of us.
    pub fn refer(&self, target: &str) {
        if let Ok(target) = CString::new(target) {
            // SAFETY: the handle is alive, and sofia copies the string.
            unsafe { sys::shim_refer(self.0.as_ptr(), target.as_ptr()) }
        }
    }

    /// Let sofia forget the dialog.
    pub fn destroy(self) {
        // SAFETY: the handle is alive; sofia marks it dead and our reference keeps the memory until `drop`.
        unsafe { sys::shim_handle_destroy(self.0.as_ptr()) }
    }
}

impl Clone for Handle {
    fn clone(&self) -> Self {
        // SAFETY: the handle is alive; the clone holds a reference of its own.
        unsafe { sys::shim_handle_ref(self.0.as_ptr()) };
        Self(self.0)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: gives back the reference that this value holds.
        unsafe { sys::shim_handle_unref(self.0.as_ptr()) }
    }
}

/// Ends the agent's step under way, from any thread.
#[derive(Debug)]
pub struct Waker(std::fs::File);

impl Waker {
    pub fn wake(&self) {
        // A write fails only when the counter is full, and then the agent is awake already.
        let _ = (&self.0).write(&1u64.to_ne_bytes());
    }
}

type Queue = RefCell<VecDeque<Event>>;

/// A SIP user agent. It belongs to one thread.
#[derive(Debug)]
pub struct Agent {
    raw: NonNull<sys::shim_agent>,
    events: Box<Queue>,
    one_thread: PhantomData<Rc<()>>,
}

impl Agent {
    /// Listen on UDP and TCP, and with TLS where a port and a folder of certificates (`agent.pem`, `cafile.pem`) are given;
    /// who we call by TLS must have a certificate for that name. Peers are told `public` for the address's host.
    pub fn listen(
        address: SocketAddrV4,
        public: Ipv4Addr,
        tls: Option<(u16, &str)>,
        user_agent: &str,
    ) -> Result<Self, Error> {
        let (host, port) = (address.ip(), address.port());
        let url = c_string(&format!("sip:{public}:{port};maddr={host}"))?;
        let name = c_string(user_agent)?;
        let sips = tls.map(|(port, _)| c_string(&format!("sips:{public}:{port};maddr={host}"))).transpose()?;
        let certificates = tls.map(|(_, folder)| c_string(folder)).transpose()?;
        let events = Box::<Queue>::default();
        let context = std::ptr::from_ref(&*events).cast_mut().cast::<c_void>();
        // SAFETY: the strings live through the call; `context` points into a box that lives as long as the agent does.
        let raw = unsafe {
            let (sips, certificates) = (optional(sips.as_deref()), optional(certificates.as_deref()));
            sys::shim_agent_create(url.as_ptr(), sips, certificates, name.as_ptr(), Some(on_event), context)
        };
        let raw = NonNull::new(raw).ok_or(Error::Listen(address))?;
        Ok(Self { raw, events, one_thread: PhantomData })
    }

    /// Let only packets and connections from these networks (address, prefix length) in: all others get no answer at all.
    pub fn admit_only(&self, port: u16, networks: &[(Ipv4Addr, u8)]) -> Result<(), Error> {
        let bits: Vec<u32> = networks.iter().map(|(network, _)| network.to_bits()).collect();
        let masks: Vec<u32> =
            networks.iter().map(|(_, prefix)| u32::MAX.checked_shl(32 - u32::from(*prefix)).unwrap_or(0)).collect();
        let count = i32::try_from(bits.len()).map_err(|_| Error::Filter(port))?;
        // SAFETY: both arrays have `count` elements and live through the call.
        let sockets =
            unsafe { sys::shim_agent_admit_only(self.raw.as_ptr(), port, bits.as_ptr(), masks.as_ptr(), count) };
        if sockets > 0 { Ok(()) } else { Err(Error::Filter(port)) }
    }

    pub fn waker(&self) -> std::io::Result<Waker> {
        // SAFETY: the agent is alive, and its descriptor is borrowed only for the duplication.
        let fd = unsafe { BorrowedFd::borrow_raw(sys::shim_agent_wake_fd(self.raw.as_ptr())) };
        Ok(Waker(fd.try_clone_to_owned()?.into()))
    }

    /// Run for at most `timeout`, then give what happened.
    pub fn step(&self, timeout: Duration) -> VecDeque<Event> {
        let milliseconds = i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX);
        // SAFETY: the agent is alive and this is its thread (`Agent` is not `Send`).
        unsafe { sys::shim_agent_step(self.raw.as_ptr(), milliseconds) };
        std::mem::take(&mut *self.events.borrow_mut())
    }

    /// Register `address_of_record`; `previous` is the handle of an earlier try.
    pub fn register(
        &self,
        previous: Option<Handle>,
        address_of_record: &str,
        registrar: &str,
        proxy: Option<&str>,
        expires: Duration,
    ) -> Result<Option<Handle>, Error> {
        let (aor, registrar) = (c_string(address_of_record)?, c_string(registrar)?);
        let user = c_string(address_of_record.trim_start_matches("sip:").split('@').next().unwrap_or_default())?;
        let proxy = proxy.map(c_string).transpose()?;
        let by = optional(proxy.as_deref());
        let mut raw = previous.as_ref().map_or(std::ptr::null_mut(), |handle| handle.0.as_ptr());
        let seconds = u32::try_from(expires.as_secs()).unwrap_or(3600);
        // SAFETY: `raw` is null or a live handle; sofia copies the strings.
        unsafe {
            sys::shim_register(
                self.raw.as_ptr(),
                &mut raw,
                aor.as_ptr(),
                registrar.as_ptr(),
                by,
                user.as_ptr(),
                seconds,
            );
        };
        Ok(Handle::shared(raw))
    }

    /// Call `to` with an offer.
    pub fn invite(
        &self,
        from: &str,
        to: &str,
        proxy: Option<&str>,
        contact: Option<&str>,
        sdp: &str,
    ) -> Result<Option<Handle>, Error> {
        let (from, to, sdp) = (c_string(from)?, c_string(to)?, c_string(sdp)?);
        let proxy = proxy.map(c_string).transpose()?;
        let contact = contact.map(c_string).transpose()?;
        let (by, contact) = (optional(proxy.as_deref()), optional(contact.as_deref()));
        // SAFETY: sofia copies the strings; the handle it returns is alive, and we take a reference of our own.
        let raw = unsafe { sys::shim_invite(self.raw.as_ptr(), from.as_ptr(), to.as_ptr(), by, contact, sdp.as_ptr()) };
        Ok(Handle::shared(raw))
    }

    /// Ask whether `to` is there.
    pub fn options(&self, from: &str, to: &str) -> Result<Option<Handle>, Error> {
        let (from, to) = (c_string(from)?, c_string(to)?);
        // SAFETY: the agent is alive, and sofia copies the strings; we take a reference of our own.
        Ok(Handle::shared(unsafe { sys::shim_options(self.raw.as_ptr(), from.as_ptr(), to.as_ptr()) }))
    }

    /// Tell a telephone how many messages wait for it (`summary` is of RFC 3842).
    pub fn notify_messages(&self, from: &str, to: &str, proxy: &str, summary: &str) -> Result<(), Error> {
        let (from, to, proxy, summary) = (c_string(from)?, c_string(to)?, c_string(proxy)?, c_string(summary)?);
        // SAFETY: the agent is alive, and sofia copies the strings; the handle is sofia's own and goes with the answer.
        unsafe {
            sys::shim_notify_messages(self.raw.as_ptr(), from.as_ptr(), to.as_ptr(), proxy.as_ptr(), summary.as_ptr());
        };
        Ok(())
    }

    /// Unregister and hang up; `Event::ShutDown` follows.
    pub fn shut_down(&self) {
        // SAFETY: the agent is alive.
        unsafe { sys::shim_agent_shutdown(self.raw.as_ptr()) }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.events.borrow_mut().clear(); // its handles go before the agent that they belong to
        // SAFETY: made by `shim_agent_create` and destroyed once.
        unsafe { sys::shim_agent_destroy(self.raw.as_ptr()) }
    }
}

fn c_string(text: &str) -> Result<CString, Error> {
    CString::new(text).map_err(|_| Error::Nul(text.to_owned()))
}

fn optional(text: Option<&CStr>) -> *const c_char {
    text.map_or(std::ptr::null(), CStr::as_ptr)
}

extern "C" fn on_event(context: *mut c_void, event: *const sys::shim_event) {
    // SAFETY: `context` is the agent's queue, which outlives the agent; `event` lives through this call.
    let (queue, event) = unsafe { (&*context.cast::<Queue>(), &*event) };
    if let Some(event) = owned(event) {
        queue.borrow_mut().push_back(event);
    }
}

fn text(raw: *const c_char) -> Option<String> {
    // SAFETY: null, or a C string that lives through the callback.
    (!raw.is_null()).then(|| unsafe { CStr::from_ptr(raw) }.to_string_lossy().into_owned())
}

fn caller(event: &sys::shim_event) -> String {
    let said = text(event.asserted_user).or_else(|| text(event.from_user)).unwrap_or_default();
    if event.is_private != 0 || said.eq_ignore_ascii_case("anonymous") { String::new() } else { said }
}

fn owned(event: &sys::shim_event) -> Option<Event> {
    use sys::shim_kind as kind;
    let answer = || Response {
        status: u16::try_from(event.status).unwrap_or(500),
        phrase: text(event.phrase).unwrap_or_default(),
        realm: text(event.realm),
    };
    if event.kind == kind::SHIM_SHUTDOWN {
        return Some(Event::ShutDown);
    }
    let handle = Handle::shared(event.handle)?;
    Some(match event.kind {
        kind::SHIM_INVITE => Event::Invite {
            handle,
            from_user: caller(event),
            diverted_from: text(event.diversion).map(|value| user_of(&value)).unwrap_or_default(),
            from_display: text(event.from_display).unwrap_or_default(),
            sdp: text(event.sdp),
            is_new: event.is_new != 0,
            by_tls: event.is_tls != 0,
        },
        kind::SHIM_ACK => Event::Ack { handle, sdp: text(event.sdp) },
        kind::SHIM_INVITE_RESPONSE => Event::InviteResponse { handle, answer: answer(), sdp: text(event.sdp) },
        kind::SHIM_REGISTER_RESPONSE => Event::RegisterResponse { handle, answer: answer() },
        kind::SHIM_INFO => Event::Info {
            handle,
            content_type: text(event.content_type).unwrap_or_default(),
            body: text(event.sdp).unwrap_or_default(),
        },
        kind::SHIM_OPTIONS_RESPONSE => {
            Event::OptionsResponse { handle, status: answer().status, date: (event.date > 0).then_some(event.date) }
        }
        kind::SHIM_REFER_RESPONSE => Event::ReferResponse { handle, answer: answer() },
        kind::SHIM_NOTIFY => Event::Notify { handle, body: text(event.sdp).unwrap_or_default() },
        kind::SHIM_TERMINATED => Event::Terminated { handle, status: answer().status },
        _ => return None,
    })
}
