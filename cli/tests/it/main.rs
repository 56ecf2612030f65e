//! The program as its users meet it: the built binary, its exit codes, what it prints and what it writes.

mod ends;
mod files;
mod limits;
mod mistakes;
mod same;
mod stop_and_go;
mod trace;

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A service behind a balancer, small enough to be simulated in no time.
const SHOP: &str = r#"
name = "shop"
question = "Does it hold?"

[run]
duration = "20s"
trials = 2
seed = 7

[slo]
latency = { p99 = "250ms" }

[clients.users]
calls = "edge"
rate = "100/s"

[balancer.edge]
forward = "api"
policy = "round-robin"

[service.api]
instances = 2
workers = 2
service-time = "exp(5ms)"

[sweep]
"clients.users.rate" = ["50/s", "100/s", "200/s"]
"#;

/// What the program did.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// The program with these arguments, in this folder.
fn plimsoll(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command
}

fn ran(output: Output) -> Ran {
    Ran {
        // A signal has no code, and is never what is expected here.
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Runs the program in a folder.
fn run(folder: &Path, arguments: &[&str]) -> Ran {
    ran(plimsoll(folder, arguments).output().expect("the binary starts"))
}

/// A new folder with these files.
fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).expect("the folder is ours");
    }
    folder
}

/// A new folder with the shop in it.
fn shop() -> tempfile::TempDir {
    folder(&[("shop.toml", SHOP.as_bytes())])
}
