//! The ways in: sign-in, the link from an e-mail, an invitation, a Marketo admin's proof.

use crate::gateway::admin::row::{Act, Ask, Kind, Page, Then, Who, field, text};
use crate::gateway::pace;

pub(super) static PAGES: &[Page] = &[
    Page {
        path: "/sign-in",
        name: "sign-in",
        who: Who::Anyone,
        template: "sign-in",
        menu: "",
        asks: &[],
        acts: &[Act::post("/sign-in/link", "/v1/sign-in-links")
            .of(&[text("email"), field("language", Kind::Language)])
            .then("link-sent", "/sign-in")
            .paced(&pace::SIGN_IN_LINKS, Some("email"))],
    },
    Page {
        path: "/sign-in/link/{token}",
        name: "sign-in-link",
        who: Who::Anyone,
        template: "sign-in-link",
        menu: "",
        asks: &[],
        // A form and not the link itself, as programs that look through mail follow links.
        acts: &[Act::post("/sign-in/link/{token}", "/v1/sign-in-links/redeem")
            .of(&[field("token", Kind::FromAddress)])
            .and(Then::Member)
            .paced(&pace::LINKS, None)],
    },
    Page {
        path: "/sign-in/enter",
        name: "enter",
        who: Who::Anyone,
        template: "enter",
        menu: "",
        asks: &[],
        // The token comes behind the address's `#`, which no server and no log sees; the page's script puts it into the form.
        acts: &[Act::post("/sign-in/enter", "/v1/entrances/redeem")
            .of(&[field("token", Kind::Secret)])
            .and(Then::Entrance)
            .paced(&pace::LINKS, None)],
    },
    Page {
        path: "/invitations/{token}",
        name: "invitation",
        who: Who::Anyone,
        template: "invitation",
        menu: "",
        asks: &[Ask::needed("invitation", "/v1/invitations/by-token/{token}")],
        acts: &[Act::post("/invitations/{token}", "/v1/invitations/by-token/{token}/accept")
            .of(&[field("first_name", Kind::Optional), field("last_name", Kind::Optional)])
            .and(Then::Member)
            .paced(&pace::LINKS, None)],
    },
    Page {
        path: "/admin/marketo",
        name: "marketo-door",
        who: Who::Anyone,
        template: "marketo-door",
        menu: "",
        asks: &[],
        acts: &[Act::post("/admin/marketo", "/v1/marketo-admins")
            .of(&[text("munchkin_id"), text("client_id"), field("client_secret", Kind::Secret), text("email")])
            .and(Then::MarketoAdmin)
            .paced(&pace::ENTERING, Some("munchkin_id"))],
    },
];
