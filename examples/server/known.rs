//! What a request says of who sends it, for the rules of a policy.

use std::collections::BTreeMap;

use serde::Deserialize;
use switchstand::targeting::{AsValue, Value};

/// Attributes by their names, as they stand in a request.
pub(crate) type Known = BTreeMap<String, Said>;

/// The value of one attribute.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Said {
    Truth(bool),
    Whole(i64),
    Number(f64),
    Text(String),
    List(Vec<Said>),
}

impl AsValue for Said {
    fn as_value(&self) -> Value<'_> {
        match self {
            Said::Truth(truth) => Value::Bool(*truth),
            Said::Whole(whole) => Value::Integer((*whole).into()),
            Said::Number(number) => Value::Float(*number),
            Said::Text(text) => Value::Text(text),
            Said::List(items) => Value::List(items),
        }
    }
}

/// Adds the present as `now`, which no rule can read from a clock. A request that says it itself, as in a
/// test, is believed here: behind a gateway, drop what clients say of it.
#[cfg(feature = "conditions")]
pub(crate) fn with_the_present(mut known: Known) -> Known {
    let nanos = crate::app::now().as_nanos();
    if let Ok(now) = jiff::Timestamp::from_nanosecond(nanos.into()) {
        let now = || Said::Text(now.to_string());
        known.entry("now".to_owned()).or_insert_with(now);
    }
    known
}

#[cfg(not(feature = "conditions"))]
pub(crate) fn with_the_present(known: Known) -> Known {
    known
}
