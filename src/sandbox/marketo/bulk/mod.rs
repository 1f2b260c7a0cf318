//! Bulk extracts of people and of activities: jobs with a queue and a quota, files made while they are read.

mod activity_rows;
mod create;
mod csv;
mod file;
pub mod jobs;
mod lead_rows;
mod measure;
mod routes;

use actix_web::web::{self, ServiceConfig};

/// Mounts the bulk paths.
pub fn configure(cfg: &mut ServiceConfig) {
    cfg.route("/bulk/v1/{kind:leads|activities}/export/create.json", web::post().to(create::create))
        .route("/bulk/v1/{kind:leads|activities}/export/{id}/enqueue.json", web::post().to(routes::enqueue))
        .route("/bulk/v1/{kind:leads|activities}/export/{id}/status.json", web::get().to(routes::status))
        .route("/bulk/v1/{kind:leads|activities}/export/{id}/cancel.json", web::post().to(routes::cancel))
        .route("/bulk/v1/{kind:leads|activities}/export/{id}/file.json", web::get().to(file::file))
        .route("/bulk/v1/{kind:leads|activities}/export.json", web::get().to(routes::list));
}
