//! Operations on a broker with up to eight connections, against a model.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| hushwing_fuzz::broker(data));

/// Without cargo-fuzz: runs the files that are named on the command line.
#[cfg(not(fuzzing))]
fn main() -> std::io::Result<()> {
    hushwing_fuzz::run_files(hushwing_fuzz::broker)
}
