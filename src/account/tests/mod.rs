//! The account at its HTTP edge.

mod acting;
mod acting_mail;
mod api_tokens;
mod certificates;
mod doors;
mod entrances;
mod guide;
mod house;
mod identity;
mod imports;
mod orgs;
mod package;
mod people;
mod people_of_account;
mod record_people;
mod sales_campaigns;
mod salesforce;
mod timeline;
mod world;
