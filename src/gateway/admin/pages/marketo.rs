//! Marketo Admin › Sales Insight › Actions Config.

use crate::gateway::admin::row::{Act, Ask, Kind, Page, Then, Who, field, text};

/// The page itself.
const HERE: &str = "/admin/marketo/actions-config";
/// Its card Actions Field Sync.
const SYNC: &str = "/admin/marketo/actions-config#sync";

pub(super) static PAGES: &[Page] = &[
    Page {
        path: HERE,
        name: "actions-config",
        who: Who::SignedIn,
        template: "actions-config",
        menu: "actions-config",
        asks: &[
            Ask::needed("config", "/v1/actions-config"),
            Ask::wanted("admins", "/v1/marketo/admins").with(&["search", "cursor"]),
            Ask::wanted("runs", "/v1/field-sync/runs"),
        ],
        acts: &[
            Act::post("/admin/marketo/actions-config/first-invitation", "/v1/actions-config/first-invitation")
                .of(&[text("email"), field("language", Kind::Language)])
                .then("first-invited", HERE),
            Act::post("/admin/marketo/actions-config/invitations/{id}/resend", "/v1/invitations/{id}/resend")
                .then("invitation-resent", HERE),
            Act::post("/admin/marketo/actions-config/invitations/{id}/revoke", "/v1/invitations/{id}/revoke")
                .then("invitation-revoked", HERE),
            Act::post("/admin/marketo/actions-config/reveal", "/v1/actions-config/integration/reveal").and(Then::Show),
            Act::post("/admin/marketo/actions-config/rotate", "/v1/actions-config/integration/rotate")
                .of(&[field("client_id", Kind::Optional), field("client_secret", Kind::Secret)])
                .then("secret-rotated", HERE),
            Act::post("/admin/marketo/actions-config/pause", "/v1/field-sync/pause").then("sync-paused", SYNC),
            Act::post("/admin/marketo/actions-config/cancel", "/v1/field-sync/cancel").then("sync-cancelled", SYNC),
            Act::post("/admin/marketo/actions-config/resume", "/v1/field-sync/resume").then("sync-resumed", SYNC),
        ],
    },
    Page {
        path: "/admin/marketo/actions-config/sync",
        name: "field-sync",
        who: Who::SignedIn,
        template: "field-sync",
        menu: "actions-config",
        asks: &[Ask::needed("preview", "/v1/field-sync/preview"), Ask::needed("sync", "/v1/field-sync")],
        acts: &[Act::post("/admin/marketo/actions-config/sync", "/v1/field-sync/start").then("sync-started", SYNC)],
    },
    Page {
        path: "/admin/marketo/actions-config/progress",
        name: "field-sync-progress",
        who: Who::SignedIn,
        template: "field-sync-progress",
        menu: "",
        asks: &[Ask::needed("sync", "/v1/field-sync")],
        acts: &[],
    },
    Page {
        path: "/admin/set-up",
        name: "set-up",
        who: Who::SignedIn,
        template: "set-up",
        menu: "set-up",
        asks: &[Ask::needed("set_up", "/v1/set-up")],
        acts: &[],
    },
];
