//! The account at its HTTP edge.

mod acting;
mod acting_mail;
mod api_tokens;
mod certificates;
mod circulars;
mod desk;
mod doors;
mod entrances;
mod guide;
mod house;
mod identity;
mod imports;
mod moment_alerts;
mod opt_outs;
mod orgs;
mod package;
mod people;
mod people_of_account;
mod record_people;
mod records;
mod returns;
mod sales_campaigns;
mod salesforce;
mod timeline;
mod world;
