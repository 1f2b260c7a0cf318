//! E-mail assets: what was sent, filled in for a person.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::answer::{Refusal, reply, result};
use super::params::Params;
use crate::sandbox::World;
use crate::sandbox::world::catalogue::MAILINGS;

/// `GET /rest/asset/v1/email/{id}/fullContent.json`.
pub async fn full_content(world: Data<World>, id: Path<u32>, request: HttpRequest) -> HttpResponse {
    let Some((id, name, _, link)) = MAILINGS.iter().find(|(known, ..)| *known == *id) else {
        return reply(Err(Refusal::new("702", "Email not found")));
    };
    let params = Params::read(request.query_string());
    let view = world.view();
    let person = params.get("leadId").and_then(|lead| lead.parse().ok()).and_then(|lead| view.by_id(lead));
    let first = person.and_then(|person| person.first.clone()).unwrap_or_else(|| "friend".to_owned());
    let title = name.split_once('.').map_or(*name, |(_, asset)| asset);
    let content = format!(
        "<!DOCTYPE html><html><head><title>{title}</title><style>h1{{color:#0a4}}</style></head><body style=\"background-color:#eef\">\
         <table width=\"560\" cellpadding=\"12\"><tr><td style=\"background-color:#ffffff\"><h1>{title}</h1><p>Dear {},</p>\
         <p>Here is what is new at Brightwater. <a href=\"{link}\">Read more</a></p><script>alert(1)</script>\
         <p style=\"font-size:12px;color:#666666\">Brightwater, Quay 4, Bergen</p></td></tr></table></body></html>",
        first.replace('&', "&amp;").replace('<', "&lt;")
    );
    reply(result(vec![json!({ "id": id, "status": "approved", "content": content })]))
}
