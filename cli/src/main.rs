//! The command line of plimsoll.

fn main() {}
