//! Users of whom a few have most errors.

/// Numbers that show no trace of each other, the same for one seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        for (shift, by) in [
            (30, 0xbf58_476d_1ce4_e5b9),
            (27, 0x94d0_49bb_1331_11eb),
            (31, 1),
        ] {
            number = (number ^ (number >> shift)).wrapping_mul(by);
        }
        number
    }

    pub(crate) fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }
}

/// A bad event: whose, and where the unit stands on the line of its draw.
#[derive(Clone, Copy)]
pub(crate) struct Event {
    pub(crate) unit: u64,
    pub(crate) point: f64,
}

const USERS: u64 = 20_000;
/// The index of the law of error rates: the smaller, the more uneven.
const INDEX: f64 = 1.1;

/// Users with the sum of all error rates up to each.
pub(crate) struct Users {
    up_to: Vec<f64>,
    salt: u64,
}

impl Users {
    pub(crate) fn new(random: &mut Random) -> Users {
        let mut sum = 0.0;
        let up_to = (0..USERS).map(|_| {
            sum += (1.0 - random.uniform()).powf(-1.0 / INDEX);
            sum
        });
        let up_to = up_to.collect();
        Users {
            up_to,
            salt: random.next(),
        }
    }

    /// Draws whose request fails next, in proportion to the rates.
    pub(crate) fn event(&self, random: &mut Random) -> Event {
        let sum = self.up_to.last().copied().unwrap_or(1.0);
        let at = random.uniform() * sum;
        let unit = self.up_to.partition_point(|up_to| *up_to <= at) as u64;
        let point = Random::new(self.salt ^ unit.wrapping_mul(0x2545_f491_4f6c_dd1d)).uniform();
        Event { unit, point }
    }
}
