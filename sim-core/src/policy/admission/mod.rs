//! Whether a call is let in.

mod dynamic_limit;
mod token_bucket;

pub(crate) use dynamic_limit::most_calls;
pub(crate) use token_bucket::TokenBucket;
