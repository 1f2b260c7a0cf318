//! How activities are called in Salesforce: a text of an admin with seven dynamic fields (product-actions facts §6.6). A field
//! without a value is empty; the whole is one line of at most 255 characters.

/// The seven fields.
pub const FIELDS: [&str; 7] = [
    "activity_type",
    "activity_subject",
    "sales_campaign_name",
    "sales_campaign_day",
    "sales_campaign_step",
    "call_outcome",
    "call_reason",
];

/// Longest subject of a task, in characters.
pub const LONGEST: usize = 255;

/// What the fields stand for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Named<'a> {
    /// `Email`, `Call`, `InMail` or `Custom`.
    pub activity_type: &'a str,
    pub activity_subject: &'a str,
    pub sales_campaign_name: &'a str,
    pub sales_campaign_day: &'a str,
    pub sales_campaign_step: &'a str,
    pub call_outcome: &'a str,
    pub call_reason: &'a str,
}

impl Named<'_> {
    fn get(&self, field: &str) -> &str {
        match field {
            "activity_type" => self.activity_type,
            "activity_subject" => self.activity_subject,
            "sales_campaign_name" => self.sales_campaign_name,
            "sales_campaign_day" => self.sales_campaign_day,
            "sales_campaign_step" => self.sales_campaign_step,
            "call_outcome" => self.call_outcome,
            "call_reason" => self.call_reason,
            _ => "",
        }
    }
}

// The pieces of a pattern: texts, and fields by their names.
fn pieces(pattern: &str) -> Vec<Result<&str, &str>> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((field, behind)) = after.split_once("}}") else { break };
        pieces.push(Ok(before));
        pieces.push(Err(field.trim()));
        rest = behind;
    }
    pieces.push(Ok(rest));
    pieces
}

/// Whether every field of a pattern is one of the seven.
#[must_use]
pub fn knows(pattern: &str) -> bool {
    pieces(pattern).into_iter().all(|piece| piece.is_ok() || piece.is_err_and(|field| FIELDS.contains(&field)))
}

/// The subject by a pattern; `None` when it is empty, so that the ordinary one counts.
#[must_use]
pub fn filled(pattern: &str, named: &Named<'_>) -> Option<String> {
    if pattern.trim().is_empty() {
        return None;
    }
    let text: String = pieces(pattern).into_iter().map(|piece| piece.unwrap_or_else(|field| named.get(field))).collect();
    let line = one_line(&text);
    (!line.is_empty()).then_some(line)
}

/// One line, cut where Salesforce would refuse it.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(LONGEST).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_are_filled_and_empty_ones_vanish() {
        let named = Named { activity_type: "Call", activity_subject: "a\r\nb", call_outcome: "{{call_reason}}", ..Named::default() };
        let pattern = "Mkto_sales {{activity_type}}: {{ activity_subject }}{{sales_campaign_name}} {{call_outcome}}";
        assert!(knows(pattern));
        assert_eq!(filled(pattern, &named).unwrap(), "Mkto_sales Call: a  b {{call_reason}}");
        assert_eq!(filled(" ", &named), None);
        assert_eq!(filled("{{sales_campaign_day}}", &named), None);
        assert!(!knows("{{first_name}}") && knows("{{ nothing") && knows("plain"));
        assert_eq!(one_line("a\r\nb"), "a  b");
        assert_eq!(one_line(&"é".repeat(300)).chars().count(), 255);
    }

    proptest! {
        #[test]
        fn a_subject_is_one_short_line(pattern in "(\\PC|[\\r\\n{}]){0,300}", value in "(\\PC|[\\r\\n{}]){0,300}") {
            let named = Named { activity_subject: &value, ..Named::default() };
            if let Some(subject) = filled(&format!("{pattern}{{{{activity_subject}}}}"), &named) {
                prop_assert!(subject.chars().count() <= LONGEST && !subject.contains(['\r', '\n']));
            }
        }
    }
}
