//! Versions of the Salesforce package, and the oldest that this account still works with.

use std::fmt;

/// The oldest version of the package that works with this gateway. Raise it only for what an older package can't do
/// without harm: every org below it is told to upgrade.
pub const MINIMUM: PackageVersion = PackageVersion([1, 0, 0, 0]);

/// A version of up to four numbers, such as `1.2.3`; numbers that aren't there are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackageVersion([u32; 4]);

impl PackageVersion {
    /// Reads a version. `None` for anything that is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = [0; 4];
        let mut places = numbers.iter_mut();
        for part in text.split('.') {
            let plain = (1..=5).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            *places.next()? = if plain { part.parse().ok()? } else { return None };
        }
        Some(Self(numbers))
    }
}

impl fmt::Display for PackageVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch, build] = self.0;
        write!(f, "{major}.{minor}.{patch}")?;
        if build > 0 { write!(f, ".{build}") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_number_by_number() {
        let version = |text| PackageVersion::parse(text).unwrap();
        assert!(version("1.10") > version("1.9.9"));
        assert!(version("2") > version("1.99.99.99999"));
        assert_eq!(version("1.0"), version("1.0.0.0"));
        assert_eq!(version("01.2.3").to_string(), "1.2.3");
        assert_eq!(version("1.2.3.4").to_string(), "1.2.3.4");
        for odd in ["", ".", "1.", "1..2", "1.2.3.4.5", "1.2-beta", "v1", "-1", "123456", "１.0"] {
            assert_eq!(PackageVersion::parse(odd), None, "{odd}");
        }
    }
}
