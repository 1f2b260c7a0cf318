//! The examples of RFC 7515 (appendix A) and RFC 7520 (section 4) through the checks that the face makes: what they sign
//! holds, and none of them opens a door, not even with the right key registered.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::gateway::broker::{Certificate, Org};
use crate::gateway::ticket;
use crate::gateway::token::Tokens;

const PAYLOAD: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
// RFC 7515, A.1 (HS256), A.2 (RS256), A.3 (ES256) and A.4 (ES512): header, signature; and the keys of the first two.
const A1: (&str, &str) = ("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
const A2: (&str, &str) = (
    "eyJhbGciOiJSUzI1NiJ9",
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
);
const A3: (&str, &str) = ("eyJhbGciOiJFUzI1NiJ9", "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
const A4: (&str, &str) = (
    "eyJhbGciOiJFUzUxMiJ9",
    "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
);
const A1_KEY: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
const A2_MODULUS: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
// RFC 7520, 4.1 (RS256), 4.2 (PS384), 4.3 (ES512), 4.4 (HS256), 4.6 (HS256, with a header beside), 4.7 and 4.8.
const DANGEROUS_BUSINESS: &str = "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4";
const C1: (&str, &str) = (
    "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9",
    "MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg",
);
const C2: (&str, &str) = (
    "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9",
    "cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw",
);
const C3: (&str, &str) = (
    "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9",
    "AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2",
);
const C4: (&str, &str) =
    ("eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9", "s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0");
const C6: (&str, &str) = ("eyJhbGciOiJIUzI1NiJ9", "bWUSVaxorn7bEF1djytBd0kHv70Ly5pvbomzMWSOr20");
const C8: (&str, &str) = (
    "eyJhbGciOiJSUzI1NiJ9",
    "MIsjqtVlOpa71KE-Mss8_Nq2YH4FGhiocsqrgi5NvyG53uoimic1tcMdSg-qptrzZc7CG6Svw2Y13TDIqHzTUrL_lR2ZFcryNFiHkSw129EghGpwkpxaTn_THJTCglNbADko1MZBCdwzJxwqZc-1RlpO2HibUYyXSwO97BSe0_evZKdjvvKSgsIqjytKSeAMbhMBdMma622_BG5t4sdbuCHtFjp9iJmkio47AIwqkZV1aIZsv33uPUqBBCXbYoQJwt7mxPftHmNlGoOSMxR_3thmXTCm4US-xiNOyhbm8afKK64jU6_TPtQHiJeQJxz9G3Tx-083B745_AfYOnlC9w",
);
const C7: &str = "xuLifqLGiblpv9zBpuZczWhNj1gARaLV3UxvxhJxZuk";
const C_MODULUS: &str = "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw";
const C_KEY: &str = "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg";

fn length(content: usize) -> Vec<u8> {
    let [high, low] = u16::try_from(content).unwrap().to_be_bytes();
    if content < 128 { vec![low] } else { vec![0x82, high, low] }
}

fn of(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag][..], &length(content.len()), content].concat()
}

/// A modulus as the PEM that the account hands out for a certificate.
fn pem(modulus: &str) -> String {
    let modulus = [&[0][..], &URL_SAFE_NO_PAD.decode(modulus).unwrap()].concat();
    let key = of(0x30, &[of(0x02, &modulus), of(0x02, &[1, 0, 1])].concat());
    let rsa = of(0x30, &[of(0x06, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]), of(0x05, &[])].concat());
    let whole = of(0x30, &[rsa, of(0x03, &[&[0][..], &key].concat())].concat());
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(whole))
}

fn org(modulus: &str) -> Org {
    let certificate = Certificate { id: "c1".to_owned(), public_key_pem: pem(modulus), not_before: 0, not_after: i64::MAX };
    Org {
        account_id: "a1".to_owned(),
        org_id: super::ORG.to_owned(),
        name: "Acme".to_owned(),
        status: "active".to_owned(),
        instance_url: "https://acme.my.salesforce.com".to_owned(),
        frame_ancestors: Vec::new(),
        certificates: vec![certificate],
    }
}

fn holds((head, signature): (&str, &str), payload: &str, key: &DecodingKey, algorithm: Algorithm) -> bool {
    crypto::verify(signature, format!("{head}.{payload}").as_bytes(), key, algorithm).unwrap_or(false)
}

#[test]
fn jwt_22_what_the_published_examples_sign_holds_and_only_that() {
    let rsa = |modulus: &str| DecodingKey::from_rsa_pem(pem(modulus).as_bytes()).unwrap();
    let secret = |key: &str| DecodingKey::from_secret(&URL_SAFE_NO_PAD.decode(key).unwrap());
    let good = [
        (A1, PAYLOAD, secret(A1_KEY), Algorithm::HS256),
        (A2, PAYLOAD, rsa(A2_MODULUS), Algorithm::RS256),
        (C1, DANGEROUS_BUSINESS, rsa(C_MODULUS), Algorithm::RS256),
        (C4, DANGEROUS_BUSINESS, secret(C_KEY), Algorithm::HS256),
        (C6, DANGEROUS_BUSINESS, secret(C_KEY), Algorithm::HS256),
        (C8, DANGEROUS_BUSINESS, rsa(C_MODULUS), Algorithm::RS256),
        (("", C7), DANGEROUS_BUSINESS, secret(C_KEY), Algorithm::HS256),
    ];
    for (signed, payload, key, algorithm) in &good {
        assert!(holds(*signed, payload, key, *algorithm), "{signed:?}");
        // One bit further on, or under another header, nothing holds.
        let mut bent = URL_SAFE_NO_PAD.decode(signed.1).unwrap();
        bent[0] ^= 1;
        assert!(!holds((signed.0, &URL_SAFE_NO_PAD.encode(bent)), payload, key, *algorithm));
        assert!(!holds(("e30", signed.1), payload, key, *algorithm));
        assert!(!holds(*signed, &payload[4..], key, *algorithm));
        assert!(!holds((signed.0, &format!("{}=", signed.1)), payload, key, *algorithm));
    }
    // Signed well, but in ways that we do not take.
    for (signed, payload, modulus) in
        [(C2, DANGEROUS_BUSINESS, C_MODULUS), (C3, DANGEROUS_BUSINESS, C_MODULUS), (A3, PAYLOAD, A2_MODULUS), (A4, PAYLOAD, A2_MODULUS)]
    {
        assert!(!holds(signed, payload, &rsa(modulus), Algorithm::RS256), "{signed:?}");
    }
}

#[test]
fn jwt_01_22_no_published_example_opens_a_door() {
    let compact = |(head, signature): (&str, &str), payload: &str| format!("{head}.{payload}.{signature}");
    let flattened = json!({ "payload": PAYLOAD, "protected": A2.0, "signature": A2.1 }).to_string();
    let general =
        json!({ "payload": PAYLOAD, "signatures": [{ "protected": A2.0, "header": { "kid": "2010-12-29" }, "signature": A2.1 }] });
    let audiences = ["https://msi.example.com".to_owned()];
    for (text, modulus, secret) in [
        (compact(A1, PAYLOAD), A2_MODULUS, A1_KEY),
        (compact(A2, PAYLOAD), A2_MODULUS, A1_KEY),
        (compact(A3, PAYLOAD), A2_MODULUS, A1_KEY),
        (compact(A4, PAYLOAD), A2_MODULUS, A1_KEY),
        // A.5, which nobody signed, and A.7 and A.6, written as JSON.
        (compact(("eyJhbGciOiJub25lIn0", ""), PAYLOAD), A2_MODULUS, A1_KEY),
        (flattened, A2_MODULUS, A1_KEY),
        (general.to_string(), A2_MODULUS, A1_KEY),
        (compact(C1, DANGEROUS_BUSINESS), C_MODULUS, C_KEY),
        (compact(C2, DANGEROUS_BUSINESS), C_MODULUS, C_KEY),
        (compact(C3, DANGEROUS_BUSINESS), C_MODULUS, C_KEY),
        (compact(C4, DANGEROUS_BUSINESS), C_MODULUS, C_KEY),
        // 4.5: the content is elsewhere.
        (compact(C4, ""), C_MODULUS, C_KEY),
    ] {
        assert!(ticket::look(&text).is_none(), "{text:.60}");
        assert!(ticket::verify(&text, &org(modulus), &audiences).is_none(), "{text:.60}");
        for secret in [secret.to_owned(), STANDARD.encode(URL_SAFE_NO_PAD.decode(secret).unwrap())] {
            assert!(Tokens::new(&SecretString::from(secret)).unwrap().check(&text).is_err(), "{text:.60}");
        }
    }
}

// The file is no part of this repository (testvectors_v1/json_web_signature_test.json of Project Wycheproof).
#[test]
#[ignore = "wants Wycheproof's file of JWS vectors at MSI_TEST_WYCHEPROOF_JWS"]
fn jwt_22_the_check_of_signatures_agrees_with_wycheproof_on_jws() {
    #[expect(clippy::disallowed_methods, reason = "where the file of vectors is")]
    let path = std::env::var("MSI_TEST_WYCHEPROOF_JWS").unwrap();
    let set: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let (mut good, mut bad) = (0, 0);
    for group in set["testGroups"].as_array().unwrap() {
        // Keys of ours are for RS256 or HS256 by what they are.
        let (rsa, secret) = (&group["public"], &group["private"]);
        let (key, algorithm, name) = if rsa["kty"] == "RSA" && rsa["alg"] == "RS256" {
            (DecodingKey::from_rsa_pem(pem(rsa["n"].as_str().unwrap()).as_bytes()).unwrap(), Algorithm::RS256, "RS256")
        } else if secret["kty"] == "oct" {
            (DecodingKey::from_secret(&URL_SAFE_NO_PAD.decode(secret["k"].as_str().unwrap()).unwrap()), Algorithm::HS256, "HS256")
        } else {
            continue;
        };
        let all = group["tests"].as_array().unwrap();
        let valid: Vec<&str> = all.iter().filter(|test| test["result"] == "valid").filter_map(|test| test["jws"].as_str()).collect();
        for test in all {
            let jws = test["jws"].as_str().unwrap_or_default();
            let parts: Vec<&str> = jws.split('.').collect();
            // As the doors do: three parts, a header that names our algorithm, content that can be decoded, a signature that holds.
            let accepted = match parts[..] {
                [head, payload, signature] => {
                    let read: Option<Value> = URL_SAFE_NO_PAD.decode(head).ok().and_then(|head| serde_json::from_slice(&head).ok());
                    read.is_some_and(|head| head["alg"] == name && head.get("crit").is_none())
                        && URL_SAFE_NO_PAD.decode(payload).is_ok()
                        && holds((head, signature), payload, &key, algorithm)
                }
                _ => false,
            };
            // Two that are called valid have a letter that is none of base64's: stricter is fine.
            // Two that are called invalid are, letter for letter, the valid one.
            match test["result"].as_str() {
                _ if valid.contains(&jws) && accepted => {}
                Some("valid") => assert!(accepted || test["comment"].to_string().contains("InvalidCharacter"), "{test}"),
                _ => assert!(!accepted, "{test}"),
            }
            if accepted { good += 1 } else { bad += 1 }
        }
    }
    assert!(good >= 16 && bad >= 255, "{good} {bad}");
}
