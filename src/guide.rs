//! [ab_test]: self::ab_test
//! [architecture]: self::architecture
//! [blue_green]: self::blue_green
//! [bucketing]: self::bucketing
//! [canary]: self::canary
//! [choosing_a_test]: self::choosing_a_test
//! [deployment_and_release]: self::deployment_and_release
//! [design_faq]: self::design_faq
//! [errors]: self::errors
//! [examples]: self::examples
//! [in_a_server]: self::in_a_server
//! [laws]: self::laws
//! [limits]: self::limits
//! [many_servers]: self::many_servers
//! [performance]: self::performance
//! [policies]: self::policies
//! [policy_files]: self::policy_files
//! [progressive_rollout]: self::progressive_rollout
//! [security]: self::security
//! [sessions_and_pins]: self::sessions_and_pins
//! [shadow]: self::shadow
//! [what_is_counted]: self::what_is_counted
#![doc = include_str!("guide/contents.md")]

#[doc = include_str!("guide/ab_test.md")]
pub mod ab_test {}

#[doc = include_str!("guide/architecture.md")]
pub mod architecture {}

#[doc = include_str!("guide/blue_green.md")]
pub mod blue_green {}

#[doc = include_str!("guide/bucketing.md")]
pub mod bucketing {}

#[doc = include_str!("guide/canary.md")]
pub mod canary {}

#[doc = concat!("[peeking]: ", include_str!("guide/pictures/peeking.link"))]
#[doc = ""]
#[doc = include_str!("guide/choosing_a_test.md")]
pub mod choosing_a_test {}

#[doc = include_str!("../CHANGELOG.md")]
pub mod change_log {}

#[doc = include_str!("guide/deployment_and_release.md")]
pub mod deployment_and_release {}

#[doc = include_str!("guide/design_faq.md")]
pub mod design_faq {}

#[doc = include_str!("guide/errors.md")]
pub mod errors {}

#[doc = include_str!("guide/examples.md")]
pub mod examples {}

#[doc = "[Apache 2.0]: https://spdx.org/licenses/Apache-2.0.html"]
#[doc = "[guía]: crate::guide"]
#[doc = "[in a server]: crate::guide::in_a_server"]
#[doc = "[MIT]: https://spdx.org/licenses/MIT.html"]
#[doc = "[README.md]: crate"]
#[doc = "[registro de cambios]: crate::guide::change_log"]
#[doc = "[prueba A/B]: crate::guide::ab_test"]
#[doc = "[azul/verde]: crate::guide::blue_green"]
#[doc = "[canario]: crate::guide::canary"]
#[doc = "[ejemplos]: crate::guide::examples"]
#[doc = "[límites]: crate::guide::limits"]
#[doc = "[políticas]: crate::guide::policies"]
#[doc = "[puesta a disposición progresiva]: crate::guide::progressive_rollout"]
#[doc = "[seguridad]: crate::guide::security"]
#[doc = "[pruebas en la sombra]: crate::guide::shadow"]
#[doc = concat!("[dos avances]: ", include_str!("guide/pictures/rollouts.link"))]
#[doc = ""]
#[doc = include_str!("../README.es.md")]
pub mod front_page_in_spanish {}

#[doc = include_str!("guide/in_a_server.md")]
pub mod in_a_server {}

#[doc = include_str!("guide/laws.md")]
pub mod laws {}

#[doc = include_str!("guide/limits.md")]
pub mod limits {}

#[doc = include_str!("guide/many_servers.md")]
#[doc = "\n```sql"]
#[doc = include_str!("guide/log.sql")]
#[doc = "```"]
pub mod many_servers {}

#[doc = include_str!("guide/performance.md")]
pub mod performance {}

#[doc = include_str!("guide/policies.md")]
pub mod policies {}

#[doc = include_str!("guide/policy_files.md")]
pub mod policy_files {}

#[doc = concat!("[rollouts]: ", include_str!("guide/pictures/rollouts.link"))]
#[doc = ""]
#[doc = include_str!("guide/progressive_rollout.md")]
pub mod progressive_rollout {}

#[doc = include_str!("guide/security.md")]
pub mod security {}

#[doc = include_str!("guide/sessions_and_pins.md")]
pub mod sessions_and_pins {}

#[doc = include_str!("guide/shadow.md")]
pub mod shadow {}

#[doc = include_str!("guide/what_is_counted.md")]
pub mod what_is_counted {}
