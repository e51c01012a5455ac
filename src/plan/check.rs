//! Whether a policy may come into force over these environments.

use super::Plan;
use crate::{
    audience::{Audience, check_keys},
    environment::{Environments, VersionState},
    policy::{Policy, PolicyError},
};

impl Plan {
    /// Checks a policy against deployed versions, without compiling it.
    ///
    /// # Errors
    /// [`PolicyError`] names the first field that is wrong, and its value.
    pub fn check(policy: &Policy, environments: &Environments) -> Result<(), PolicyError> {
        let check = Check {
            policy,
            environments,
        };
        Plan::check_form(policy)?;
        check.versions()?;
        check.shadows()
    }

    /// Checks of a policy what holds or not whatever is deployed.
    pub(crate) fn check_form(policy: &Policy) -> Result<(), PolicyError> {
        let form = Form { policy };
        form.shape()?;
        form.names()?;
        form.audiences()
    }
}

struct Form<'a> {
    policy: &'a Policy,
}

impl Form<'_> {
    fn shape(&self) -> Result<(), PolicyError> {
        let release = || self.policy.release.clone();
        if let Some(field) = self.policy.misplaced {
            return Err(PolicyError::Misplaced {
                field,
                release: release(),
            });
        }
        if self.policy.canary.is_some() && self.policy.ab_test.is_some() {
            return Err(PolicyError::TwoTechniques { release: release() });
        }
        if let Some(layer) = &self.policy.layer
            && layer.from >= layer.to
        {
            return Err(PolicyError::EmptyLayer {
                from: layer.from,
                to: layer.to,
            });
        }
        if let Some(test) = &self.policy.ab_test {
            test.split()?;
        }
        limit("rule", self.policy.rule.len(), Policy::MAX_RULES)?;
        limit("shadow", self.policy.shadow.len(), Policy::MAX_SHADOWS)
    }

    fn names(&self) -> Result<(), PolicyError> {
        name("release", &self.policy.release)?;
        if let Some(holdout) = &self.policy.holdout {
            name("holdout.salt", &holdout.salt)?;
        }
        if let Some(layer) = &self.policy.layer {
            name("layer.salt", &layer.salt)?;
        }
        for arm in self.policy.ab_test.iter().flat_map(|test| &test.arms) {
            name("ab_test.arms.label", &arm.label)?;
        }
        self.listed()
    }

    fn listed(&self) -> Result<(), PolicyError> {
        let mut keys: Vec<_> = self
            .policy
            .units
            .iter()
            .flat_map(|listed| &listed.keys)
            .collect();
        if !keys.is_empty() {
            check_keys(&keys).map_err(|source| PolicyError::Audience {
                field: "units.keys",
                source,
            })?;
        }
        keys.sort_unstable();
        match keys
            .windows(2)
            .find(|pair| pair.first() == pair.last())
            .and_then(<[_]>::first)
        {
            Some(key) => Err(PolicyError::DuplicateUnit {
                key: key.to_string(),
            }),
            None => Ok(()),
        }
    }

    fn audiences(&self) -> Result<(), PolicyError> {
        for (field, audience) in self.policy.audience_fields() {
            check_audience(field, audience)?;
            let known = audience.check_segments(&self.policy.segments);
            known.map_err(|source| PolicyError::Audience { field, source })?;
        }
        let mut segments = self.policy.segments.values();
        segments.try_for_each(|segment| check_audience("segments", segment))
    }
}

struct Check<'a> {
    policy: &'a Policy,
    environments: &'a Environments,
}

impl Check<'_> {
    fn versions(&self) -> Result<(), PolicyError> {
        for (field, version) in self.policy.answering() {
            self.version(field, version, VersionState::may_answer)?;
        }
        match &self.policy.canary {
            Some(canary) if canary.version == self.environments.live().label() => {
                Err(PolicyError::CanaryIsLive {
                    version: canary.version.clone(),
                })
            }
            _ => Ok(()),
        }
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
            let live = self.environments.live().label();
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
            if only && self.policy.rule.is_empty() && self.policy.units.is_empty() {
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
        match self.environments.get(version) {
            None => Err(PolicyError::UnknownVersion {
                field,
                version: version.to_owned(),
            }),
            Some(environment) if !may(environment.state()) => Err(PolicyError::NotReady {
                field,
                version: version.to_owned(),
                state: environment.state(),
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
