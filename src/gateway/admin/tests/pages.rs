use super::fake::World;
use crate::gateway::admin::pages::all;
use crate::gateway::admin::row::Who;

/// A page's address with parts that the account knows.
fn address(pattern: &str) -> String {
    pattern.replace("{token}", "abc").replace("{id}", "0199f2d0c0de7000a000000000000009")
}

#[actix_web::test]
async fn every_page_of_the_table_is_shown_in_every_language() {
    let world = World::start().await;
    for language in ["en", "de", "fr", "sv", "nl", "zh-Hans"] {
        let mut me = super::fake::ordinary("GET /v1/me").1;
        me["language"] = language.into();
        world.answers("GET /v1/me", 200, me);
        let mut member = world.member().await;
        for page in all() {
            let mut path = address(page.path);
            if page.who == Who::Anyone {
                path = format!("{path}?language={language}");
            }
            let got = member.get(&path).await;
            assert_eq!(got.status, 200, "{path}: {}", got.text);
            assert!(!got.text.contains("data-state"), "{path} in {language} was not rendered");
            if !page.template.ends_with("progress") {
                assert!(got.text.contains(&format!("<html lang=\"{language}\">")), "{path} in {language}: {}", &got.text[..200]);
            }
        }
    }
    world.stop().await;
}

/// Keeps a world open for whoever wants to look at it: `MSI_PREVIEW=127.0.0.1:8099 cargo test preview -- --ignored`.
#[actix_web::test]
#[ignore = "waits for somebody to look"]
#[expect(clippy::disallowed_methods, reason = "only for people who look")]
async fn preview() {
    let world = World::start_at(&std::env::var("MSI_PREVIEW").unwrap());
    let member = world.member().await;
    println!("{} {}", world.base, member.cookie.unwrap());
    tokio::time::sleep(std::time::Duration::from_mins(10)).await;
}
