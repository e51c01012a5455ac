//! The bytes of a policy from which its fingerprint is made.

use core::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Policy, section::Listed};
use crate::{
    audience::Audience,
    fingerprint::{Canonical, Fingerprint},
    sorting::sort_by,
    split::Split,
};

impl Policy {
    /// Returns the content hash, equal on every server.
    ///
    /// The order of fields in a file, of arms, of shadows and of listed units does not matter;
    /// the order of rules does.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        // Arms that make no split have no layout: the policy is refused wherever it is used.
        let split = self.ab_test.as_ref().and_then(|test| test.split().ok());
        self.fingerprint_with(split.as_ref())
    }

    /// Returns the same, if the split of the arms is known.
    pub(super) fn fingerprint_with(&self, split: Option<&Split>) -> Fingerprint {
        let mut out = Canonical::new();
        out.text(self.scheme.name());
        out.text(&self.release);
        out.number(self.on_error as u64);
        section(&mut out, self.holdout.as_ref(), |out, holdout| {
            out.text(&holdout.salt);
            out.number(u64::from(holdout.share.nanos()));
        });
        section(&mut out, self.layer.as_ref(), |out, layer| {
            out.text(&layer.salt);
            out.number(u64::from(layer.from.nanos()));
            out.number(u64::from(layer.to.nanos()));
        });
        section(&mut out, self.canary.as_ref(), |out, canary| {
            out.text(&canary.version);
            out.number(u64::from(canary.share.nanos()));
            section(out, canary.within.as_ref(), audience);
            section(out, canary.or_for.as_ref(), audience);
        });
        section(&mut out, self.ab_test.as_ref(), |out, test| {
            section(out, test.gate.as_ref(), |out, gate| {
                out.number(u64::from(gate.nanos()))
            });
            section(out, test.within.as_ref(), audience);
            let mut arms: Vec<_> = test.arms.iter().collect();
            sort_by(&mut arms, |left, right| left.label.cmp(&right.label));
            each(out, &arms, |out, arm| arm.write_canonical(out));
            // A layout that equals the default one means the same as none.
            let carried = split.filter(|split| !split.is_fresh());
            let stretches = carried.map(|split| split.stretches()).unwrap_or_default();
            each(out, &stretches, |out, stretch| {
                out.number(stretch.from);
                out.text(&stretch.arm);
            });
        });
        write_units(&mut out, &self.units);
        each(&mut out, &self.rule, |out, rule| {
            audience(out, &rule.audience);
            out.text(&rule.version);
        });
        let mut shadows: Vec<_> = self.shadow.iter().collect();
        sort_by(&mut shadows, |left, right| left.version.cmp(&right.version));
        each(&mut out, &shadows, |out, shadow| {
            out.text(&shadow.version);
            out.number(u64::from(shadow.share.nanos()));
        });
        // Written only if there are some, so that policies without them keep their fingerprint.
        if let Some(overrides) = &self.overrides {
            out.text("overrides");
            let mut versions: Vec<_> = overrides.versions.iter().collect();
            versions.sort_unstable();
            versions.dedup();
            each(&mut out, &versions, |out, version| out.text(version));
            section(&mut out, overrides.within.as_ref(), audience);
        }
        if let Some(version) = &self.kept_out {
            out.text("kept_out");
            out.text(version);
        }
        out.finish()
    }
}

/// Writes all listed units in the order of their keys; each list is in order already.
fn write_units(out: &mut Canonical, lists: &[Listed]) {
    let count: usize = lists.iter().map(|listed| listed.keys.len()).sum();
    out.number(count as u64);
    let mut rest: Vec<_> = lists.iter().map(|listed| listed.keys.iter()).collect();
    let mut next = |place: usize| {
        let (keys, listed) = (rest.get_mut(place)?, lists.get(place)?);
        Some(Reverse((keys.next()?, listed.version.as_str(), place)))
    };
    let mut heads: BinaryHeap<_> = (0..lists.len()).filter_map(&mut next).collect();
    while let Some(Reverse((key, version, place))) = heads.pop() {
        key.write_canonical(out);
        out.text(version);
        heads.extend(next(place));
    }
}

fn audience(out: &mut Canonical, audience: &Audience) {
    audience.write_canonical(&mut |bytes| out.raw(bytes));
}

fn section<T>(out: &mut Canonical, part: Option<&T>, write: impl Fn(&mut Canonical, &T)) {
    out.number(u64::from(part.is_some()));
    if let Some(part) = part {
        write(out, part);
    }
}

fn each<T>(out: &mut Canonical, parts: &[T], write: impl Fn(&mut Canonical, &T)) {
    out.number(parts.len() as u64);
    for part in parts {
        write(out, part);
    }
}
