use proptest::prelude::*;

use super::assets::Templates;
use super::*;

mod messages;

const ZONE: &str = "Europe/Berlin";

const STATES: [State<'_>; 13] = [
    State::UnknownOrg,
    State::Suspended,
    State::NoRecord,
    State::NotInMarketo,
    State::NotYetInMarketo,
    State::SessionExpired,
    State::Upstream,
    State::Approval { url: "https://acme.my.salesforce.com/services/oauth2/authorize?client_id=1&state=2" },
    State::Refused,
    State::NotFound,
    State::NobodyOfAccount,
    State::NobodyOfOpportunity,
    State::RolesUnknown,
];

fn pages() -> &'static Pages {
    static PAGES: std::sync::OnceLock<Pages> = std::sync::OnceLock::new();
    PAGES.get_or_init(|| Pages::new().unwrap())
}

fn text(bytes: &Bytes) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn shell_of(lang: Language, value: &str) -> Shell<'_> {
    Shell {
        lang,
        token: value,
        session_seconds: 900,
        record_object: value,
        title: value,
        tabs: value,
        target_origin: value,
        instance_id: value,
        request_id: value,
    }
}

/// The JSON island of a page.
fn island(page: &str) -> serde_json::Value {
    let (_, tail) = page.split_once("id=\"panel-config\">").unwrap();
    let (json, _) = tail.split_once("</script>").unwrap();
    serde_json::from_str(json).unwrap()
}

#[test]
fn every_template_renders_strictly_in_every_language() {
    for language in Language::ALL {
        let room = pages().room(language);
        assert!(room.language == language, "{}", language.tag());
        let clock = Clock::new(samples::NOW, ZONE);
        let words = &room.catalogue;
        for person in [samples::person(), samples::bare_person(), samples::hostile_person()] {
            room.render("person", &person::view(&person, words, &clock).unwrap()).unwrap();
        }
        for (list, answer) in
            [(DeskList::BestBets, samples::bets()), (DeskList::WatchList, samples::bets()), (DeskList::MyEmails, samples::sent())]
        {
            for answer in [answer.clone(), samples::hostile_items(answer), serde_json::json!({"items": [], "next_cursor": null})] {
                let view = bets::view(list, Some("leads"), &answer, "https://acme.my.salesforce.com", words, &clock).unwrap();
                room.render(bets::View::template(list), &view).unwrap();
            }
        }
        for (_, entry) in bets::feed(&samples::hostile_items(samples::feed()), "https://acme.my.salesforce.com", words, &clock).unwrap() {
            room.render("feed-entry", &entry).unwrap();
        }
        for done in ["hide", "unhide", "watch", "unwatch"] {
            let days = if done == "hide" { serde_json::json!(7) } else { serde_json::Value::Null };
            room.render(
                "desk-done",
                &serde_json::json!({"said": format!("done-{done}"), "count": days, "skipped": 2, "person": "x", "back": null}),
            )
            .unwrap();
        }
        for action in ["task", "campaign"] {
            for campaigns in [serde_json::json!([]), serde_json::json!([{"id": 7, "name": samples::HOSTILE}])] {
                let choice = serde_json::json!([{"key": "email", "word": "task-email", "chosen": true}]);
                let problem = serde_json::json!({"why": "why-other", "detail": samples::HOSTILE});
                let form = serde_json::json!({"action": action, "title": format!("act-{action}"), "people": ["x", "y"], "count": 2, "types": choice,
                    "priorities": choice, "campaigns": campaigns, "problem": problem, "once": "1", "values": {"name": samples::HOSTILE, "due": ""}});
                room.render("desk-form", &form).unwrap();
                let said =
                    serde_json::json!({"said": format!("done-{action}-many"), "count": 3, "skipped": null, "person": "", "back": null});
                room.render("desk-done", &said).unwrap();
            }
        }
        for mail in [samples::mail(), samples::hostile_mail()] {
            for frame in [None, Some("/panel/mail-body/x".to_owned())] {
                room.render("mail-view", &mail::view(&mail, frame, words, &clock).unwrap()).unwrap();
            }
        }
        for head in [samples::record(), samples::hostile_record()] {
            room.render("record", &record::view(&head, "https://acme.my.salesforce.com", words, &clock).unwrap()).unwrap();
        }
        let several = [samples::insights_of_several(false), samples::insights_of_several(true)];
        for insights in [samples::insights(), samples::no_insights(true), samples::no_insights(false), samples::hostile_insights()]
            .into_iter()
            .chain(several)
        {
            room.render("insights", &insights::view(&insights, words, &clock).unwrap()).unwrap();
        }
        for tab in PanelTab::ALL {
            for timeline in [
                samples::timeline(tab),
                samples::of_several(tab),
                samples::empty(tab, true),
                samples::empty(tab, false),
                samples::hostile(tab),
            ] {
                room.render("tab", &timeline::view(tab, &timeline, words, &clock).unwrap()).unwrap();
            }
        }
        let problem = Problem::unavailable("upstream.unavailable", "Marketo does not answer.", 7).with_request_id("0199f2d0");
        for state in STATES {
            for problem in [None, Some(&problem)] {
                for fragment in [true, false] {
                    let view = states::view(&state, problem, fragment);
                    room.render("state", &view).unwrap();
                    room.render("state-page", &shell::StatePage::new(words, view).unwrap()).unwrap();
                }
            }
        }
    }
}

#[test]
fn the_shell_carries_its_values_in_the_language_of_the_reader() {
    for lang in Language::ALL {
        let page = text(&pages().shell(&Shell { lang, ..shell_of(lang, "value") }));
        assert!(page.starts_with("<!doctype html>"));
        assert!(page.contains(&format!("<html lang=\"{}\">", lang.tag())));
        assert!(!page.contains('\u{e000}') && !page.contains('\u{e001}') && !page.contains("style="));
        let config = island(&page);
        assert_eq!(config["sessionSeconds"], 900);
        for name in ["token", "tabs", "recordObject", "targetOrigin", "instanceId", "requestId"] {
            assert_eq!(config[name], "value", "{name}");
        }
        assert!(config["words"]["minutes"].as_str().unwrap().contains("{n}"));
        for name in ["panel.css", "panel.js"] {
            assert!(page.contains(&assets::address(name).unwrap()), "{name}");
        }
    }
}

#[test]
fn a_shell_stays_small() {
    let page = pages().shell(&shell_of(Language::Chinese, "value"));
    assert!(page.len() < 12_000, "{}", page.len());
}

#[test]
fn hostile_words_come_out_inert() {
    let hostile = samples::HOSTILE;
    let pages = pages();
    let problem = Problem::bad_request("canvas.rejected", hostile).with_request_id(hostile);
    for lang in Language::ALL {
        let mut made = vec![
            pages.shell(&shell_of(lang, hostile)),
            pages.person_fragment(lang, hostile, samples::NOW, &samples::hostile_person()),
            pages.insights_fragment(lang, ZONE, samples::NOW, &samples::hostile_insights()),
            pages.record_fragment(lang, ZONE, samples::NOW, &samples::hostile_record(), hostile),
            pages.mail_fragment(lang, ZONE, samples::NOW, &samples::hostile_mail(), None),
            pages.desk_fragment(lang, ZONE, samples::NOW, DeskList::BestBets, None, &samples::hostile_items(samples::bets()), hostile),
            pages.desk_fragment(lang, ZONE, samples::NOW, DeskList::MyEmails, None, &samples::hostile_items(samples::sent()), hostile),
            pages.shell(&Shell { record_object: "Desk", ..shell_of(lang, hostile) }),
            pages.state_fragment(lang, &State::Refused, Some(&problem)),
            pages.state_page(lang, &State::Approval { url: "javascript:alert(1)" }, Some(&problem)),
        ];
        made.extend(PanelTab::ALL.map(|tab| pages.tab_fragment(lang, ZONE, samples::NOW, tab, &samples::hostile(tab))));
        for page in made.iter().map(text) {
            let markup = page.split_once("application/json").map_or(page.as_str(), |(markup, _)| markup);
            assert!(!page.contains("<img") && !markup.contains("onerror=") && !page.contains("javascript:"), "{page}");
            assert_eq!(page.matches("<script").count(), page.matches("</script>").count(), "{page}");
        }
        assert_eq!(island(&text(&made[0]))["token"], hostile);
        assert!(!text(&made[1]).contains('\u{202e}'));
    }
}

#[test]
fn a_person_is_said_in_words() {
    let page = text(&pages().person_fragment(Language::English, ZONE, samples::NOW, &samples::person()));
    for words in [
        "Ada Lovelace",
        "VP Engineering, Analytical Ltd",
        "2 of 3 stars",
        "3 of 3 flames",
        "1,087",
        "top 10 %",
        "Visited a page: <bdi>/pricing",
        ">2 h ago<",
        "Sat 21 Nov 2026, 13:30 CET",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let german = text(&pages().person_fragment(Language::German, ZONE, samples::NOW, &samples::person()));
    assert!(german.contains("1.087") && german.contains("vor 2 Std."), "{german}");
    let bare = text(&pages().person_fragment(Language::English, ZONE, samples::NOW, &samples::bare_person()));
    assert!(bare.contains("No name") && bare.contains("No score yet") && bare.contains("No activity recorded yet"), "{bare}");
    assert!(bare.contains("data-retry-after=\"5\""), "a history on its way is asked for again");
}

#[test]
fn lists_have_the_columns_that_reps_know() {
    for (tab, words) in [
        (PanelTab::Moments, vec!["Milestone", "Requested a demo", "Demo request form", "28 min ago"]),
        (
            PanelTab::Web,
            vec![
                "href=\"https://www.example.com/pricing?plan&#x3D;team\"",
                "Searched for “analytical engine price”",
                ">www.google.com<",
                "Unknown page",
            ],
        ),
        (
            PanelTab::Email,
            vec!["Sent by Marketo", "Sent by Sales", "opened 2 times", "clicked once", "not opened", "Soft bounce", "No subject"],
        ),
        (PanelTab::Calls, vec!["Interested", "Wants a quote", "No answer", ">2:05<"]),
        (PanelTab::Tasks, vec!["Send the quote", "2026-12-01", "High", "Call"]),
        (PanelTab::Score, vec![">1,037<", ">1,087<", "+50", "\u{2212}15", "Lead Score rose from 1,042 to 1,087 since 7 Oct"]),
    ] {
        let page = text(&pages().tab_fragment(Language::English, ZONE, samples::NOW, tab, &samples::timeline(tab)));
        for words in words.into_iter().chain(["5 entries shown", "data-more=\"MTc5NTI_.x\"", "Last update:", "Activity since 23 Aug"]) {
            assert!(page.contains(words), "{words}: {page}");
        }
    }
}

#[test]
fn the_dashboard_is_drawn_and_told() {
    let page = text(&pages().insights_fragment(Language::English, ZONE, samples::NOW, &samples::insights()));
    for words in [
        "Week of 9 Nov: 3 entries shown",
        "data-view=\"week=1&amp;kind&#x3D;web\"",
        "<rect x=\"0\" y=\"0\" width=\"24\" height=\"24\"",
        "Opened an e-mail</span> <bdi>Q4 offer</bdi> <span class=\"weak\">(2×)",
        "href=\"https://www.example.com/pricing\"",
        "<bdi>Milestone</bdi></span> <bdi>Requested a demo",
    ] {
        assert!(page.replace("week&#x3D;", "week=").contains(words), "{words}: {page}");
    }
    assert_eq!(page.matches("class=\"cell chosen\"").count(), 4);
    assert_eq!(page.matches("aria-pressed=\"true\"").count(), 2, "a week and a filter");
    let nothing = text(&pages().insights_fragment(Language::English, ZONE, samples::NOW, &samples::no_insights(true)));
    assert!(nothing.contains("Nothing in the last 13 weeks") && !nothing.contains("<table"), "{nothing}");
}

#[test]
fn rows_of_several_people_name_their_person() {
    let page = text(&pages().record_fragment(Language::English, ZONE, samples::NOW, &samples::record(), "https://acme.my.salesforce.com"));
    for words in [
        "Analytical Ltd",
        "2 people in Marketo",
        "<bdi>Ada Lovelace</bdi> · Visited a page: <bdi>/pricing",
        "lightning/r/Contact/003Aa00000ABcdeMAD/view",
        ">Ada Lovelace · Decision Maker</option>",
        ">Bob · CFO</option>",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    for tab in PanelTab::ALL {
        let page = text(&pages().tab_fragment(Language::English, ZONE, samples::NOW, tab, &samples::of_several(tab)));
        assert!(page.contains(">Person</th>") && !page.contains("<figure"), "{page}");
        assert_eq!(page.matches("data-person=\"0199f2d0c0de7000a000000000000001\"").count(), 5, "{page}");
        let alone = text(&pages().tab_fragment(Language::English, ZONE, samples::NOW, tab, &samples::timeline(tab)));
        assert!(!alone.contains("data-person"), "{alone}");
    }
    let dashboard = text(&pages().insights_fragment(Language::English, ZONE, samples::NOW, &samples::insights_of_several(false)));
    for words in [
        "aria-checked=\"true\"",
        "1 upcoming task",
        "2 sales campaigns under way",
        "step 2 of 3",
        "waits for a task",
        "overdue since 2026-11-20",
        "around&#x3D;account",
    ] {
        assert!(dashboard.contains(words), "{words}: {dashboard}");
    }
    let crowd = text(&pages().insights_fragment(Language::English, ZONE, samples::NOW, &samples::insights_of_several(true)));
    assert!(crowd.contains("More than 800 people") && !crowd.contains("<table"), "{crowd}");
}

#[test]
fn a_mail_says_what_became_of_it_and_stands_in_a_frame_where_nothing_runs() {
    let frame = Some("/panel/mail-body/ticket".to_owned());
    let page = text(&pages().mail_fragment(Language::English, ZONE, samples::NOW, &samples::mail(), frame));
    for words in [
        "Following up on our call",
        "rep@example.com",
        "bob@example.com",
        "Clicked in a sales e-mail",
        "not by a person",
        "src=\"/panel/mail-body/ticket\"",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(page.contains("sandbox=\"allow-popups allow-popups-to-escape-sandbox\""), "{page}");
    let bare = text(&pages().mail_fragment(Language::English, ZONE, samples::NOW, &samples::mail(), None));
    assert!(bare.contains("can no longer be shown") && !bare.contains("<iframe"), "{bare}");
}

#[test]
fn the_page_of_the_global_tab_lists_people_mails_and_what_happens() {
    let (pages, base) = (pages(), "https://acme.my.salesforce.com");
    let list = |list, answer| text(&pages.desk_fragment(Language::English, ZONE, samples::NOW, list, None, &answer, base));
    let bets = list(DeskList::BestBets, samples::bets());
    for words in [
        "Ada Lovelace",
        "Requested a demo",
        "3 of 3 flames",
        "data-desk=\"hide\"",
        "data-desk=\"unwatch\"",
        "the best 2",
        "aria-pressed=\"true\">All",
    ] {
        assert!(bets.contains(words), "{words}: {bets}");
    }
    let watched = list(DeskList::WatchList, samples::bets());
    assert!(!watched.contains("data-desk=\"hide\"") && watched.contains("lightning/r/Lead/00QAa00000ABcdeMAD/view"), "{watched}");
    let sent = list(DeskList::MyEmails, samples::sent());
    for words in ["Our call", "Replied", "Bounced", "No subject", "data-more=\"abc\""] {
        assert!(sent.contains(words), "{words}: {sent}");
    }
    let mut known = std::collections::HashSet::new();
    let entries = pages.feed_entries(Language::English, ZONE, samples::NOW, &samples::feed(), base, &known);
    assert_eq!(entries.len(), 2);
    assert!(text(&entries[0].1).contains("One of your best bets") && !text(&entries[1].1).contains("best bets"));
    known.insert("m1".to_owned());
    assert_eq!(pages.feed_entries(Language::English, ZONE, samples::NOW, &samples::feed(), base, &known).len(), 1);
    let shell = text(&pages.shell(&Shell { record_object: "Desk", ..shell_of(Language::English, "value") }));
    assert!(shell.contains("id=\"feed\"") && shell.contains("Best Bets") && !shell.contains("Web Activity"), "{shell}");
}

#[test]
fn an_empty_list_says_why() {
    for tab in PanelTab::ALL {
        let done = text(&pages().tab_fragment(Language::English, ZONE, samples::NOW, tab, &samples::empty(tab, true)));
        assert!(done.contains("state-empty") && !done.contains("data-retry-after") && !done.contains("<table"), "{done}");
        let loading = text(&pages().tab_fragment(Language::English, ZONE, samples::NOW, tab, &samples::empty(tab, false)));
        assert!(loading.contains("The history is on its way") && loading.contains("data-retry-after=\"5\""), "{loading}");
    }
}

#[test]
fn an_answer_of_another_shape_becomes_a_state() {
    for wrong in [serde_json::json!(null), serde_json::json!({"items": 3}), serde_json::json!({"score": "many", "history": 1})] {
        let person = text(&pages().person_fragment(Language::French, ZONE, samples::NOW, &wrong));
        assert!(wrong.is_object() && !person.is_empty() || person.contains("data-state=\"upstream\""), "{person}");
        let tab = text(&pages().tab_fragment(Language::French, ZONE, samples::NOW, PanelTab::Web, &wrong));
        assert!(tab.contains("data-state=\"upstream\""), "{tab}");
    }
}

#[test]
fn a_state_says_what_to_do_and_names_the_request() {
    let problem = Problem::forbidden("tenant.unknown", "No account.").with_request_id("0199f2d0");
    let page = text(&pages().state_page(Language::Dutch, &State::UnknownOrg, Some(&problem)));
    assert!(page.contains("Aanvraag 0199f2d0") && page.contains("Actions Config"), "{page}");
    let looking = text(&pages().state_fragment(Language::English, &State::NotYetInMarketo, None));
    assert!(looking.contains("data-state=\"looking\" data-retry-after=\"2\""), "{looking}");
    let approval = text(&pages().state_page(Language::English, &STATES[7], None));
    assert!(
        approval.contains("href=\"https://acme.my.salesforce.com/services/oauth2/authorize?client_id&#x3D;1&amp;state&#x3D;2\""),
        "{approval}"
    );
    assert!(approval.contains("data-action=\"reload\""));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_fills_the_shell_leaves_its_frame_alone(value in any::<String>()) {
        let page = text(&pages().shell(&shell_of(Language::English, &value)));
        prop_assert_eq!(page.matches("<script").count(), 2);
        prop_assert_eq!(page.matches("</script>").count(), 2);
        prop_assert_eq!(page.matches("</title>").count(), 1);
        let config = island(&page);
        prop_assert_eq!(config["token"].as_str().unwrap(), value.as_str());
        prop_assert_eq!(config["targetOrigin"].as_str().unwrap(), value.as_str());
    }
}
