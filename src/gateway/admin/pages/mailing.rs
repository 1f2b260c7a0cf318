//! Templates, mails to many, and what admins decide about mails.

use crate::gateway::admin::row::{Act, Ask, Field, Kind, Page, Who, field, text};
use crate::gateway::broker::Verb;

const TEMPLATES: &str = "/admin/templates";
const CIRCULARS: &str = "/admin/circulars";
const CIRCULAR: &str = "/admin/circulars/{id}";

const TEMPLATE: &[Field] = &[
    text("name"),
    field("category", Kind::Optional),
    text("subject"),
    text("html"),
    field("teams", Kind::Many),
    field("commercial", Kind::Flag),
];
const WRITTEN: &[Field] = &[text("subject"), text("html"), text("send_on"), field("time_zone", Kind::Optional)];

const MAIL: &str = "/admin/settings/mail";
const UNSUBSCRIBES: &str = "/admin/settings/unsubscribes";
const CHANNEL: &[Field] = &[
    text("smtp_host"),
    field("smtp_port", Kind::Number),
    text("smtp_security"),
    text("smtp_user"),
    field("smtp_password", Kind::OptionalSecret),
    text("imap_host"),
    field("imap_port", Kind::Number),
    text("imap_security"),
    text("imap_user"),
    field("imap_password", Kind::OptionalSecret),
];
const DECISIONS: &[Field] = &[
    field("tracking", Kind::Flag),
    field("append_unsubscribe", Kind::Flag),
    text("unsubscribe_message"),
    field("marketo_check", Kind::Flag),
    field("blocked_domains", Kind::Words),
    field("throttle_mails", Kind::Number),
    field("throttle_seconds", Kind::Number),
    text("subject_pattern"),
    field("log_replies", Kind::Flag),
    field("opt_out_field", Kind::Text),
    field("opt_out_nightly", Kind::Flag),
];

pub(super) static PAGES: &[Page] = &[
    Page {
        path: TEMPLATES,
        name: "templates",
        who: Who::Member,
        template: "templates",
        menu: "templates",
        asks: &[Ask::needed("templates", "/v1/templates").with(&["search", "category", "view", "favourites", "cursor"])],
        acts: &[
            Act::post("/admin/templates/{id}/favourite", "/v1/templates/{id}/favourite").by(Verb::Put).then("saved", TEMPLATES),
            Act::post("/admin/templates/{id}/no-favourite", "/v1/templates/{id}/favourite").by(Verb::Delete).then("saved", TEMPLATES),
        ],
    },
    Page {
        path: "/admin/templates/new",
        name: "template-new",
        who: Who::Member,
        template: "template-new",
        menu: "templates",
        asks: &[Ask::needed("template", "/v1/template-choices"), Ask::needed("choices", "/v1/template-choices")],
        acts: &[Act::post("/admin/templates/new", "/v1/templates").of(TEMPLATE).made("template-made", "/admin/templates/{id}")],
    },
    Page {
        path: "/admin/templates/{id}",
        name: "template",
        who: Who::Member,
        template: "template",
        menu: "templates",
        asks: &[
            Ask::needed("template", "/v1/templates/{id}"),
            Ask::needed("choices", "/v1/template-choices"),
            Ask::wanted("uses", "/v1/templates/{id}/campaigns"),
        ],
        acts: &[
            Act::post("/admin/templates/{id}/campaigns", "/v1/templates/{id}/campaigns")
                .of(&[field("campaign_ids", Kind::Many)])
                .then("saved", "/admin/templates/{id}"),
            Act::post("/admin/templates/{id}", "/v1/templates/{id}").by(Verb::Put).of(TEMPLATE).then("saved", "/admin/templates/{id}"),
            Act::post("/admin/templates/{id}/copy", "/v1/templates/{id}/copy").made("template-copied", "/admin/templates/{id}"),
            Act::post("/admin/templates/{id}/remove", "/v1/templates/{id}").by(Verb::Delete).then("template-removed", TEMPLATES),
        ],
    },
    Page {
        path: "/admin/templates/{id}/preview",
        name: "template-preview",
        who: Who::Member,
        template: "template-preview",
        menu: "templates",
        asks: &[Ask::needed("template", "/v1/templates/{id}"), Ask::wanted("preview", "/v1/templates/{id}/preview").with(&["to"])],
        acts: &[],
    },
    Page {
        path: CIRCULARS,
        name: "circulars",
        who: Who::Member,
        template: "circulars",
        menu: "circulars",
        asks: &[Ask::needed("circulars", "/v1/circulars")],
        acts: &[
            Act::post(CIRCULARS, "/v1/circulars").of(&[field("sfdc_ids", Kind::Words)]).made("circular-begun", CIRCULAR),
            Act::post("/admin/circulars/{id}/discard", "/v1/circulars/{id}").by(Verb::Delete).then("circular-discarded", CIRCULARS),
        ],
    },
    Page {
        path: CIRCULAR,
        name: "circular",
        who: Who::Member,
        template: "circular",
        menu: "circulars",
        asks: &[
            Ask::needed("circular", "/v1/circulars/{id}"),
            Ask::needed("people", "/v1/circulars/{id}/people").with(&["search", "page"]),
            Ask::wanted("templates", "/v1/templates"),
            Ask::wanted("campaigns", "/v1/marketo-campaigns"),
        ],
        acts: &[
            Act::post(CIRCULAR, "/v1/circulars/{id}").by(Verb::Put).of(WRITTEN).then("draft-kept", CIRCULAR),
            Act::post("/admin/circulars/{id}/send", "/v1/circulars/{id}/send").of(WRITTEN).then("circular-sent", CIRCULAR),
            Act::post("/admin/circulars/{id}/template", "/v1/circulars/{id}/template")
                .by(Verb::Put)
                .of(&[text("template_id")])
                .then("template-taken", CIRCULAR),
            Act::post("/admin/circulars/{id}/watch", "/v1/watch-list").of(&[field("person_ids", Kind::Many)]).then("group-done", CIRCULAR),
            Act::post("/admin/circulars/{id}/task", "/v1/tasks")
                .of(&[field("person_ids", Kind::Many), text("name"), field("due", Kind::Optional)])
                .then("group-done", CIRCULAR),
            Act::post("/admin/circulars/{id}/campaign", "/v1/marketo-campaign-members")
                .of(&[field("person_ids", Kind::Many), field("campaign_id", Kind::Number)])
                .then("group-done", CIRCULAR),
            Act::post("/admin/circulars/{id}/people", "/v1/circulars/{id}/people")
                .by(Verb::Put)
                .of(&[field("person_ids", Kind::Many), field("everyone", Kind::Flag), field("left_out", Kind::Flag)])
                .then("saved", CIRCULAR),
            Act::post("/admin/circulars/{id}/people/{person}/part", "/v1/circulars/{id}/people/{person}")
                .by(Verb::Put)
                .of(&[field("left_out", Kind::Flag)])
                .then("saved", CIRCULAR),
        ],
    },
    Page {
        path: "/admin/circulars/{id}/people/{person}",
        name: "addressee",
        who: Who::Member,
        template: "addressee",
        menu: "circulars",
        asks: &[Ask::needed("one", "/v1/circulars/{id}/people/{person}")],
        acts: &[
            Act::post("/admin/circulars/{id}/people/{person}", "/v1/circulars/{id}/people/{person}")
                .by(Verb::Put)
                .of(&[text("subject"), text("html")])
                .then("saved", "/admin/circulars/{id}/people/{person}"),
            Act::post("/admin/circulars/{id}/people/{person}/reset", "/v1/circulars/{id}/people/{person}")
                .by(Verb::Delete)
                .then("saved", "/admin/circulars/{id}/people/{person}"),
        ],
    },
    Page {
        path: "/admin/settings/my-mail",
        name: "my-mail",
        who: Who::Member,
        template: "my-mail",
        menu: "my-mail",
        asks: &[Ask::needed("channel", "/v1/mail-channels/mine")],
        acts: &[
            Act::post("/admin/settings/my-mail", "/v1/mail-channels/mine")
                .by(Verb::Put)
                .of(CHANNEL)
                .then("saved", "/admin/settings/my-mail"),
            Act::post("/admin/settings/my-mail/test", "/v1/mail-channels/mine/test").then("channel-tested", "/admin/settings/my-mail"),
            Act::post("/admin/settings/my-mail/remove", "/v1/mail-channels/mine")
                .by(Verb::Delete)
                .then("channel-removed", "/admin/settings/my-mail"),
        ],
    },
    Page {
        path: MAIL,
        name: "mail-settings",
        who: Who::Member,
        template: "mail-settings",
        menu: "mail-settings",
        asks: &[Ask::needed("decided", "/v1/acting-settings"), Ask::needed("channel", "/v1/mail-channels/team")],
        acts: &[
            Act::post(MAIL, "/v1/acting-settings").by(Verb::Put).of(DECISIONS).then("saved", MAIL),
            Act::post("/admin/settings/mail/channel", "/v1/mail-channels/team").by(Verb::Put).of(CHANNEL).then("saved", MAIL),
            Act::post("/admin/settings/mail/channel/test", "/v1/mail-channels/team/test").then("channel-tested", MAIL),
            Act::post("/admin/settings/mail/channel/remove", "/v1/mail-channels/team").by(Verb::Delete).then("channel-removed", MAIL),
        ],
    },
    Page {
        path: UNSUBSCRIBES,
        name: "unsubscribes",
        who: Who::Member,
        template: "unsubscribes",
        menu: "unsubscribes",
        asks: &[Ask::needed("gone", "/v1/unsubscribes").with(&["search", "cursor"])],
        acts: &[
            Act::post(UNSUBSCRIBES, "/v1/unsubscribes").of(&[text("email"), text("why")]).then("unsubscribed", UNSUBSCRIBES),
            Act::post("/admin/settings/unsubscribes/take-back", "/v1/resubscribes")
                .of(&[text("email"), text("consent")])
                .then("resubscribed", UNSUBSCRIBES),
            Act::post("/admin/settings/unsubscribes/untracked", "/v1/untracked")
                .of(&[text("email"), field("untracked", Kind::Flag)])
                .then("saved", UNSUBSCRIBES),
            Act::post("/admin/settings/unsubscribes/erase", "/v1/personal-data/erasures")
                .of(&[text("email"), text("confirmed")])
                .then("erased", UNSUBSCRIBES),
        ],
    },
    Page {
        path: "/admin/settings/unsubscribes/history",
        name: "unsubscribe-history",
        who: Who::Member,
        template: "unsubscribe-history",
        menu: "unsubscribes",
        asks: &[Ask::needed("changes", "/v1/unsubscribes").with(&["history"])],
        acts: &[],
    },
];
