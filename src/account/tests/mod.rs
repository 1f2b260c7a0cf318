//! The account at its HTTP edge.

mod certificates;
mod doors;
mod orgs;
mod people;
mod timeline;
mod world;
