//! Sales campaigns: the list, a campaign's steps and settings, its people, and starting it for people.

use crate::gateway::admin::row::{Act, Ask, Field, Kind, Page, Then, Who, field, text};
use crate::gateway::broker::Verb;

const LIST: &str = "/admin/campaigns";
const ONE: &str = "/admin/campaigns/{id}";
const PEOPLE: &str = "/admin/campaigns/{id}/people";
const LAUNCH: &str = "/admin/launches/{id}";

const CAMPAIGN: Ask = Ask::needed("campaign", "/v1/sales-campaigns/{id}");

const STEP: &[Field] = &[
    field("day", Kind::Number),
    field("type", Kind::Optional),
    field("name", Kind::Optional),
    field("send", Kind::Optional),
    field("at", Kind::Optional),
    field("follow_up", Kind::Flag),
    field("template_id", Kind::Optional),
    field("subject", Kind::Optional),
    field("text", Kind::Optional),
    field("notes", Kind::Optional),
    field("priority", Kind::Optional),
    field("applies_to", Kind::Optional),
];

pub(super) static PAGES: &[Page] = &[
    Page {
        path: LIST,
        name: "campaigns",
        who: Who::Member,
        template: "campaigns",
        menu: "campaigns",
        asks: &[Ask::needed("campaigns", "/v1/sales-campaigns").with(&["search", "category", "owner"])],
        acts: &[Act::post(LIST, "/v1/sales-campaigns").of(&[text("name"), field("category", Kind::Optional)]).and(Then::Made(ONE))],
    },
    Page {
        path: ONE,
        name: "campaign",
        who: Who::Member,
        template: "campaign",
        menu: "campaigns",
        asks: &[CAMPAIGN, Ask::wanted("templates", "/v1/templates"), Ask::wanted("teams", "/v1/teams")],
        acts: &[
            Act::post("/admin/campaigns/{id}/settings", "/v1/sales-campaigns/{id}")
                .by(Verb::Patch)
                .of(&[
                    text("name"),
                    field("category", Kind::Optional),
                    field("shared", Kind::Many),
                    field("skip_weekends", Kind::Flag),
                    text("on_reply"),
                    field("remove_on_bounce", Kind::Flag),
                ])
                .then("saved", ONE),
            Act::post("/admin/campaigns/{id}/steps", "/v1/sales-campaigns/{id}/steps").of(STEP).then("step-added", ONE),
            Act::post("/admin/campaigns/{id}/steps/{step}", "/v1/sales-campaigns/{id}/steps/{step}")
                .by(Verb::Put)
                .of(STEP)
                .then("step-saved", ONE),
            Act::post("/admin/campaigns/{id}/steps/{step}/move", "/v1/sales-campaigns/{id}/steps/{step}/move")
                .of(&[text("to"), field("applies_to", Kind::Optional)])
                .then("step-moved", ONE),
            Act::post("/admin/campaigns/{id}/steps/{step}/remove", "/v1/sales-campaigns/{id}/steps/{step}/remove")
                .of(&[field("applies_to", Kind::Optional)])
                .then("step-removed", ONE),
            Act::post("/admin/campaigns/{id}/delete", "/v1/sales-campaigns/{id}").by(Verb::Delete).then("campaign-deleted", LIST),
            Act::post("/admin/campaigns/{id}/launch", "/v1/sales-launches")
                .of(&[
                    text("campaign_id"),
                    field("sfdc_ids", Kind::Words),
                    field("account_id", Kind::Optional),
                    field("opportunity_id", Kind::Optional),
                ])
                .and(Then::Made("/admin/launches/{id}")),
        ],
    },
    Page {
        path: PEOPLE,
        name: "campaign-people",
        who: Who::Member,
        template: "campaign-people",
        menu: "campaigns",
        asks: &[CAMPAIGN, Ask::needed("people", "/v1/sales-campaigns/{id}/people").with(&["state", "cursor"])],
        acts: &[
            Act::post("/admin/campaigns/{id}/stop", "/v1/sales-campaigns/{id}/stop").then("campaign-stopped", PEOPLE),
            Act::post("/admin/campaigns/{id}/people/{run}/stop", "/v1/sales-runs/{run}/stop").then("person-stopped", PEOPLE),
            Act::post("/admin/campaigns/{id}/people/{run}/resume", "/v1/sales-runs/{run}/resume").then("person-resumed", PEOPLE),
            Act::post("/admin/campaigns/{id}/tasks/{task}/done", "/v1/tasks/{task}/complete").then("task-done", PEOPLE),
        ],
    },
    Page {
        path: LAUNCH,
        name: "launch",
        who: Who::Member,
        template: "launch",
        menu: "campaigns",
        asks: &[Ask::needed("launch", "/v1/sales-launches/{id}")],
        acts: &[
            Act::post(LAUNCH, "/v1/sales-launches/{id}")
                .by(Verb::Patch)
                .of(&[field("campaign_id", Kind::Optional), text("start_on"), text("time_zone")])
                .then("launch-changed", LAUNCH),
            Act::post("/admin/launches/{id}/people/{person}", "/v1/sales-launches/{id}/people/{person}")
                .by(Verb::Put)
                .of(&[text("subject"), text("text")])
                .then("launch-changed", LAUNCH),
            Act::post("/admin/launches/{id}/people/{person}/leave-out", "/v1/sales-launches/{id}/people/{person}")
                .by(Verb::Delete)
                .then("launch-changed", LAUNCH),
            Act::post("/admin/launches/{id}/start", "/v1/sales-launches/{id}/start").then("launch-started", LAUNCH),
        ],
    },
];
