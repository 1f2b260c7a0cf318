//! How often somebody may try. Whoever tries too often from one place waits; nobody can make somebody else wait, because a subject
//! (an e-mail address, a Marketo instance) is only ever counted together with the place that named it.

use std::net::{IpAddr, Ipv6Addr};

use super::face::Face;
use super::memory::Memory;
use super::session::fingerprint;
use crate::clock;
use crate::problem::Problem;

/// A limit, in a window that begins anew all `seconds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Names the counters.
    pub name: &'static str,
    pub seconds: u64,
    /// From one place: an IPv4 address, or a network of IPv6 (/64).
    pub place: u64,
    /// From one place about one subject.
    pub subject: u64,
}

/// Links for signing in, by e-mail address.
pub const SIGN_IN_LINKS: Pace = Pace { name: "sign-in-link", seconds: 600, place: 60, subject: 6 };
/// Using a link of a mail, a panel or an operator: each has 256 random bits, so this only keeps the noise down.
pub const LINKS: Pace = Pace { name: "link", seconds: 600, place: 120, subject: 120 };
/// Entering as Marketo admin, by instance: each try is a call to Marketo.
pub const ENTERING: Pace = Pace { name: "entering", seconds: 600, place: 30, subject: 10 };
/// Inviting by page.
pub const INVITING: Pace = Pace { name: "inviting", seconds: 600, place: 120, subject: 120 };
/// Signed requests, assertions and tokens that were not accepted; one that is good is never refused for others that were not.
pub const REFUSED: Pace = Pace { name: "refused", seconds: 60, place: 600, subject: 600 };
/// Links of mails that are none of ours. Whoever has a whole one is never counted: mail programs unsubscribe people from few places.
pub const UNKNOWN_LINKS: Pace = Pace { name: "unknown-link", seconds: 60, place: 120, subject: 120 };
/// Calls with one personal token.
pub const PROGRAMS: Pace = Pace { name: "program", seconds: 60, place: 1_200, subject: 1_200 };

impl Pace {
    /// Counts a try.
    ///
    /// # Errors
    /// 429 `request.too_often`.
    pub async fn admit(&self, face: &Face, from: Option<&str>, subject: Option<&str>) -> Result<(), Problem> {
        let place = place(from.unwrap_or_default());
        self.count(face, &place, self.place).await?;
        match subject {
            Some(subject) => self.count(face, &format!("{place} {}", subject.trim().to_lowercase()), self.subject).await,
            None => Ok(()),
        }
    }

    /// Counts something by the name of whoever does it, wherever they are.
    ///
    /// # Errors
    /// 429 `request.too_often`.
    pub async fn admit_one(&self, face: &Face, who: &str) -> Result<(), Problem> {
        self.count(face, who, self.subject).await
    }

    /// Counts a refusal of credentials or of an unknown link, and says 429 instead once there are too many. Whoever has good ones
    /// never comes here.
    pub async fn refused(&self, face: &Face, from: Option<&str>, problem: Problem) -> Problem {
        if problem.status != 401 && problem.code != "link.unknown" {
            return problem;
        }
        self.count(face, &place(from.unwrap_or_default()), self.place).await.err().unwrap_or(problem)
    }

    async fn count(&self, face: &Face, what: &str, most: u64) -> Result<(), Problem> {
        self.count_at(&face.memory, what, most, u64::try_from(clock::now_s()).unwrap_or_default()).await
    }

    // By seconds since the epoch. A window has its number as a name and a life of its own in the memory: when the clock jumps, another
    // one is counted in, and none lasts longer than it is long.
    async fn count_at(&self, memory: &Memory, what: &str, most: u64, now: u64) -> Result<(), Problem> {
        let window = now / self.seconds;
        let key = format!("msi:pace:{}:{window}:{}", self.name, fingerprint(what.as_bytes()));
        if memory.count(&key, self.seconds).await <= most {
            return Ok(());
        }
        metrics::counter!("paced_total", "name" => self.name).increment(1);
        let mut problem =
            Problem::new(429, "request.too_often", "Too often", "Too many attempts came from here. Wait a moment before you try again.");
        problem.retry_after = u32::try_from((window + 1) * self.seconds - now).ok();
        Err(problem)
    }
}

// Whoever has one address of IPv6 has 2^64 of them.
fn place(from: &str) -> String {
    match from.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) if address.to_ipv4_mapped().is_none() => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
        }
        Ok(address) => address.to_canonical().to_string(),
        Err(_) => from.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::{Pace, place};
    use crate::gateway::memory::MemorySource;
    use crate::settings::Redis;

    #[tokio::test]
    async fn rat_09_a_clock_that_jumps_keeps_nobody_out_for_good_and_lets_nobody_through_for_free() {
        let key = SecretString::from("0123456789abcdef0123456789abcdef");
        let memory = MemorySource::new(&Redis::default(), &key).unwrap().for_worker();
        let pace = Pace { name: "test", seconds: 600, place: 3, subject: 3 };
        let begin = 1_800_000_000;
        let tries = async |now: u64| {
            let mut taken = 0;
            for _ in 0..5 {
                match pace.count_at(&memory, "203.0.113.1", 3, now).await {
                    Ok(()) => taken += 1,
                    Err(problem) => {
                        let wait = problem.retry_after.unwrap();
                        assert!(problem.status == 429 && (1..=600).contains(&wait), "{wait}");
                    }
                }
            }
            taken
        };
        assert_eq!(tries(begin).await, 3);
        assert_eq!(tries(begin + 599).await, 0, "the same window");
        for hour in [begin - 3_600, begin + 3_600] {
            assert_eq!((tries(hour).await, tries(hour).await), (3, 0), "a jump gives one window, not more");
        }
        assert_eq!(tries(begin).await, 0, "whoever jumps back finds what was counted");
        assert_eq!(tries(begin + 600).await, 3, "and the next window is open as ever");
        assert_eq!(tries(0).await, 3, "a machine that knows no time yet");
    }

    #[test]
    fn a_network_of_ipv6_is_one_place() {
        assert_eq!(place("2001:db8:1:2:3:4:5:6"), place("2001:db8:1:2:ffff::1"));
        assert_ne!(place("2001:db8:1:2::1"), place("2001:db8:1:3::1"));
        assert_eq!(place("::ffff:192.0.2.1"), place("192.0.2.1"));
        assert_ne!(place("192.0.2.1"), place("192.0.2.2"));
    }
}
