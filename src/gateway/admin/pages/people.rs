//! User Management and Team Management.

use crate::gateway::admin::row::{Act, Ask, Kind, Page, Who, field, text};
use crate::gateway::broker::Verb;
use crate::gateway::pace::INVITING;

const USERS: &str = "/admin/settings/users";
const INVITATIONS: &str = "/admin/settings/users/invitations";
const TEAMS: &str = "/admin/settings/teams";

pub(super) static PAGES: &[Page] = &[
    Page {
        path: USERS,
        name: "users",
        who: Who::Member,
        template: "users",
        menu: "users",
        asks: &[
            Ask::needed("members", "/v1/members").with(&["search", "role", "state", "team", "cursor"]),
            Ask::needed("teams", "/v1/teams"),
            Ask::wanted("account", "/v1/account"),
        ],
        acts: &[
            Act::post("/admin/settings/users/{id}/edit", "/v1/members/{id}")
                .by(Verb::Patch)
                .of(&[text("role"), field("teams", Kind::Many)])
                .then("member-saved", USERS),
            Act::post("/admin/settings/users/{id}/remove", "/v1/members/{id}").by(Verb::Delete).then("member-removed", USERS),
        ],
    },
    Page {
        path: "/admin/settings/users/invite",
        name: "invite",
        who: Who::Member,
        template: "invite",
        menu: "users",
        asks: &[Ask::needed("teams", "/v1/teams")],
        acts: &[Act::post("/admin/settings/users/invite", "/v1/invitations")
            .of(&[field("emails", Kind::Words), text("role"), field("teams", Kind::Many), field("language", Kind::Language)])
            .then("invited", "/admin/settings/users/invite")
            .paced(&INVITING, None)],
    },
    Page {
        path: INVITATIONS,
        name: "invitations",
        who: Who::Member,
        template: "invitations",
        menu: "users",
        asks: &[Ask::needed("invitations", "/v1/invitations").with(&["search", "cursor"])],
        acts: &[
            Act::post("/admin/settings/users/invitations/{id}/resend", "/v1/invitations/{id}/resend")
                .then("invitation-resent", INVITATIONS),
            Act::post("/admin/settings/users/invitations/{id}/revoke", "/v1/invitations/{id}/revoke")
                .then("invitation-revoked", INVITATIONS),
        ],
    },
    Page {
        path: TEAMS,
        name: "teams",
        who: Who::Member,
        template: "teams",
        menu: "teams",
        asks: &[Ask::needed("teams", "/v1/teams")],
        acts: &[
            Act::post(TEAMS, "/v1/teams").of(&[text("name")]).then("team-created", TEAMS),
            Act::post("/admin/settings/teams/{id}/rename", "/v1/teams/{id}").by(Verb::Patch).of(&[text("name")]).then("saved", TEAMS),
            Act::post("/admin/settings/teams/{id}/remove", "/v1/teams/{id}").by(Verb::Delete).then("team-removed", TEAMS),
        ],
    },
];
