//! Other people's systems, and one way of calling them.
