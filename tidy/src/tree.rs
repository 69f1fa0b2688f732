//! The source files of the repository.

use std::path::{Path, PathBuf};

/// A Rust source file.
#[derive(Debug)]
pub struct Source {
    /// Where it is, from the top of the repository, with `/`.
    pub path: String,
    /// What it says.
    pub text: String,
}

/// The top of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tidy/ is in the repository").to_path_buf()
}

/// Every file below `top` whose name ends in `extension`, but for what builds and tools make.
pub fn sources(top: &Path, extension: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![top.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the repository") {
            let path = entry.expect("an entry of a folder").path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if path.is_dir() {
                if !is_made(&name) {
                    folders.push(path);
                }
            } else if name.ends_with(extension) {
                let text = std::fs::read_to_string(&path).expect("a text file");
                found.push(Source { path: relative(top, &path), text });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn is_made(folder: &str) -> bool {
    folder.starts_with('.') || ["target", "node_modules", "artifacts", "coverage"].contains(&folder)
}

fn relative(top: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(top).expect("below the top");
    inside.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
