//! Marketo, Salesforce and a mailbox, emulated over real HTTP for the demo and the tests.
//! Shares no code with the clients that it tests.
