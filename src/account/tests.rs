//! The account's API over every engine at hand, against the emulated Marketo, Salesforce and mailbox (#[cfg(test)]).

mod guide;
mod house;
mod imports;
mod people_of_account;
mod salesforce;
