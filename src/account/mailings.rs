//! E-mails as a rep thinks of them: one item for each mail that was sent, with what became of it.
//!
//! Marketo tells of events (sent, delivered, opened, …). Those of one mail have its mailing id and campaign run in
//! common; where a run sent the same mailing twice, an event belongs to the latest sending before it.

use std::collections::HashMap;

use serde::Serialize;

use super::timeline::Detail;
use crate::store::timeline::{Activity, Before};

/// How far a mail got; the furthest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Sent,
    SoftBounced,
    Delivered,
    Replied,
    Bounced,
    Unsubscribed,
}

/// One mail and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mailing {
    /// By which the mail itself can be asked for.
    #[serde(rename = "id")]
    guid: String,
    /// When it was sent; the first event known of it where the sending itself is not.
    pub at: i64,
    pub subject: Option<String>,
    /// `marketo` or `sales`.
    pub sent_by: &'static str,
    pub status: Status,
    /// Openings and clicks by people; those by bots do not count.
    pub opened: u32,
    pub clicked: u32,
    /// The latest of them.
    pub opened_at: Option<i64>,
    pub clicked_at: Option<i64>,
    /// Answers, and the latest of them.
    pub replied: u32,
    pub replied_at: Option<i64>,
    /// The asset in Marketo, or our own mail.
    #[serde(skip)]
    pub asset_id: Option<String>,
    // Places of its events in the list that it was gathered from.
    #[serde(skip)]
    events: Vec<usize>,
    #[serde(skip)]
    pub lead_id: i64,
    #[serde(skip)]
    send_known: bool,
}

impl Mailing {
    /// Its place in the timeline.
    pub fn place(&self) -> Before {
        Before { happened_at: self.at, guid: self.guid.clone() }
    }

    /// Whether its sending is among the events that it was gathered from.
    pub const fn is_whole(&self) -> bool {
        self.send_known
    }

    fn begin(event: &Activity) -> Self {
        Self {
            at: event.happened_at,
            subject: None,
            sent_by: if event.kind.starts_with("sales_") { "sales" } else { "marketo" },
            status: Status::Sent,
            opened: 0,
            clicked: 0,
            opened_at: None,
            clicked_at: None,
            replied: 0,
            replied_at: None,
            asset_id: event.asset_id.clone(),
            events: Vec::new(),
            guid: event.guid.clone(),
            lead_id: event.lead_id,
            send_known: false,
        }
    }

    fn take(&mut self, event: &Activity, detail: &Detail) {
        if is_send(event) {
            self.send_known = true;
            self.at = event.happened_at;
            self.guid.clone_from(&event.guid);
        }
        if self.subject.is_none() {
            self.subject = detail.text("subject").or_else(|| event.subject.clone()).or_else(|| detail.text("template"));
        }
        let by_person = !detail.flag("bot");
        match event.kind.as_str() {
            "opened" | "sales_opened" if by_person => {
                self.opened += 1;
                self.opened_at = self.opened_at.max(Some(event.happened_at));
            }
            "clicked" | "sales_clicked" if by_person => {
                self.clicked += 1;
                self.clicked_at = self.clicked_at.max(Some(event.happened_at));
            }
            "sales_replied" => {
                self.replied += 1;
                self.replied_at = self.replied_at.max(Some(event.happened_at));
            }
            _ => {}
        }
        // Even a bot opens only what arrived. Of mail sent from Salesforce delivery is not told.
        let reached = match event.kind.as_str() {
            "delivered" | "opened" | "clicked" => Status::Delivered,
            "soft_bounced" => Status::SoftBounced,
            "sales_replied" => Status::Replied,
            "bounced" | "sales_bounced" => Status::Bounced,
            "unsubscribed" => Status::Unsubscribed,
            _ => Status::Sent,
        };
        self.status = self.status.max(reached);
    }
}

fn is_send(event: &Activity) -> bool {
    matches!(event.kind.as_str(), "sent" | "sales_sent")
}

/// The mails of some people, the newest first.
pub fn gather(mut events: Vec<Activity>) -> Vec<Mailing> {
    sort(&mut events);
    gathered(&events)
}

/// The mail that one of its events belongs to, with all of them, the oldest first.
pub fn trace(mut events: Vec<Activity>, guid: &str) -> Option<(Mailing, Vec<Activity>)> {
    sort(&mut events);
    let place = events.iter().position(|event| event.guid == guid)?;
    let mailing = gathered(&events).into_iter().find(|mailing| mailing.events.contains(&place))?;
    let told = mailing.events.iter().filter_map(|place| events.get(*place).cloned()).collect();
    Some((mailing, told))
}

// Times have whole seconds, so a delivery often bears the time of its sending.
fn sort(events: &mut [Activity]) {
    events.sort_by(|left, right| (left.happened_at, !is_send(left), &left.guid).cmp(&(right.happened_at, !is_send(right), &right.guid)));
}

fn gathered(events: &[Activity]) -> Vec<Mailing> {
    let mut mailings: Vec<Mailing> = Vec::new();
    let mut latest: HashMap<Key, usize> = HashMap::new();
    for (place, event) in events.iter().enumerate() {
        let detail = Detail::of(event);
        let key = Key::of(event, &detail);
        let current = latest.get(&key).copied().and_then(|index| mailings.get_mut(index));
        match current {
            Some(mailing) if !(is_send(event) && mailing.send_known) => {
                mailing.take(event, &detail);
                mailing.events.push(place);
            }
            _ => {
                let mut mailing = Mailing::begin(event);
                mailing.take(event, &detail);
                mailing.events.push(place);
                latest.insert(key, mailings.len());
                mailings.push(mailing);
            }
        }
    }
    mailings.sort_by(|left, right| (right.at, &right.guid).cmp(&(left.at, &left.guid)));
    mailings
}

#[derive(PartialEq, Eq, Hash)]
struct Key {
    lead_id: i64,
    by_sales: bool,
    asset: String,
    run: Option<String>,
}

impl Key {
    fn of(event: &Activity, detail: &Detail) -> Self {
        // Without a mailing's id its name is all there is to go by.
        let asset = event.asset_id.clone().or_else(|| event.subject.clone()).or_else(|| detail.text("subject"));
        Self {
            lead_id: event.lead_id,
            by_sales: event.kind.starts_with("sales_"),
            asset: asset.unwrap_or_default(),
            run: detail.text("run"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::timeline::Tab;

    fn event(guid: &str, kind: &str, at: i64, asset: &str, detail: &str) -> Activity {
        Activity {
            guid: guid.to_owned(),
            lead_id: 1,
            tab: Tab::Email.code(),
            kind: kind.to_owned(),
            happened_at: at,
            subject: Some(format!("Mail {asset}")),
            asset_id: Some(asset.to_owned()),
            detail: detail.to_owned(),
        }
    }

    const RUN: &str = r#"{"run":7}"#;

    #[test]
    fn the_events_of_a_mail_become_one_item_with_the_furthest_status() {
        let mailings = gather(vec![
            event("a", "delivered", 100, "m", RUN),
            event("z", "sent", 100, "m", RUN),
            event("b", "opened", 130, "m", RUN),
            event("c", "opened", 120, "m", RUN),
            event("d", "clicked", 140, "m", r#"{"run":"7","link":"https://x.example"}"#),
        ]);
        assert_eq!(mailings.len(), 1);
        let mail = &mailings[0];
        assert_eq!((mail.at, mail.status, mail.opened, mail.clicked), (100, Status::Delivered, 2, 1));
        assert_eq!((mail.opened_at, mail.clicked_at, mail.place().guid.as_str()), (Some(130), Some(140), "z"));
    }

    #[test]
    fn a_mail_is_found_by_any_of_its_events_with_all_of_them() {
        let events = || {
            vec![
                event("a", "sent", 10, "m", RUN),
                event("b", "opened", 11, "m", RUN),
                event("c", "sent", 20, "m", RUN),
                event("d", "opened", 21, "m", RUN),
                event("e", "sales_sent", 5, "s", RUN),
                event("f", "sales_replied", 30, "s", RUN),
            ]
        };
        for (guid, of) in [("a", "ab"), ("b", "ab"), ("d", "cd"), ("f", "ef")] {
            let (mailing, told) = trace(events(), guid).unwrap();
            assert_eq!(told.iter().map(|event| event.guid.as_str()).collect::<String>(), of);
            assert_eq!((mailing.replied, mailing.replied_at), if of == "ef" { (1, Some(30)) } else { (0, None) });
        }
        assert!(trace(events(), "z").is_none());
    }

    #[test]
    fn bots_open_and_click_nothing_but_show_that_the_mail_arrived() {
        let bot = r#"{"run":7,"bot":true}"#;
        let mailings = gather(vec![event("a", "sent", 1, "m", RUN), event("b", "opened", 2, "m", bot), event("c", "clicked", 2, "m", bot)]);
        let mail = &mailings[0];
        assert_eq!((mail.status, mail.opened, mail.clicked, mail.opened_at), (Status::Delivered, 0, 0, None));
    }

    #[test]
    fn another_run_or_a_second_sending_is_another_mail() {
        let mailings = gather(vec![
            event("a", "sent", 10, "m", RUN),
            event("b", "bounced", 11, "m", RUN),
            event("c", "sent", 20, "m", RUN),
            event("d", "delivered", 21, "m", RUN),
            event("e", "sent", 30, "m", r#"{"run":8}"#),
            event("f", "sales_sent", 40, "m", RUN),
        ]);
        let seen: Vec<_> = mailings.iter().map(|mail| (mail.at, mail.status, mail.sent_by)).collect();
        assert_eq!(
            seen,
            [
                (40, Status::Sent, "sales"),
                (30, Status::Sent, "marketo"),
                (20, Status::Delivered, "marketo"),
                (10, Status::Bounced, "marketo")
            ]
        );
    }

    #[test]
    fn a_mail_whose_sending_is_unknown_is_shown_by_its_first_event() {
        let mailings = gather(vec![event("b", "unsubscribed", 60, "m", RUN), event("a", "opened", 50, "m", RUN)]);
        assert_eq!((mailings.len(), mailings[0].at, mailings[0].status), (1, 50, Status::Unsubscribed));
    }

    #[test]
    fn a_delivery_is_further_than_a_soft_bounce_and_not_as_far_as_a_bounce() {
        for (kinds, status) in [
            (["delivered", "soft_bounced"], Status::Delivered),
            (["bounced", "delivered"], Status::Bounced),
            (["soft_bounced", "opened"], Status::Delivered),
        ] {
            let [one, two] = kinds;
            let mailings = gather(vec![event("a", "sent", 1, "m", RUN), event("b", one, 2, "m", RUN), event("c", two, 3, "m", RUN)]);
            assert_eq!(mailings[0].status, status);
        }
    }

    proptest! {
        #[test]
        fn every_event_is_in_one_mail_and_their_order_does_not_matter(
            kinds in proptest::collection::vec((0_usize..7, 0_i64..5, 0_u8..2), 0..20), turn in 0_usize..20
        ) {
            const KINDS: [&str; 7] = ["sent", "delivered", "opened", "clicked", "bounced", "soft_bounced", "unsubscribed"];
            let mut events: Vec<_> = kinds
                .iter()
                .enumerate()
                .map(|(n, (kind, at, asset))| event(&format!("{n:03}"), KINDS[*kind], *at, &asset.to_string(), RUN))
                .collect();
            let mailings = gather(events.clone());
            let opened: u32 = mailings.iter().map(|mail| mail.opened).sum();
            prop_assert_eq!(usize::try_from(opened).unwrap(), kinds.iter().filter(|(kind, ..)| *kind == 2).count());
            prop_assert!(mailings.iter().filter(|mail| mail.send_known).count() == kinds.iter().filter(|(kind, ..)| *kind == 0).count());
            if !events.is_empty() {
                let by = turn % events.len();
                events.rotate_left(by);
            }
            prop_assert_eq!(gather(events), mailings);
        }
    }
}
