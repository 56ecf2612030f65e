//! Makes a hash of the program's source, so that trials kept by another state of it are never mixed with its own.
//!
//! FNV-1a with 64 bits, over the names and contents of all files of this crate and of the engine, in the order of their paths.

use std::path::{Path, PathBuf};
use std::{fs, io};

fn main() -> io::Result<()> {
    let mut files = Vec::new();
    for folder in ["src", "../sim-core/src"] {
        // Away from its workspace, the engine is known by its version alone.
        if Path::new(folder).is_dir() {
            println!("cargo::rerun-if-changed={folder}");
            collect(Path::new(folder), &mut files)?;
        }
    }
    files.sort();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for file in &files {
        // The same on systems that separate folders by another sign, or end lines with two.
        let name = file.to_string_lossy().replace('\\', "/");
        let content = fs::read(file)?;
        for byte in name.bytes().chain([0]).chain(content).filter(|b| *b != b'\r') {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    println!("cargo::rustc-env=PLIMSOLL_SOURCE={hash:016x}");
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
