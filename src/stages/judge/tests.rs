//! Every row of the table of verdicts.
