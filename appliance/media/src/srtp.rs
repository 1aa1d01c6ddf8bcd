//! Encryption of a leg's sound (SRTP, RFC 3711), with keys that came by signalling. What cannot be authenticated is dropped.

use portaveu_call::{MasterKey, SrtpKeys};
use rtc_srtp::context::Context;
use rtc_srtp::crypto;
use rtc_srtp::option::{srtcp_replay_protection, srtp_replay_protection};
use rtc_srtp::protection_profile::ProtectionProfile;

/// Packets that may come late and are still told from repeated ones.
const REPLAY_WINDOW: usize = 64;
const KEY: usize = 16;

/// One leg's encryption, both ways.
pub struct Srtp {
    ours: Context,
    theirs: Context,
}

impl Srtp {
    /// None when the cryptography is not there, which is a fault of the build.
    pub fn new(keys: &SrtpKeys) -> Option<Self> {
        Some(Self { ours: context(&keys.ours)?, theirs: context(&keys.theirs)? })
    }

    /// New keys; a way whose key is the same goes on counting.
    pub fn change(self, before: &SrtpKeys, after: &SrtpKeys) -> Option<Self> {
        let ours = if before.ours == after.ours { self.ours } else { context(&after.ours)? };
        let theirs = if before.theirs == after.theirs { self.theirs } else { context(&after.theirs)? };
        Some(Self { ours, theirs })
    }

    pub fn seal(&mut self, rtp: &[u8]) -> Option<Vec<u8>> {
        self.ours.encrypt_rtp(rtp).ok().map(|sealed| sealed.to_vec())
    }

    pub fn open(&mut self, srtp: &[u8]) -> Option<Vec<u8>> {
        self.theirs.decrypt_rtp(srtp).ok().map(|plain| plain.to_vec())
    }

    pub fn seal_control(&mut self, rtcp: &[u8]) -> Option<Vec<u8>> {
        self.ours.encrypt_rtcp(rtcp).ok().map(|sealed| sealed.to_vec())
    }

    pub fn open_control(&mut self, srtcp: &[u8]) -> Option<Vec<u8>> {
        self.theirs.decrypt_rtcp(srtcp).ok().map(|plain| plain.to_vec())
    }
}

fn context(key: &MasterKey) -> Option<Context> {
    let provider = crypto::default_provider().inspect_err(|error| tracing::error!("no SRTP: {error}")).ok()?;
    let (key, salt) = key.split_at(KEY);
    let (rtp, rtcp) = (srtp_replay_protection(REPLAY_WINDOW), srtcp_replay_protection(REPLAY_WINDOW));
    let profile = ProtectionProfile::Aes128CmHmacSha1_80;
    let made = Context::new(key, salt, profile, Some(rtp), Some(rtcp), provider.crypto());
    made.inspect_err(|error| tracing::error!("no SRTP: {error}")).ok()
}
