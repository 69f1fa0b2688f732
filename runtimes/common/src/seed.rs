//! The one random number that the machine is given.

/// A seed from the operating system: it keys the hash tables against chosen collisions, and makes up client
/// identifiers.
///
/// # Errors
/// Where the operating system has no random numbers, with a sentence for the user.
pub fn seed() -> Result<u64, String> {
    getrandom::u64().map_err(|error| format!("the operating system gave no random numbers: {error}"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn differs_each_time() {
        assert_ne!(super::seed().unwrap(), super::seed().unwrap());
    }
}
