//! Whether a policy may come into force with these versions.

use super::{Policy, PolicyError, UnitTable};
use crate::{
    audience::{Audience, check_keys, check_length_of_list},
    version::{VersionState, Versions},
};

impl Policy {
    /// Checks whether each version that the policy names may do what is asked of it.
    pub(crate) fn check_against(&self, versions: &Versions) -> Result<(), PolicyError> {
        let check = Check {
            policy: self,
            versions,
        };
        check.versions()?;
        check.shadows()
    }

    pub(super) fn check_shape(&self) -> Result<(), PolicyError> {
        let release = || self.release.clone();
        if let Some(fault) = self.fault {
            return Err(fault.in_policy(self));
        }
        if self.canary.is_some() && self.ab_test.is_some() {
            return Err(PolicyError::TwoTechniques { release: release() });
        }
        if let Some(layer) = &self.layer
            && layer.from >= layer.to
        {
            return Err(PolicyError::EmptyLayer {
                from: layer.from,
                to: layer.to,
            });
        }
        limit("rule", self.rule.len(), Policy::MAX_RULES)?;
        limit("shadow", self.shadow.len(), Policy::MAX_SHADOWS)
    }

    pub(super) fn check_names(&self) -> Result<(), PolicyError> {
        name("release", &self.release)?;
        if let Some(holdout) = &self.holdout {
            name("holdout.salt", &holdout.salt)?;
        }
        if let Some(layer) = &self.layer {
            name("layer.salt", &layer.salt)?;
        }
        let mut arms = self.ab_test.iter().flat_map(|test| &test.arms);
        arms.try_for_each(|arm| name("ab_test.arms.label", &arm.label))
    }

    /// Checks the listed units, and makes their table.
    pub(super) fn check_units(&self) -> Result<UnitTable, PolicyError> {
        let found = self.units.iter().map(|listed| listed.keys.len()).sum();
        let lists = self.units.iter().filter(|listed| !listed.keys.is_empty());
        // An empty list is allowed beside others.
        if found > 0 {
            check_length_of_list("units", found)
                .and_then(|()| lists.map(|listed| &*listed.keys).try_for_each(check_keys))
                .map_err(|source| PolicyError::Audience {
                    field: "units.keys",
                    source,
                })?;
        }
        UnitTable::new(&self.units).map_err(|key| PolicyError::DuplicateUnit {
            key: key.to_string(),
        })
    }

    pub(super) fn check_audiences(&self) -> Result<(), PolicyError> {
        for (field, audience) in self.audience_fields() {
            check_audience(field, audience)?;
            let known = audience.check_segments(&self.segments);
            known.map_err(|source| PolicyError::Audience { field, source })?;
        }
        // Segments in use were checked where they are used; of the others only the form is.
        let segments = self.segments.values();
        let mut form = segments.map(Audience::check_form);
        form.find(Result::is_err)
            .unwrap_or(Ok(()))
            .map_err(|source| PolicyError::Audience {
                field: "segments",
                source,
            })
    }
}

struct Check<'a> {
    policy: &'a Policy,
    versions: &'a Versions,
}

impl Check<'_> {
    fn versions(&self) -> Result<(), PolicyError> {
        for (field, version) in self.policy.answering() {
            self.version(field, version, VersionState::may_answer)?;
        }
        let live = self.versions.live.label.as_str();
        match &self.policy.canary {
            // A canary may be the live version if another one answers the units that are kept out.
            Some(canary) if canary.version == live && !self.keeps_out_on_another() => {
                Err(PolicyError::CanaryIsLive {
                    version: canary.version.clone(),
                })
            }
            _ => Ok(()),
        }
    }

    /// Tells whether units that are kept out get another version than the live one.
    fn keeps_out_on_another(&self) -> bool {
        let live = self.versions.live.label.as_str();
        let kept_out = self.policy.kept_out.as_deref();
        kept_out.is_some_and(|version| version != live)
    }

    fn shadows(&self) -> Result<(), PolicyError> {
        let mut seen: Vec<&str> = Vec::new();
        for shadow in &self.policy.shadow {
            let version = shadow.version.as_str();
            self.version("shadow.version", version, VersionState::may_shadow)?;
            if seen.contains(&version) {
                return Err(PolicyError::DuplicateShadow {
                    version: version.to_owned(),
                });
            }
            seen.push(version);
            let live = self.versions.live.label.as_str();
            // Units that an A/B test does not take in are answered by the live version.
            let only = match &self.policy.ab_test {
                Some(test) => {
                    test.arms
                        .iter()
                        .filter(|arm| arm.weight > 0)
                        .all(|arm| arm.version == version)
                        && live == version
                }
                None => live == version && self.policy.canary.is_none(),
            };
            let only = only && !self.keeps_out_on_another();
            let mut overrides = self.policy.overrides.iter();
            let may_ask = overrides.any(|wish| wish.versions.iter().any(|other| other != version));
            if only && !may_ask && self.policy.rule.is_empty() && self.policy.units.is_empty() {
                return Err(PolicyError::ShadowOfItself {
                    version: version.to_owned(),
                });
            }
        }
        Ok(())
    }

    fn version(
        &self,
        field: &'static str,
        version: &str,
        may: fn(VersionState) -> bool,
    ) -> Result<(), PolicyError> {
        name(field, version)?;
        match self.versions.get(version) {
            None => Err(PolicyError::UnknownVersion {
                field,
                version: version.to_owned(),
            }),
            Some(deployment) if !may(deployment.state()) => Err(PolicyError::NotReady {
                field,
                version: version.to_owned(),
                state: deployment.state(),
            }),
            Some(_) => Ok(()),
        }
    }
}

fn name(field: &'static str, name: &str) -> Result<(), PolicyError> {
    if name.is_empty() {
        return Err(PolicyError::EmptyName { field });
    }
    if name.len() > Policy::MAX_NAME {
        return Err(PolicyError::NameTooLong {
            field,
            length: name.len(),
            limit: Policy::MAX_NAME,
        });
    }
    Ok(())
}

fn limit(field: &'static str, found: usize, limit: usize) -> Result<(), PolicyError> {
    if found > limit {
        Err(PolicyError::TooMany {
            field,
            found,
            limit,
        })
    } else {
        Ok(())
    }
}

fn check_audience(field: &'static str, audience: &Audience) -> Result<(), PolicyError> {
    let checked = audience.check();
    checked.map_err(|source| PolicyError::Audience { field, source })
}
