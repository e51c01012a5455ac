//! The digest that an experiment keeps instead of a unit's key.

use core::hash::Hasher as _;

use siphasher::{
    sip::SipHasher13,
    sip128::{Hasher128 as _, SipHasher24},
};

use crate::{bucket::Secret, stats::guard::mix, unit::Key};

/// Returns the digest of a unit's key, the same on every server.
///
/// Anybody can compute it, so it is no pseudonym; [`keyed_digest`] is one.
#[must_use]
pub fn digest(key: Key<'_>) -> u64 {
    key.hashed()
}

/// Returns the digest of a unit's key under a secret, the same on every server that has it.
#[must_use]
pub fn keyed_digest(key: Key<'_>, secret: &Secret) -> u64 {
    Digester::keyed(secret).digest(key)
}

/// The digests of one experiment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Digester {
    Open,
    Keyed { key: [u8; 16], id: u64 },
}

impl Digester {
    pub(super) fn keyed(secret: &Secret) -> Digester {
        let mut hasher = SipHasher24::new_with_key(secret.bytes());
        hasher.write(b"switchstand.unit");
        let key = hasher.finish128().as_bytes();
        let mut hasher = SipHasher13::new_with_key(&key);
        hasher.write(b"which key");
        let id = hasher.finish();
        Digester::Keyed { key, id }
    }

    #[inline]
    pub(super) fn digest(&self, key: Key<'_>) -> u64 {
        match self {
            Digester::Open => key.hashed(),
            Digester::Keyed { key: secret, .. } => key.with_bytes(|bytes| {
                let mut hasher = SipHasher13::new_with_key(secret);
                hasher.write(bytes);
                hasher.finish()
            }),
        }
    }

    /// Tells digests of one key from those of another, without telling the key.
    pub(super) const fn id(&self) -> Option<u64> {
        match self {
            Digester::Open => None,
            Digester::Keyed { id, .. } => Some(*id),
        }
    }

    /// Returns the place of a unit in the sample: its digest, mixed once more so that it is
    /// independent of any bucketing.
    #[inline]
    pub(super) fn place(&self, key: Key<'_>) -> u64 {
        mix(self.digest(key))
    }
}
