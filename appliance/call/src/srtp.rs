//! Keys of encrypted sound, as two ends tell each other in their session descriptions.

/// 16 bytes of key and 14 of salt (AES_CM_128_HMAC_SHA1_80, RFC 3711).
pub type MasterKey = [u8; 30];

/// The keys of both ways.
#[derive(Clone, PartialEq, Eq)]
pub struct SrtpKeys {
    /// What the box sends is encrypted with this.
    pub ours: MasterKey,
    pub theirs: MasterKey,
}

impl std::fmt::Debug for SrtpKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SrtpKeys") // never the keys
    }
}
