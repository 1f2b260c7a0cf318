//! The e-mail of a step: its own words or a template's, what was written for one person instead, and the e-mail that it follows
//! up on.

use serde::{Deserialize, Serialize};

use super::plan::{Plan, Step};
use crate::account::composing::{Composition, Draft};
use crate::account::query::invalid;
use crate::account::seller::Seller;
use crate::account::{AccountState, database, mail_html};
use crate::problem::Problem;

/// What somebody wrote for one person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    pub subject: String,
    pub text: String,
}

/// The words of a step, before fields are filled: subject and HTML.
async fn words(seller: &Seller, step: &Step) -> Result<(String, String), Problem> {
    let Some(id) = &step.template_id else {
        return Ok((step.subject.clone().unwrap_or_default(), step.html.clone().unwrap_or_default()));
    };
    let template = database::answer(seller.tenant.template(&seller.member.id, id)).await?;
    let template = template.ok_or_else(|| gone(&step.name))?;
    // The words that it had when it was chosen, or taken over last.
    Ok((step.subject.clone().unwrap_or(template.subject), step.html.clone().unwrap_or(template.html)))
}

fn gone(step: &str) -> Problem {
    Problem::new(
        409,
        "campaign.template_gone",
        "The template is gone",
        format!("The template of the step \u{201c}{step}\u{201d} was deleted, or is not shared with you. Choose another one in the step."),
    )
}

/// The e-mail of the step at `index`, ready to be made out to people.
///
/// # Errors
/// What can't be used of it; `campaign.template_gone` when its template is not there any more.
pub async fn composition(
    state: &AccountState,
    seller: &Seller,
    plan: &Plan,
    index: usize,
    edit: Option<&Edit>,
) -> Result<Composition, Problem> {
    let step = plan.steps.get(index).ok_or_else(|| invalid("step", "There is no such step."))?;
    let (mut subject, mut html) = words(seller, step).await?;
    if let Some(edit) = edit {
        subject.clone_from(&edit.subject);
        html = mail_html::from_text(&edit.text);
    }
    if step.follow_up
        && let Some(before) = plan.followed(index)
    {
        // The template's words, not what was written for single people; if they are gone, the mail goes without.
        match words(seller, before).await {
            Ok((_, earlier)) => html = format!("{html}<hr><blockquote>{earlier}</blockquote>"),
            Err(problem) if problem.status >= 500 => return Err(problem),
            Err(_) => {}
        }
    }
    let draft =
        Draft { template_id: step.template_id.as_deref(), subject: Some(&subject), html: Some(&html), text: None, cc: &[], bcc: &[] };
    Composition::read(state, seller, &draft).await
}
