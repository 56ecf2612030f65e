//! Whether a call is let in.

mod token_bucket;

pub(crate) use token_bucket::TokenBucket;
