//! Seeded luck.

use std::process;

use super::{Role, UNLUCKY};

/// Numbers that show no trace of each other, the same for one seed.
#[derive(Debug)]
pub struct Luck {
    state: u64,
    may_die: bool,
}

impl Luck {
    /// Returns the luck of a process.
    #[must_use]
    pub fn new(role: &Role) -> Luck {
        Luck {
            may_die: role.may_die,
            ..Luck::of(role.seed)
        }
    }

    /// Returns the luck of a seed, which kills nobody.
    #[must_use]
    pub const fn of(seed: u64) -> Luck {
        Luck {
            state: seed,
            may_die: false,
        }
    }

    /// Returns a number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.state;
        for (shift, by) in [
            (30, 0xbf58_476d_1ce4_e5b9),
            (27, 0x94d0_49bb_1331_11eb),
            (31, 1),
        ] {
            number = (number ^ (number >> shift)).wrapping_mul(by);
        }
        ((u128::from(number) * u128::from(end)) >> 64) as u64
    }

    /// Ends the process in one of four cases, if it may die.
    pub fn may_die(&mut self, _when: &str) {
        if self.may_die && self.below(4) == 0 {
            process::exit(UNLUCKY);
        }
    }
}
