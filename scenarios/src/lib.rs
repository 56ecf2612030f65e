//! The scenario language and what it means.
