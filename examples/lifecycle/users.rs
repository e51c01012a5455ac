//! The people who send requests.

use switchstand::{Attributes, targeting::Value};

/// One user: a key that is bucketed, and what is known beside it.
pub(crate) struct User {
    pub(crate) key: String,
    tier: &'static str,
}

impl User {
    pub(crate) fn is_internal(&self) -> bool {
        self.tier == "internal"
    }
}

/// Lets audiences ask for a user's tier without copying anything.
impl Attributes for User {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        match name {
            "tier" => Some(Value::from(self.tier)),
            _ => None,
        }
    }
}

/// Number of users; every one of them sends requests in every stage.
pub(crate) const USERS: usize = 20_000;

/// Returns all users: 1 % are colleagues, 19 % pay.
pub(crate) fn all() -> Vec<User> {
    let tier = |number| match number % 100 {
        0 => "internal",
        1..20 => "paying",
        _ => "free",
    };
    let user = |number| User {
        key: format!("user-{number}"),
        tier: tier(number),
    };
    (0..USERS).map(user).collect()
}
