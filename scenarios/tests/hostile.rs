//! Nothing panics and nothing takes for ever, whatever is read.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use scenarios::document::{Choice, Document, Variants};
use scenarios::traces::{Files, NoFiles, arrivals, durations, keys};

/// Reads a text and everything that follows from it, up to a few points.
fn read_all(name: &str, bytes: &[u8], set: &[String], vary: &[String]) {
    let (document, problems) = Document::parse(name, bytes, &NoFiles);
    problems.iter().for_each(|p| assert!(!p.plain().is_empty()));
    let Some(document) = document else { return };
    for variants in [Variants::All, Variants::Base] {
        let (points, problems) = document.points(&Choice {
            variants,
            sweep: true,
            vary,
            set,
        });
        problems.iter().for_each(|p| assert!(!p.plain().is_empty()));
        for point in points.iter().flat_map(|p| p.list.iter().take(3)) {
            let (scenario, problems) = document.scenario(point);
            assert!(
                scenario.is_some() || !problems.is_empty(),
                "refused without a word"
            );
            problems.iter().for_each(|p| assert!(!p.plain().is_empty()));
        }
    }
}

const SEEDS: [&str; 6] = [
    include_str!("data/whole.toml"),
    include_str!("data/three-tier.toml"),
    include_str!("data/scale-up-or-out.toml"),
    include_str!("data/retry-storm.toml"),
    include_str!("data/black-friday.toml"),
    include_str!("data/token-replay.toml"),
];

/// Bits of the language, put where they don't belong.
const BITS: [&str; 24] = [
    "\"",
    "{",
    "}",
    "[",
    "]",
    "= ",
    ".",
    "1e999",
    "-1",
    "\"5ms\"",
    "\"exp(\"",
    "\"mix(0.5: 1ms, 0.5: 1us * X)\"",
    "é",
    "\n",
    "nan",
    "true",
    "\"1 .. 9 in 3 log steps\"",
    "\"zipf(1)\"",
    "99999999999999999999",
    "\"$1/h\"",
    "'",
    "#",
    "[[a]]",
    "\"200k items\"",
];

/// One of the bounded files that a trace may be.
struct One(Vec<u8>);

impl Files for One {
    fn read(&self, _: &str) -> Result<Vec<u8>, String> {
        Ok(self.0.clone())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        read_all("x.toml", &bytes, &[], &[]);
        read_all("x.json", &bytes, &[], &[]);
    }

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        read_all("x.toml", text.as_bytes(), &[], &[]);
        read_all("x.toml", SEEDS[0].as_bytes(), std::slice::from_ref(&text), &[]);
        read_all("x.toml", SEEDS[0].as_bytes(), &[], std::slice::from_ref(&text));
        let work = format!("service.api.on.read.0.work={text}");
        read_all("x.toml", SEEDS[0].as_bytes(), &[work], &[format!("run.seed={text}")]);
    }

    #[test]
    fn damaged_examples(
        which in 0..SEEDS.len(),
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0_usize..12, 0..BITS.len()), 1..4),
    ) {
        let mut text = SEEDS[which].to_owned();
        for (at, length, bit) in cuts {
            let places: Vec<usize> = text.char_indices().map(|c| c.0).collect();
            let start = at.index(places.len());
            let end = (start + length).min(places.len() - 1);
            text.replace_range(places[start]..places[end], BITS[bit]);
        }
        read_all("x.toml", text.as_bytes(), &[], &[]);
    }

    #[test]
    fn any_trace(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in "[0-9,.:\\n\\r T\"-]{0,200}") {
        for bytes in [bytes, text.into_bytes()] {
            let file = One(bytes);
            let _ = arrivals(&file, "t.csv", None, &["x".to_owned()]);
            let _ = keys(&file, "t.csv", None);
            let _ = durations(&file, "t.csv", None, Some(1.0));
        }
    }
}

#[test]
fn an_argument_in_quotes_is_cut_inside_of_them() {
    for list in ["\"1,2\"", "\"Ⱥ\"", "\"1,Ⱥ,\\u00e9\"", "'é,2'", "\"", "\"Ⱥ"] {
        read_all("x.toml", SEEDS[0].as_bytes(), &[], &[format!("run.seed={list}")]);
    }
}

#[test]
fn deep_and_long_texts_end_soon() {
    let start = Instant::now();
    let deep = 200_000;
    let texts = [
        format!("x = {}", "[".repeat(deep)),
        format!("x = {}", "{a=".repeat(deep)),
        format!("{} = 1", vec!["a"; deep].join(".")),
        format!("[{}]", vec!["a"; deep].join(".")),
        format!("[{}]\n{} = 1\n", vec!["a"; 90].join("."), vec!["b"; 90].join(".")),
        format!("x = {{ {} = 1 }}", vec!["a"; deep].join(".")),
        format!("{}\n", "[a]\n".repeat(deep)),
        format!(
            "[run]\n{}",
            (0..100_000).map(|i| format!("k{i} = 1\n")).collect::<String>()
        ),
        format!(
            "[clients.c]\nmix = {{ {} }}",
            (0..20_000)
                .map(|i| format!("o{i} = 1"))
                .collect::<Vec<_>>()
                .join(", ")
        ),
        (0..20_000)
            .map(|i| format!("[service.s{i}]\nservice-time = \"1ms\"\n"))
            .collect(),
        format!("[service.s]\non.default = [{}]", "{ parallel = [[".repeat(500)),
        format!("[service.s]\nservice-time = \"{}\"", "(".repeat(deep)),
    ];
    for text in texts {
        read_all("x.toml", text.as_bytes(), &[], &[]);
        read_all("x.json", text.as_bytes(), &[], &[]);
    }
    let path = vec!["a"; deep].join(".");
    read_all(
        "x.toml",
        SEEDS[0].as_bytes(),
        &[format!("{path}=1"), format!("run.seed={}", "[".repeat(deep))],
        &[],
    );
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}
