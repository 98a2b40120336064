//! Numbers that look random and are the same in every run.

use std::env;

/// A source of such numbers (`SplitMix64`), so that a failure can be seen again.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The source of that seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// One of several.
    ///
    /// # Panics
    /// Where there are none.
    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        let at = self.below(u64::try_from(all.len()).unwrap_or(u64::MAX));
        all[usize::try_from(at).unwrap_or_default()]
    }
}

/// How often to do what is done `full` times in `scripts/soak`: `AUDIT_TEST_SCALE` says how many percent of
/// that, by default 10, so that the suite stays fast.
///
/// # Panics
/// Where the variable holds no number from 0 to 100.
#[must_use]
pub fn scaled(full: usize) -> usize {
    let percent = env::var("AUDIT_TEST_SCALE").map_or(10, |scale| {
        let scale: usize = scale
            .parse()
            .expect("AUDIT_TEST_SCALE is a number of percent");
        assert!(scale <= 100, "AUDIT_TEST_SCALE is at most 100 percent");
        scale
    });
    (full * percent / 100).max(1)
}
