//! Marketo Engage: identity, lead database, activities, bulk extracts, with the limits and quirks of the
//! real one. Its state lives here; the world behind it is [`super::world`].

mod activities;
mod answer;
pub mod bulk;
mod campaigns;
mod changes;
mod custom_types;
mod emails;
mod fields;
mod gate;
pub mod identity;
mod leads;
pub mod limits;
mod params;
mod position;
mod salespersons;
mod types;
mod users;
mod written;

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};

pub use answer::MarketoCode;
pub use gate::{ForcedCode, ForcedDelay, LARGEST_BODY};
pub use identity::Tokens;
pub use limits::Limits;
pub use written::{LateCommit, committed};

use serde_json::Value;

use crate::sandbox::World;
use crate::sandbox::kept::Kept;

/// What Marketo remembers.
#[derive(Debug)]
pub struct Marketo {
    pub(super) tokens: Kept<identity::Tokens>,
    pub(super) limits: Kept<limits::Limits>,
    pub(super) exports: Kept<bulk::jobs::Exports>,
    pub(super) custom_types: Kept<custom_types::CustomTypes>,
    /// What others wrote, oldest first.
    pub(super) written: Kept<Vec<written::Written>>,
}

impl Marketo {
    /// A Marketo whose bulk jobs take so many milliseconds.
    pub fn new(job_ms: i64) -> Self {
        let allowance = limits::Allowance { job_ms, ..limits::Allowance::default() };
        Self {
            tokens: Kept::default(),
            limits: Kept::new(Limits::new(allowance)),
            exports: Kept::new(bulk::jobs::Exports::new(job_ms)),
            custom_types: Kept::default(),
            written: Kept::default(),
        }
    }
}

/// Mounts Marketo's paths.
pub(super) fn configure(cfg: &mut ServiceConfig, world: &Data<World>) {
    let guarded = world.clone();
    cfg.route("/identity/oauth/token", web::get().to(identity::token))
        .route("/identity/oauth/token", web::post().to(identity::token))
        .service(
            web::scope("")
                .wrap(from_fn(move |request, next| gate::admit(guarded.clone(), request, next)))
                .route("/rest/v1/lead/{id}.json", web::get().to(leads::by_id))
                .route("/rest/v1/leads.json", web::get().to(leads::query))
                .route("/rest/v1/leads.json", web::post().to(leads::query_by_post))
                .route("/rest/v1/leads/describe.json", web::get().to(fields::describe))
                .route("/rest/v1/leads/describe2.json", web::get().to(fields::describe2))
                .route("/rest/v1/activities/types.json", web::get().to(types::list))
                .route("/rest/v1/activities/pagingtoken.json", web::get().to(activities::paging_token))
                .route("/rest/v1/activities/leadchanges.json", web::get().to(changes::lead_changes))
                .route("/rest/v1/activities/deletedleads.json", web::get().to(changes::deleted_leads))
                .route("/rest/v1/activities.json", web::get().to(activities::list))
                .route("/rest/v1/activities/external.json", web::post().to(written::add))
                .route("/rest/v1/activities/external/types.json", web::get().to(custom_types::list))
                .route("/rest/v1/activities/external/type.json", web::post().to(custom_types::create))
                .route("/rest/v1/activities/external/type/{api}/describe.json", web::get().to(custom_types::describe))
                .route("/rest/v1/activities/external/type/{api}/approve.json", web::post().to(custom_types::approve))
                .route("/rest/v1/activities/external/type/{api}/attributes/create.json", web::post().to(custom_types::add_attributes))
                .route("/rest/v1/campaigns/{id}/trigger.json", web::post().to(written::trigger))
                .route("/rest/v1/campaigns.json", web::get().to(campaigns::list))
                .route("/rest/asset/v1/email/{id}/fullContent.json", web::get().to(emails::full_content))
                .route("/rest/v1/stats/usage.json", web::get().to(users::usage))
                .route("/rest/v1/stats/usage/last7days.json", web::get().to(users::usage))
                .route("/rest/v1/salespersons.json", web::get().to(salespersons::query))
                .route("/rest/v1/salespersons.json", web::post().to(salespersons::refuse))
                .route("/rest/v1/salespersons/delete.json", web::post().to(salespersons::refuse))
                .route("/rest/v1/salespersons/describe.json", web::get().to(salespersons::describe))
                .route("/userservice/management/v1/users/allusers.json", web::get().to(users::list))
                .route("/userservice/management/v1/users/{user}/roles.json", web::get().to(users::roles))
                .configure(bulk::configure)
                .default_service(web::to(gate::unknown)),
        );
}

/// Everything that Marketo knows of a person, as one JSON object.
pub(super) fn profile(world: &World, index: u32) -> Option<Value> {
    let view = world.view();
    let person = view.person(index)?;
    Some(fields::Profile::of(&view, person, world.clock.now()).object(fields::FIELDS))
}
