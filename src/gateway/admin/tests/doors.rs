use serde_json::json;

use super::fake::{World, http};
use crate::problem::Problem;

#[actix_web::test]
async fn a_marketo_admin_gets_into_actions_config_and_no_further() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let page = visitor.get("/admin/marketo").await;
    let fields = [("munchkin_id", "123-ABC-456"), ("client_id", "c"), ("client_secret", "s"), ("email", "marta@acme.example")];
    let got = visitor.send("/admin/marketo", &page, &fields).await;
    assert_eq!(got.location.as_deref(), Some("/admin/marketo/actions-config"));
    assert_eq!(visitor.get("/admin/marketo/actions-config").await.status, 200);
    assert_eq!(
        world.asked("GET /v1/actions-config")[0].visitor,
        json!({"kind": "marketo_admin", "account": "a1", "email": "marta@acme.example"})
    );
    for path in ["/admin/settings/users", "/admin/settings/my-profile", "/admin/settings/audit.csv"] {
        let got = visitor.get(path).await;
        assert_eq!(got.status, 403, "{path}");
        assert!(got.text.contains("As Marketo admin you can use Actions Config"));
    }
    assert!(world.asked("GET /v1/members").is_empty());
    world.stop().await;
}

#[actix_web::test]
async fn sign_in_with_salesforce_is_finished_where_it_was_begun() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let page = visitor.get("/sign-in?return_to=/admin/settings/users").await;
    assert!(
        page.text.contains("name=\"return_to\" value=\"/admin/settings/users\"") || page.text.contains("value=\"&#x2F;"),
        "{}",
        page.text
    );
    let out = visitor.send("/sign-in/salesforce", &page, &[("environment", "sandbox"), ("return_to", "/admin/settings/users")]).await;
    assert!(out.location.as_deref().unwrap().starts_with("https://login.salesforce.com/"));
    let asked = &world.asked("POST /v1/salesforce/sign-ins")[0];
    assert_eq!(asked.body["environment"], "sandbox");
    assert_eq!(asked.body["redirect_uri"], format!("{}/sign-in/salesforce/callback", world.base));
    assert_eq!(asked.visitor, json!({"kind": "face"}));

    let mut other = world.visitor();
    let got = other.exchange(http().get(format!("{}/sign-in/salesforce/callback?code=c&state=s", world.base))).await;
    assert_eq!((got.status, got.code().as_str()), (400, "oauth.state"));
    assert!(world.asked("POST /v1/salesforce/sign-ins/f1/finish").is_empty());

    let got = visitor.get("/sign-in/salesforce/callback?code=c&state=s").await;
    assert_eq!(got.location.as_deref(), Some("/admin/settings/users"));
    assert_eq!(visitor.get("/admin/settings/users").await.status, 200);
    let again = visitor.exchange(http().get(format!("{}/sign-in/salesforce/callback?code=c&state=s", world.base))).await;
    assert_eq!(again.code(), "oauth.state");
    world.stop().await;
}

#[actix_web::test]
async fn a_return_address_outside_is_forgotten() {
    let world = World::start().await;
    for path in ["//evil.example", "https://evil.example", "/\\evil.example", "/admin/..//evil", "javascript:alert(1)"] {
        let mut visitor = world.visitor();
        let page = visitor.get("/sign-in").await;
        visitor.send("/sign-in/salesforce", &page, &[("environment", "production"), ("return_to", path)]).await;
        let got = visitor.get("/sign-in/salesforce/callback?code=c&state=s").await;
        assert_eq!(got.location.as_deref(), Some("/admin"), "{path}");
    }
    world.stop().await;
}

#[actix_web::test]
async fn a_denial_at_salesforce_is_said_in_our_words() {
    let world = World::start().await;
    let mut member = world.member().await;
    let denied = Problem::bad_request("oauth.denied", "Access was not allowed in Salesforce.");
    world.answers("POST /v1/connections/salesforce/finish", 400, serde_json::to_value(denied).unwrap());
    let query = "error=access_denied&state=s&error_description=%3Cscript%3Ealert(1)%3C/script%3E";
    let got = member.get(&format!("/admin/settings/salesforce/callback?{query}")).await;
    assert_eq!((got.status, got.location.as_deref()), (303, Some("/admin/settings/salesforce")));
    let shown = member.get("/admin/settings/salesforce").await;
    assert!(shown.text.contains("Salesforce did not give access") && !shown.text.contains("alert(1)"));
    let told = world.asked("POST /v1/connections/salesforce/finish");
    assert_eq!(
        (&told[0].body["error"], &told[0].body["code"], &told[0].body["state"]),
        (&json!("access_denied"), &json!(null), &json!("s"))
    );
    for query in ["", "?code=a", "?state=b", "?code=a&state=b&state=c", "?code=&state="] {
        let request = http().get(format!("{}/admin/settings/salesforce/callback{query}", world.base));
        assert_eq!(member.exchange(request).await.code(), "oauth.state", "{query}");
    }
    assert_eq!(world.asked("POST /v1/connections/salesforce/finish").len(), 1);
    world.stop().await;
}

#[actix_web::test]
async fn connecting_salesforce_is_bound_to_the_session() {
    let world = World::start().await;
    let mut member = world.member().await;
    let page = member.get("/admin/settings/salesforce").await;
    let got = member.send("/admin/settings/salesforce/connect", &page, &[("environment", "production")]).await;
    assert!(got.location.unwrap().starts_with("https://login.salesforce.com/"));
    assert_eq!(
        member.get("/admin/settings/salesforce/callback?code=c&state=s").await.location.as_deref(),
        Some("/admin/settings/salesforce")
    );
    let (out, back) = (world.asked("POST /v1/connections/salesforce/flows"), world.asked("POST /v1/connections/salesforce/finish"));
    assert_eq!(out[0].body["session"], back[0].body["session"]);
    let cookie = member.cookie.clone().unwrap();
    assert!(!cookie.contains(out[0].body["session"].as_str().unwrap()), "the account gets the hash, not the id");
    assert!(member.get("/admin/settings/salesforce").await.text.contains("The account is connected to Salesforce."));
    world.stop().await;
}

#[actix_web::test]
async fn looking_at_a_link_does_not_use_it() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let page = visitor.get("/sign-in/link/xyz").await;
    assert!(world.asked("POST /v1/sign-in-links/redeem").is_empty());
    visitor.send("/sign-in/link/xyz", &page, &[]).await;
    assert_eq!(world.asked("POST /v1/sign-in-links/redeem")[0].body, json!({"token": "xyz"}));
    world.answers("POST /v1/sign-in-links/redeem", 410, serde_json::to_value(Problem::new(410, "link.used", "Gone", "Used.")).unwrap());
    let mut late = world.visitor();
    let page = late.get("/sign-in/link/xyz").await;
    let got = late.send("/sign-in/link/xyz", &page, &[]).await;
    assert_eq!(got.location.as_deref(), Some("/sign-in/link/xyz"));
    assert!(late.get("/sign-in/link/xyz").await.text.contains("This link was used already."));
    world.stop().await;
}

#[actix_web::test]
async fn asking_for_a_link_says_the_same_to_everybody() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let page = visitor.get("/sign-in?language=sv").await;
    assert!(page.set_cookie.iter().any(|line| line.starts_with("msi-language=sv")), "{:?}", page.set_cookie);
    let got = visitor.send("/sign-in/link", &page, &[("email", " nobody@acme.example ")]).await;
    assert_eq!(got.location.as_deref(), Some("/sign-in"));
    assert_eq!(world.asked("POST /v1/sign-in-links")[0].body["email"], "nobody@acme.example");
    assert!(visitor.get("/sign-in").await.text.contains("the e-mail is on its way"));
    world.stop().await;
}

#[actix_web::test]
async fn the_browsers_language_is_spoken_at_the_door() {
    let world = World::start().await;
    let request = http().get(format!("{}/sign-in", world.base)).header("accept-language", "nl-BE,en;q=0.5");
    let got = world.visitor().exchange(request).await;
    assert!(got.text.contains("<html lang=\"nl\">") && got.text.contains("Aanmelden"));
    world.stop().await;
}
