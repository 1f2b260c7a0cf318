//! The steps of a sales campaign: what is done to a person on which day of the sequence. A plan never changes once people
//! follow it; an edit makes a new one.

use serde::{Deserialize, Serialize};

use crate::account::query::invalid;
use crate::problem::Problem;

/// Most steps of a campaign.
pub const MOST_STEPS: usize = 50;
/// The last day that a step can be on.
pub const LAST_DAY: u32 = 365;

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    Email,
    Call,
    InMail,
    Custom,
}

impl StepKind {
    /// Its name, as tasks know it too.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Call => "call",
            Self::InMail => "in_mail",
            Self::Custom => "custom",
        }
    }
}

/// When an e-mail goes out, and by whose hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendOption {
    /// Whoever starts the campaign says when; for the first step only.
    Choose,
    /// At the step's own time of day.
    At,
    /// At the time of day of the e-mail before it; for later steps only.
    SameTime,
    /// A task reminds the rep to send it.
    Task,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub id: String,
    /// The day of the sequence, from 1.
    pub day: u32,
    pub kind: StepKind,
    pub name: String,
    pub send: SendOption,
    /// Minutes after midnight, for [`SendOption::At`].
    pub at: Option<u16>,
    /// Whether the e-mail before is appended.
    #[serde(default)]
    pub follow_up: bool,
    pub template_id: Option<String>,
    pub subject: Option<String>,
    /// As it was let in; never as it was typed.
    pub html: Option<String>,
    /// What to do or to say.
    pub notes: Option<String>,
    #[serde(default)]
    pub high: bool,
}

impl Step {
    /// Whether it is an e-mail that goes out by itself.
    #[must_use]
    pub fn is_mail(&self) -> bool {
        self.kind == StepKind::Email && self.send != SendOption::Task
    }
}

/// All steps, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub steps: Vec<Step>,
}

/// Where a step is moved to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Move {
    /// Before the step that is before it; beyond the first of its day it goes to the end of the day before.
    Up,
    /// After the step that is after it; beyond the last of its day it goes to the beginning of the day after.
    Down,
}

impl Plan {
    /// The plan as it was stored; what can't be read is no plan.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(|steps| Self { steps })
    }

    /// The plan as it is stored.
    #[must_use]
    pub fn written(&self) -> String {
        serde_json::to_string(&self.steps).unwrap_or_else(|_| "[]".to_owned())
    }

    /// The place of a step.
    #[must_use]
    pub fn place_of(&self, id: &str) -> Option<usize> {
        self.steps.iter().position(|step| step.id == id)
    }

    /// The e-mail right before a step that follows up on it.
    #[must_use]
    pub fn followed(&self, index: usize) -> Option<&Step> {
        let before = self.steps.get(index.checked_sub(1)?)?;
        (before.kind == StepKind::Email).then_some(before)
    }

    /// Puts a step at the end of its day.
    pub fn add(&mut self, step: Step) {
        let at = self.steps.partition_point(|known| known.day <= step.day);
        self.steps.insert(at, step);
    }

    /// Moves a step by one place; days keep their order.
    ///
    /// # Errors
    /// 404 when there is no such step.
    pub fn shift(&mut self, id: &str, to: Move) -> Result<(), Problem> {
        let at = self.place_of(id).ok_or_else(Problem::not_found)?;
        let day = self.steps.get(at).map_or(1, |step| step.day);
        let neighbour = match to {
            Move::Up => at.checked_sub(1),
            Move::Down => Some(at + 1).filter(|next| *next < self.steps.len()),
        };
        let beside = neighbour.and_then(|at| self.steps.get(at)).is_some_and(|step| step.day == day);
        if let Some(other) = neighbour.filter(|_| beside) {
            self.steps.swap(at, other);
        } else if let Some(step) = self.steps.get_mut(at) {
            step.day = match to {
                Move::Up => day.saturating_sub(1).max(1),
                Move::Down => (day + 1).min(LAST_DAY),
            };
        }
        Ok(())
    }

    /// Whether the plan makes sense as a whole.
    ///
    /// # Errors
    /// 400 that names the field at fault.
    pub fn check(&self) -> Result<(), Problem> {
        if self.steps.len() > MOST_STEPS {
            return Err(Problem::new(409, "campaign.too_many_steps", "Too many steps", "A sales campaign can have 50 steps."));
        }
        for (index, step) in self.steps.iter().enumerate() {
            if !(1..=LAST_DAY).contains(&step.day) {
                return Err(invalid("day", "It must be a day from 1 to 365."));
            }
            if step.kind != StepKind::Email {
                continue;
            }
            let first = index == 0;
            match step.send {
                SendOption::Choose if !first => {
                    return Err(invalid("send", "Only the first step can wait for a time that is chosen when people are added."));
                }
                SendOption::SameTime if first => {
                    return Err(invalid("send", "The first step has no e-mail before it whose time it could share."));
                }
                SendOption::At if step.at.is_none_or(|at| at >= 24 * 60) => {
                    return Err(invalid("at", "It must be a time of day, such as 09:30."));
                }
                _ => {}
            }
            if step.follow_up && self.followed(index).is_none() {
                return Err(invalid("follow_up", "Only a step right after an e-mail can follow up on it."));
            }
        }
        Ok(())
    }

    /// Mends what moving and removing steps leaves behind: the first step has nothing before it.
    pub fn mend(&mut self) {
        let mut mail_before = false;
        for (index, step) in self.steps.iter_mut().enumerate() {
            step.follow_up &= mail_before;
            match step.send {
                SendOption::Choose if index > 0 => step.send = SendOption::SameTime,
                SendOption::SameTime if index == 0 => step.send = SendOption::Choose,
                _ => {}
            }
            mail_before = step.kind == StepKind::Email;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn step(id: usize, day: u32, kind: StepKind) -> Step {
        Step {
            id: format!("s{id}"),
            day,
            kind,
            name: String::new(),
            send: SendOption::At,
            at: Some(540),
            follow_up: true,
            template_id: None,
            subject: None,
            html: None,
            notes: None,
            high: false,
        }
    }

    proptest! {
        #[test]
        fn steps_keep_the_order_of_their_days_however_they_are_moved(
            steps in proptest::collection::vec((1_u32..6, any::<bool>()), 1..8),
            moves in proptest::collection::vec((0_usize..8, any::<bool>()), 0..20),
        ) {
            let mut plan = Plan::default();
            for (id, (day, mail)) in steps.iter().enumerate() {
                plan.add(step(id, *day, if *mail { StepKind::Email } else { StepKind::Call }));
            }
            for (id, up) in moves {
                let _ = plan.shift(&format!("s{id}"), if up { Move::Up } else { Move::Down });
            }
            plan.mend();
            prop_assert!(plan.check().is_ok(), "{plan:?}");
            prop_assert!(plan.steps.is_sorted_by_key(|step| step.day));
            prop_assert_eq!(plan.steps.len(), steps.len());
            prop_assert_eq!(Plan::read(&plan.written()).unwrap(), plan);
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_fields_name() {
        let refused = |change: fn(&mut Plan)| {
            let mut plan = Plan { steps: vec![step(0, 1, StepKind::Email), step(1, 2, StepKind::Email)] };
            plan.mend();
            change(&mut plan);
            plan.check().unwrap_err().errors[0].field.clone()
        };
        assert_eq!(refused(|plan| plan.steps[1].send = SendOption::Choose), "send");
        assert_eq!(refused(|plan| plan.steps[0].send = SendOption::SameTime), "send");
        assert_eq!(refused(|plan| plan.steps[1].at = Some(1_440)), "at");
        assert_eq!(refused(|plan| plan.steps[0].follow_up = true), "follow_up");
        assert_eq!(refused(|plan| plan.steps[0].day = 0), "day");
    }
}
