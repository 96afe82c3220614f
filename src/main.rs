//! The door; it leads nowhere until there are commands.

fn main() {}
