//! Invite Users via CSV: five numbered steps, each at its own address, so that a reload or going back loses
//! nothing.

use crate::gateway::admin::row::{Act, Ask, Kind, Page, Who, field, text};
use crate::gateway::broker::Verb;

const IMPORT: Ask = Ask::needed("import", "/v1/invitations/imports/{id}");

pub(super) static PAGES: &[Page] = &[
    Page {
        path: "/admin/settings/users/import",
        name: "import",
        who: Who::Member,
        template: "import-upload",
        menu: "users",
        asks: &[],
        acts: &[],
    },
    Page {
        path: "/admin/settings/users/import/{id}/map",
        name: "import-map",
        who: Who::Member,
        template: "import-map",
        menu: "users",
        asks: &[IMPORT],
        acts: &[Act::post("/admin/settings/users/import/{id}/map", "/v1/invitations/imports/{id}/mapping")
            .by(Verb::Put)
            .of(&[field("mapping", Kind::Object), text("role"), field("language", Kind::Language)])
            .then("", "/admin/settings/users/import/{id}/check")],
    },
    Page {
        path: "/admin/settings/users/import/{id}/check",
        name: "import-check",
        who: Who::Member,
        template: "import-check",
        menu: "users",
        asks: &[IMPORT, Ask::wanted("rows", "/v1/invitations/imports/{id}/rows").with(&["outcome", "cursor"])],
        acts: &[
            Act::post("/admin/settings/users/import/{id}/check", "/v1/invitations/imports/{id}/check")
                .then("", "/admin/settings/users/import/{id}/check"),
            Act::post("/admin/settings/users/import/{id}/invite", "/v1/invitations/imports/{id}/invite")
                .then("", "/admin/settings/users/import/{id}/invite"),
        ],
    },
    Page {
        path: "/admin/settings/users/import/{id}/invite",
        name: "import-invite",
        who: Who::Member,
        template: "import-invite",
        menu: "users",
        asks: &[IMPORT],
        acts: &[],
    },
    Page {
        path: "/admin/settings/users/import/{id}/progress",
        name: "import-progress",
        who: Who::Member,
        template: "import-progress",
        menu: "",
        asks: &[IMPORT],
        acts: &[],
    },
    Page {
        path: "/admin/settings/users/import/{id}/report",
        name: "import-report",
        who: Who::Member,
        template: "import-report",
        menu: "users",
        asks: &[IMPORT, Ask::wanted("rows", "/v1/invitations/imports/{id}/rows").with(&["outcome", "cursor"])],
        acts: &[],
    },
];
