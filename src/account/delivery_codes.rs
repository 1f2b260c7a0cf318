//! What the codes of other systems mean: each falls under one of the 26 documented codes, with a cause and a remedy.

/// What kind of trouble a code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// Somebody has to connect again.
    Authentication,
    /// Somebody has to change a right, a rule or a record.
    Access,
    /// It passes by itself.
    Intermittent,
    Other,
}

impl Category {
    /// A stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Authentication => "authentication",
            Self::Access => "access",
            Self::Intermittent => "intermittent",
            Self::Other => "other",
        }
    }
}

/// A documented code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    pub code: &'static str,
    pub category: Category,
    pub cause: &'static str,
    pub remedy: &'static str,
}

const fn documented(code: &'static str, category: Category, cause: &'static str, remedy: &'static str) -> Meaning {
    Meaning { code, category, cause, remedy }
}

/// The documented codes.
pub const DOCUMENTED: [Meaning; 26] = [
    documented(
        "API_CURRENTLY_DISABLED",
        Category::Access,
        "The Salesforce user may not use the API.",
        "Give the user the permission API Enabled, then retry.",
    ),
    documented(
        "AUTHENTICATION_FAILURE",
        Category::Authentication,
        "The stored credentials were not accepted.",
        "Disconnect and connect again, then retry.",
    ),
    documented(
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        Category::Access,
        "A trigger of the org failed, or the object may not be written.",
        "Look at the trigger that the message names, or give the user the right to write, then retry.",
    ),
    documented(
        "CANNOT_UPDATE_CONVERTED_LEAD",
        Category::Other,
        "The lead was converted meanwhile.",
        "The contact takes its place at the next sync; retry then.",
    ),
    documented(
        "ENTITY_IS_LOCKED",
        Category::Access,
        "The record is locked while somebody approves it.",
        "Wait for the approval, then retry.",
    ),
    documented("EXPIRED_ACCESS", Category::Authentication, "The session or the refresh token has run out.", "Connect again, then retry."),
    documented(
        "FAILED_WRITE",
        Category::Intermittent,
        "The connection ended before Salesforce answered, often because of slow triggers.",
        "It is tried again by itself.",
    ),
    documented(
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        Category::Access,
        "A validation rule of the org does not allow it.",
        "Change the rule or let the integration user pass it, then retry.",
    ),
    documented(
        "FIELD_FILTER_VALIDATION_EXCEPTION",
        Category::Access,
        "Existing data of the record don't pass a lookup filter.",
        "Correct the record, then retry.",
    ),
    documented(
        "FIELD_INTEGRITY_EXCEPTION",
        Category::Access,
        "Existing data of the record are not valid.",
        "Correct the record, such as its state or country, then retry.",
    ),
    documented("INACTIVE_ORGANIZATION", Category::Authentication, "The org is not active.", "Activate the org and connect again."),
    documented(
        "INACTIVE_USER",
        Category::Authentication,
        "The user is not active.",
        "Activate the user, or connect as another one, then retry.",
    ),
    documented(
        "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE",
        Category::Intermittent,
        "Salesforce is being maintained.",
        "It is tried again by itself.",
    ),
    documented(
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        Category::Access,
        "The user may not see the record that the task belongs to.",
        "Share the record with the user, then retry.",
    ),
    documented(
        "INSUFFICIENT_ACCESS_OR_READONLY",
        Category::Access,
        "The user may not write the record.",
        "Give the user the right to edit it, then retry.",
    ),
    documented(
        "INVALID_FIELD",
        Category::Intermittent,
        "A field is not known, or reading it took too long.",
        "Install the package's fields; otherwise it is tried again by itself.",
    ),
    documented(
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        Category::Access,
        "The user may not write one of the fields.",
        "Give the user access to the fields of activities, then retry.",
    ),
    documented(
        "INVALID_GRANT",
        Category::Authentication,
        "The org does not allow the connection from our address.",
        "Allow the gateway's addresses and connect again.",
    ),
    documented(
        "INVALID_TYPE",
        Category::Access,
        "The user has no access to the object.",
        "Give the user the right to read and edit it, then retry.",
    ),
    documented("QUERY_TIMEOUT", Category::Intermittent, "A query took too long.", "It is tried again by itself."),
    documented(
        "REQUEST_LIMIT_EXCEEDED",
        Category::Intermittent,
        "The calls of the day, or those at once, are used up.",
        "It goes on by itself when calls are free again; fewer triggers or more calls help.",
    ),
    documented(
        "REQUIRED_FIELD_MISSING",
        Category::Access,
        "A field that the org requires is empty.",
        "Fill the field or give it a default, then retry.",
    ),
    documented("SERVER_UNAVAILABLE", Category::Intermittent, "The other system is too busy.", "It is tried again by itself."),
    documented(
        "TXN_SECURITY_NO_ACCESS",
        Category::Access,
        "A security policy of the org does not allow it.",
        "Change the policy, then retry.",
    ),
    documented(
        "UNABLE_TO_LOCK_ROW",
        Category::Intermittent,
        "Somebody else writes the same record just now.",
        "It is tried again by itself.",
    ),
    documented(
        "UNKNOWN_EXCEPTION",
        Category::Other,
        "Something failed on the other side.",
        "Retry; if it fails again, open a case with the number of the delivery.",
    ),
];

const UNKNOWN: Meaning = documented(
    "UNKNOWN_EXCEPTION",
    Category::Other,
    "Something failed on the other side.",
    "Retry; if it fails again, open a case with the number of the delivery.",
);

/// Codes of others, and of ours, by the documented code that they fall under; an empty target stands for all.
const FALLS_UNDER: [(&str, &str, &[&str]); 19] = [
    ("", "FAILED_WRITE", &["TIMEOUT", "UNREACHABLE", "BAD_ANSWER", "UNCLEAR"]),
    ("", "INSUFFICIENT_ACCESS_OR_READONLY", &["FORBIDDEN"]),
    ("", "REQUEST_LIMIT_EXCEEDED", &["RATE_LIMITED", "QUOTA"]),
    ("salesforce", "FIELD_CUSTOM_VALIDATION_EXCEPTION", &["DUPLICATE_VALUE", "DUPLICATES_DETECTED"]),
    ("salesforce", "EXPIRED_ACCESS", &["INVALID_SESSION_ID", "UNAUTHORIZED"]),
    ("salesforce", "API_CURRENTLY_DISABLED", &["API_DISABLED_FOR_ORG"]),
    ("salesforce", "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", &["INVALID_CROSS_REFERENCE_KEY", "ENTITY_IS_DELETED"]),
    ("salesforce", "FIELD_INTEGRITY_EXCEPTION", &["STRING_TOO_LONG", "MALFORMED_ID", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"]),
    ("salesforce", "QUERY_TIMEOUT", &["REQUEST_RUNNING_TOO_LONG"]),
    ("salesforce", "SERVER_UNAVAILABLE", &["500", "502", "503", "504"]),
    ("marketo", "SERVER_UNAVAILABLE", &["500", "502", "503", "504", "608", "611", "614", "713", "719"]),
    ("marketo", "AUTHENTICATION_FAILURE", &["600", "601", "602", "401", "UNAUTHORIZED"]),
    ("marketo", "INSUFFICIENT_ACCESS_OR_READONLY", &["603"]),
    ("marketo", "QUERY_TIMEOUT", &["604"]),
    ("marketo", "REQUEST_LIMIT_EXCEEDED", &["606", "607", "615"]),
    ("marketo", "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", &["1004", "1013"]),
    ("marketo", "REQUIRED_FIELD_MISSING", &["1002"]),
    ("marketo", "FIELD_INTEGRITY_EXCEPTION", &["1001"]),
    ("mail", "SERVER_UNAVAILABLE", &["421", "450", "451", "452"]),
];

/// The documented code that a code of a target falls under.
#[must_use]
pub fn meaning(target: &str, code: &str) -> Meaning {
    let falls = FALLS_UNDER.iter().find(|(of, _, codes)| (of.is_empty() || *of == target) && codes.contains(&code));
    let name = falls.map_or(code, |(_, name, _)| name);
    DOCUMENTED.into_iter().find(|known| known.code == name).unwrap_or(UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_code_is_explained_in_words_of_each_language() {
        for tag in ["en", "de", "fr", "sv", "nl", "zh-Hans"] {
            let words = std::fs::read_to_string(format!("templates/languages/{tag}.mailing.ftl")).unwrap();
            for meaning in DOCUMENTED {
                let slug = meaning.code.replace('_', "-");
                for part in ["cause", "remedy"] {
                    assert!(words.contains(&format!("\ncode-{part}-{slug} = ")), "code-{part}-{slug} in {tag}");
                }
            }
        }
    }

    #[test]
    fn every_documented_code_means_itself_and_no_two_are_the_same() {
        for known in DOCUMENTED {
            assert_eq!(meaning("salesforce", known.code), known);
            assert!(!known.cause.is_empty() && !known.remedy.is_empty());
        }
        let names: std::collections::HashSet<_> = DOCUMENTED.iter().map(|known| known.code).collect();
        assert_eq!(names.len(), 26);
    }

    #[test]
    fn other_codes_fall_under_a_documented_one() {
        assert_eq!(meaning("marketo", "606").code, "REQUEST_LIMIT_EXCEEDED");
        assert_eq!(meaning("salesforce", "ENTITY_IS_DELETED").category, Category::Access);
        assert_eq!(meaning("salesforce", "SOMETHING_NEW").code, "UNKNOWN_EXCEPTION");
        assert_eq!(meaning("mail", "UNCLEAR").category, Category::Intermittent);
    }
}
