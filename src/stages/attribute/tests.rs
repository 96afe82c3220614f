//! Who holds an address, from every mixture of rows.
