//! All scripts: one module for each version, and one for what 3.1.1 and 5.0 have in common; in each, a file for
//! each chapter. Every file begins with the table of its scripts.

mod both;
mod v3_1;
mod v3_1_1;
mod v5_0;

use crate::script::Script;

/// Every script there is.
pub fn all() -> Vec<Script> {
    [both::SCRIPTS, v3_1::SCRIPTS, v3_1_1::SCRIPTS, v5_0::SCRIPTS]
        .into_iter()
        .flatten()
        .flat_map(|table| table.iter().copied())
        .collect()
}
