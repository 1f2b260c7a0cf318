//! Paging tokens: where a reader stands, in base 32 with padding, with a check so that a made-up one is refused.

use super::answer::Refusal;
use crate::sandbox::dice::{Stream, roll};
use crate::sandbox::world::feed::Position;

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What a paging token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    pub position: Position,
    /// How many pages were read to get here.
    pub pages: u32,
}

impl Paging {
    /// The token that says so.
    pub fn token(&self) -> String {
        let mut bytes = Vec::with_capacity(24);
        bytes.extend(self.position.at.to_be_bytes());
        bytes.extend(self.position.number.to_be_bytes());
        bytes.extend(self.pages.to_be_bytes());
        let check = check(&bytes);
        bytes.extend(check);
        encode(&bytes)
    }

    /// What a token says, if it is one of ours.
    pub fn read(token: &str) -> Result<Self, Refusal> {
        Self::decode(token).ok_or_else(|| {
            Refusal::new(
                "1001",
                format!("Invalid value '{}'. Required of type 'nextPageToken'", token.chars().take(80).collect::<String>()),
            )
        })
    }

    fn decode(token: &str) -> Option<Self> {
        let bytes = decode(token)?;
        let (content, found) = bytes.split_at_checked(20)?;
        if found != check(content) {
            return None;
        }
        let (at, rest) = content.split_first_chunk::<8>()?;
        let (number, rest) = rest.split_first_chunk::<8>()?;
        let (pages, _) = rest.split_first_chunk::<4>()?;
        let position = Position { at: i64::from_be_bytes(*at), number: u64::from_be_bytes(*number) };
        Some(Self { position, pages: u32::from_be_bytes(*pages) })
    }
}

fn check(bytes: &[u8]) -> [u8; 4] {
    let folded = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let [a, b, c, d, ..] = roll(folded, Stream::Credentials, 0, 0).to_be_bytes();
    [a, b, c, d]
}

fn encode(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(5) {
        let bits = chunk.iter().chain(&[0; 5]).take(5).fold(0_u64, |bits, &byte| (bits << 8) | u64::from(byte));
        let letters = (chunk.len() * 8).div_ceil(5);
        for place in 0..8_u32 {
            let digit = usize::try_from((bits >> (35 - 5 * place)) & 31).unwrap_or(0);
            let shown = usize::try_from(place).is_ok_and(|place| place < letters);
            out.push(if shown { char::from(ALPHABET.get(digit).copied().unwrap_or(b'A')) } else { '=' });
        }
    }
    out
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut bits, mut held) = (0_u64, 0_u32);
    for letter in text.trim_end_matches('=').bytes() {
        let digit = ALPHABET.iter().position(|&known| known == letter)?;
        bits = (bits << 5) | u64::try_from(digit).ok()?;
        held += 5;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_what_it_was_made_of_and_a_changed_one_nothing() {
        let paging = Paging { position: Position { at: 1_795_000_123, number: 4_155_000_017 }, pages: 9 };
        let token = paging.token();
        assert!(token.ends_with('='));
        assert_eq!(Paging::read(&token).unwrap(), paging);
        let mut other = token.clone();
        other.replace_range(12..13, if other.as_bytes()[12] == b'A' { "B" } else { "A" });
        assert!(Paging::read(&other).is_err());
        assert!(Paging::read("").is_err());
        assert!(Paging::read("ÄÖÜ").is_err());
    }
}
