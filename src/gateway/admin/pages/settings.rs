//! Settings behind the gear: a member's own profile, the account, its two connections, signing in, the log.

use crate::gateway::admin::row::{Act, Ask, Kind, Page, Who, field, text};
use crate::gateway::broker::Verb;

/// The ledger of what other systems were told.
const DIAGNOSTICS: &str = "/admin/settings/integrations/diagnostics";

pub(super) static PAGES: &[Page] = &[
    Page {
        path: "/admin/settings/my-profile",
        name: "my-profile",
        who: Who::Member,
        template: "my-profile",
        menu: "my-profile",
        asks: &[Ask::wanted("tokens", "/v1/me/api-tokens")],
        acts: &[
            Act::post("/admin/settings/my-profile", "/v1/me")
                .by(Verb::Patch)
                .of(&[text("first_name"), text("last_name"), field("language", Kind::Language), text("time_zone")])
                .then("saved", "/admin/settings/my-profile"),
            // The answer is shown, not led on from: the token is in it and nowhere else.
            Act::post("/admin/settings/my-profile/api-tokens", "/v1/me/api-tokens").of(&[text("name"), field("days", Kind::Number)]),
            Act::post("/admin/settings/my-profile/api-tokens/{id}/revoke", "/v1/me/api-tokens/{id}")
                .by(Verb::Delete)
                .then("api-token-revoked", "/admin/settings/my-profile"),
        ],
    },
    Page {
        path: "/admin/settings/general",
        name: "general",
        who: Who::Member,
        template: "general",
        menu: "general",
        asks: &[Ask::needed("account", "/v1/account"), Ask::wanted("admins", "/v1/members?role=admin&state=active&limit=100")],
        acts: &[
            Act::post("/admin/settings/general", "/v1/account")
                .by(Verb::Patch)
                .of(&[text("name"), field("language", Kind::Language), text("time_zone")])
                .then("saved", "/admin/settings/general"),
            Act::post("/admin/settings/general/hand-over", "/v1/original-user/hand-over")
                .of(&[text("member_id")])
                .then("original-user-moved", "/admin/settings/general"),
        ],
    },
    Page {
        path: "/admin/settings/salesforce",
        name: "salesforce",
        who: Who::Member,
        template: "salesforce",
        menu: "salesforce",
        asks: &[Ask::needed("connection", "/v1/connections/salesforce")],
        acts: &[
            Act::post("/admin/settings/salesforce/check", "/v1/connections/salesforce/check")
                .then("connection-checked", "/admin/settings/salesforce"),
            Act::post("/admin/settings/salesforce/disconnect", "/v1/connections/salesforce")
                .by(Verb::Delete)
                .then("salesforce-disconnected", "/admin/settings/salesforce"),
        ],
    },
    Page {
        path: "/admin/settings/salesforce/package",
        name: "salesforce-package",
        who: Who::Member,
        template: "salesforce-package",
        menu: "salesforce",
        asks: &[
            Ask::needed("key", "/v1/connections/salesforce/secret-key"),
            Ask::needed("package", "/v1/connections/salesforce/package"),
            Ask::needed("certificates", "/v1/connections/salesforce/certificates"),
        ],
        acts: &[
            Act::post("/admin/settings/salesforce/package/key", "/v1/connections/salesforce/secret-key"),
            Act::post("/admin/settings/salesforce/package/certificates/{id}/revoke", "/v1/connections/salesforce/certificates/{id}/revoke")
                .then("certificate-revoked", "/admin/settings/salesforce/package"),
        ],
    },
    Page {
        path: "/admin/settings/marketo",
        name: "marketo",
        who: Who::Member,
        template: "marketo",
        menu: "marketo",
        asks: &[
            Ask::needed("connection", "/v1/connections/marketo"),
            Ask::wanted("admins", "/v1/members?role=admin&state=active&limit=100"),
            Ask::wanted("budget", "/v1/connections/marketo/budget"),
        ],
        acts: &[
            Act::post("/admin/settings/marketo/connect", "/v1/connections/marketo").then("marketo-connected", "/admin/settings/marketo"),
            Act::post("/admin/settings/marketo/disconnect", "/v1/connections/marketo")
                .by(Verb::Delete)
                .then("marketo-disconnected", "/admin/settings/marketo"),
            Act::post("/admin/settings/marketo/hand-over", "/v1/connections/marketo/hand-over")
                .of(&[text("member_id")])
                .then("marketo-handed-over", "/admin/settings/marketo"),
        ],
    },
    Page {
        path: "/admin/settings/marketo/set-up",
        name: "marketo-set-up",
        who: Who::Member,
        template: "marketo-set-up",
        menu: "marketo",
        asks: &[Ask::needed("connection", "/v1/connections/marketo")],
        acts: &[Act::post("/admin/settings/marketo/set-up", "/v1/connections/marketo")
            .of(&[text("munchkin_id"), text("client_id"), field("client_secret", Kind::Secret)])
            .then("marketo-connected", "/admin/settings/marketo")],
    },
    Page {
        path: "/admin/settings/marketo/access",
        name: "marketo-access",
        who: Who::Member,
        template: "marketo-access",
        menu: "marketo",
        asks: &[Ask::needed("connection", "/v1/connections/marketo"), Ask::needed("access", "/v1/connections/marketo/access")],
        acts: &[Act::post("/admin/settings/marketo/access", "/v1/connections/marketo/access")
            .by(Verb::Put)
            .of(&[field("member_ids", Kind::Many)])
            .then("saved", "/admin/settings/marketo/access")],
    },
    Page {
        path: "/admin/settings/login",
        name: "login",
        who: Who::Member,
        template: "login",
        menu: "login",
        asks: &[Ask::needed("login", "/v1/login-settings")],
        acts: &[Act::post("/admin/settings/login", "/v1/login-settings")
            .by(Verb::Put)
            .of(&[text("method")])
            .then("saved", "/admin/settings/login")],
    },
    Page {
        path: DIAGNOSTICS,
        name: "diagnostics",
        who: Who::Member,
        template: "diagnostics",
        menu: "diagnostics",
        asks: &[Ask::needed("ledger", "/v1/deliveries").with(&["target", "state", "cursor"])],
        acts: &[
            Act::post("/admin/settings/integrations/diagnostics/retry", "/v1/deliveries/retry").then("deliveries-retried", DIAGNOSTICS),
            Act::post("/admin/settings/integrations/diagnostics/{id}/retry", "/v1/deliveries/{id}/retry")
                .then("delivery-retried", DIAGNOSTICS),
        ],
    },
    Page {
        path: "/admin/settings/audit",
        name: "audit",
        who: Who::Member,
        template: "audit",
        menu: "audit",
        asks: &[Ask::needed("audit", "/v1/audit").with(&["search", "cursor"])],
        acts: &[],
    },
];
