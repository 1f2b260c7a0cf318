//! Chance that always falls the same way: everything in the world is a function of the seed and of what is asked for.

/// What is being rolled for; keeps the streams apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Credentials,
    Company,
    Person,
    Engagement,
    Story,
    Mailing,
    Live,
    Opportunity,
    Role,
    Record,
}

impl Stream {
    fn salt(self) -> u64 {
        match self {
            Self::Credentials => 0x51,
            Self::Company => 0x62,
            Self::Person => 0x73,
            Self::Engagement => 0x84,
            Self::Story => 0x95,
            Self::Mailing => 0xa6,
            Self::Live => 0xb7,
            Self::Opportunity => 0xc8,
            Self::Role => 0xd9,
            Self::Record => 0xea,
        }
    }
}

/// One number for a seed, a stream and two coordinates; well mixed (the finalizer of SplitMix64).
pub fn roll(seed: u64, stream: Stream, first: u64, second: u64) -> u64 {
    let mut mixed = seed ^ stream.salt().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for part in [first, second] {
        mixed = mixed.wrapping_add(part).wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
    }
    mixed
}

/// A die whose rolls depend on nothing but its coordinates.
#[derive(Debug)]
pub struct Dice(fastrand::Rng);

impl Dice {
    /// The die of these coordinates.
    pub fn of(seed: u64, stream: Stream, first: u64, second: u64) -> Self {
        Self(fastrand::Rng::with_seed(roll(seed, stream, first, second)))
    }

    /// A number from 0 up to, but without, `end`.
    pub fn below(&mut self, end: u32) -> u32 {
        self.0.u32(0..end.max(1))
    }

    /// Seconds between `low` and `high`, both included.
    pub fn seconds(&mut self, low: i64, high: i64) -> i64 {
        self.0.i64(low..=high.max(low))
    }

    /// True in so many of a hundred cases.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// One of the items.
    pub fn pick<T: Copy + Default>(&mut self, items: &[T]) -> T {
        let end = u32::try_from(items.len()).unwrap_or(u32::MAX);
        let at = usize::try_from(self.below(end)).unwrap_or(0);
        items.get(at).copied().unwrap_or_default()
    }

    /// So many characters of an alphabet.
    pub fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(self.pick(alphabet))).collect()
    }
}

/// Digits and letters.
pub const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Hexadecimal digits.
pub const HEX: &[u8] = b"0123456789abcdef";

/// So many characters that nobody can foresee; for tokens.
pub fn unforeseen(alphabet: &[u8], length: usize) -> String {
    let mut generator = fastrand::Rng::new();
    (0..length).filter_map(|_| generator.choice(alphabet).map(|&letter| char::from(letter))).collect()
}

/// A number below a hundred that nobody can foresee.
pub fn unforeseen_percent() -> u8 {
    fastrand::Rng::new().u8(..100)
}
