//! The scenarios that come with the program, by name: files of the language like any other, made to be read, run and changed.
//!
//! Each says in its first comment which question it answers and what one sees; its name and question are read from
//! its own text. `ladder-1` to `ladder-8` are one small site that grows, a rung at a time.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::traces::Files;

/// A scenario that comes with the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// What it is called on the command line, such as `scale-up-or-out`: its file's name without `.toml`.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
    /// The files that it names, each with its path relative to the scenario.
    pub files: &'static [(&'static str, &'static [u8])],
    /// Its own name, as its text says it.
    pub title: String,
    /// The question that it answers, as its text says it.
    pub question: String,
}

impl Files for Shipped {
    fn read(&self, relative_path: &str) -> Result<Vec<u8>, String> {
        match self.files.iter().find(|f| f.0 == relative_path) {
            Some((_, bytes)) => Ok(bytes.to_vec()),
            None => Err(format!(
                "the shipped scenario {} has no file of this name",
                self.name
            )),
        }
    }
}

/// What a scenario's text says about itself.
#[derive(Deserialize)]
struct About {
    name: String,
    question: String,
}

macro_rules! scenario {
    ($name:literal $(, $file:literal)*) => {
        read(
            $name,
            include_str!(concat!("shipped/", $name, ".toml")),
            &[$(($file, include_bytes!(concat!("shipped/", $file)))),*],
        )
    };
}

fn read(name: &'static str, text: &'static str, files: &'static [(&'static str, &'static [u8])]) -> Shipped {
    let About {
        name: title,
        question,
    } = super::shipped(name, text);
    Shipped {
        name,
        text,
        files,
        title,
        question,
    }
}

/// All of them: the main job first, then the simple ones, then the ladder.
#[must_use]
pub fn list() -> &'static [Shipped] {
    static ALL: LazyLock<Vec<Shipped>> = LazyLock::new(|| {
        vec![
            scenario!("scale-up-or-out"),
            scenario!("web-shop"),
            scenario!("mm1"),
            scenario!("closed-loop"),
            scenario!("trace-replay", "uploads.csv"),
            scenario!("priority-checkout"),
            scenario!("lifo-under-overload"),
            scenario!("short-first"),
            scenario!("batches"),
            scenario!("out-of-memory"),
            scenario!("n-plus-one"),
            scenario!("fan-out"),
            scenario!("pool-deadlock"),
            scenario!("region-failover"),
            scenario!("dns-ttl"),
            scenario!("cross-zone-cost"),
            scenario!("handshakes"),
            scenario!("herd"),
            scenario!("balancers"),
            scenario!("subsets"),
            scenario!("where-to-queue"),
            scenario!("popular-keys"),
            scenario!("canary"),
            scenario!("sessions"),
            scenario!("rolling-deploy"),
            scenario!("health-checks"),
            scenario!("slow-instance"),
            scenario!("spill-over"),
            scenario!("standby"),
            scenario!("cache-stampede"),
            scenario!("who-leaves-the-cache"),
            scenario!("cache-races"),
            scenario!("hot-key"),
            scenario!("hot-row"),
            scenario!("edge-stampede"),
            scenario!("browser-caches"),
            scenario!("images"),
            scenario!("payment-limit"),
            scenario!("slow-disk"),
            scenario!("cold-starts"),
            scenario!("gc-pauses"),
            scenario!("shard-key"),
            scenario!("hot-shard"),
            scenario!("premature-sharding"),
            scenario!("hot-tail"),
            scenario!("resharding"),
            scenario!("two-phase-or-saga"),
            scenario!("coordinator-dies"),
            scenario!("replica-lag"),
            scenario!("database-failover"),
            scenario!("quorums"),
            scenario!("multi-primary"),
            scenario!("ladder-1-one-machine"),
            scenario!("ladder-2-own-database"),
            scenario!("ladder-3-two-app-nodes"),
            scenario!("ladder-4-read-replicas"),
            scenario!("ladder-5-cache"),
            scenario!("ladder-6-cdn"),
            scenario!("ladder-7-sessions-outside"),
            scenario!("ladder-8-shards"),
        ]
    });
    &ALL
}

/// The scenario of this name.
#[must_use]
pub fn lookup(name: &str) -> Option<&'static Shipped> {
    list().iter().find(|s| s.name == name)
}

/// All names, in the order of [`list`]: for completion and "did you mean".
pub fn names() -> impl Iterator<Item = &'static str> {
    list().iter().map(|s| s.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_says_what_it_answers_and_has_its_files() {
        for s in list() {
            assert!(s.question.ends_with('?'), "{}: {}", s.name, s.question);
            assert!(s.text.starts_with("# "), "{} begins with what one sees", s.name);
            assert_eq!(lookup(s.name), Some(s));
            for (path, bytes) in s.files {
                assert_eq!(s.read(path).as_deref(), Ok(*bytes));
                assert!(
                    s.text.contains(&format!("\"{path}\"")),
                    "{} never names {path}",
                    s.name
                );
            }
        }
        assert_eq!(lookup("no-such-scenario"), None);
    }

    #[test]
    fn every_file_of_the_folder_is_in_the_list() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalog/shipped");
        let mut found: Vec<String> = std::fs::read_dir(folder)
            .expect("the folder is there")
            .map(|entry| {
                entry
                    .expect("it can be read")
                    .file_name()
                    .into_string()
                    .expect("plain names")
            })
            .collect();
        let texts = list().iter().map(|s| format!("{}.toml", s.name));
        let mut listed: Vec<String> = texts
            .chain(list().iter().flat_map(|s| s.files.iter().map(|f| f.0.to_owned())))
            .collect();
        found.sort();
        listed.sort();
        assert_eq!(found, listed);
    }
}
