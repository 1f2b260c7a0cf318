//! The account at its HTTP edge.

mod acting;
mod acting_mail;
mod certificates;
mod doors;
mod guide;
mod house;
mod imports;
mod orgs;
mod people;
mod people_of_account;
mod salesforce;
mod timeline;
mod world;
