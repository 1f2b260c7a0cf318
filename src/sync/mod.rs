//! Reconcilers: functions without input that make our copy true and keep our promises.
