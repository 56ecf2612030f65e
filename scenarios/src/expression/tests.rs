use super::*;
use crate::source::Source;
use crate::traces::NoFiles;
use crate::tree::parse_value;

/// The law of a text: its mean in nanoseconds and its scv; or the problem as it is shown.
fn law(text: &str) -> Result<(f64, f64), String> {
    let source = Source::new("x", text);
    let node = parse_value(&source, 0);
    let mut out = Diagnostics::default();
    let demand = read(&node, &mut out).and_then(|e| Laws::new(2020, &NoFiles).demand(&e, &mut out));
    let problems: String = out.into_list().iter().map(Diagnostic::plain).collect();
    demand.map(|d| (d.base.mean(), d.base.scv())).ok_or(problems)
}

fn close(text: &str, mean: f64, scv: f64) {
    let (m, s) = law(text).unwrap_or_else(|e| panic!("{e}"));
    assert!(
        (m - mean).abs() <= 1e-9 * mean && (s - scv).abs() <= 1e-6 * (1.0 + scv),
        "{text}: {m} {s}"
    );
}

#[test]
fn every_family_has_the_mean_and_variability_that_its_parameters_say() {
    close("5ms", 5e6, 0.0);
    close("5 ms", 5e6, 0.0);
    close("constant(5ms)", 5e6, 0.0);
    close("exp(5ms)", 5e6, 1.0);
    close("exp(mean=5ms)", 5e6, 1.0);
    close("lognormal(mean=2ms, scv=3)", 2e6, 3.0);
    close("erlang(k=4, mean=5ms)", 5e6, 0.25);
    close("hyperexp(mean=5ms, scv=4)", 5e6, 4.0);
    close("gamma(mean=5ms, shape=2)", 5e6, 0.5);
    close("gamma(mean=5ms, scv=2)", 5e6, 2.0);
    close("weibull(mean=5ms, shape=1)", 5e6, 1.0);
    close("uniform(1ms, 3ms)", 2e6, 1.0 / 12.0);
    close("mix(0.5: 1ms, 0.5: 3ms)", 2e6, 0.25);
    close("mix(50%: 1ms, 50%: 3ms)", 2e6, 0.25);
    close("1ms + exp(1ms)", 2e6, 0.25);
    close("2 * exp(1ms) + (1ms + 1ms) * 0.5", 3e6, 4.0 / 9.0);
}

#[test]
fn the_table_form_means_the_same() {
    assert_eq!(
        law("{ lognormal = { p50 = \"2ms\", p99 = \"12ms\" } }"),
        law("lognormal(p50=2ms, p99=12ms)")
    );
    assert_eq!(law("{ exp = \"2ms\" }"), law("exp(2ms)"));
    assert_eq!(
        law("{ erlang = { k = 3, mean = \"2ms\" } }"),
        law("erlang(k=3, mean=2ms)")
    );
    assert_eq!(
        law("{ sum = [\"1ms\", { exp = \"2ms\" }] }"),
        law("1ms + exp(2ms)")
    );
    assert_eq!(
        law("{ mix = [{ weight = 0.9, of = \"1ms\" }, { weight = 0.1, of = \"exp(2ms)\" }] }"),
        law("mix(0.9: 1ms, 0.1: exp(2ms))")
    );
}

#[test]
fn operations_are_looked_up_in_the_year_asked_for() {
    assert_eq!(
        law("ops(2 memory-reference)").map(|l| l.0),
        law("ops(memory-reference + memory-reference)").map(|l| l.0)
    );
    let one = law("ops(1KiB memory-sequential-read)")
        .expect("it is in the table")
        .0;
    close("ops(64KiB memory-sequential-read)", 64.0 * one, 0.0);
}

#[test]
fn columns_of_a_trace_become_terms() {
    let source = Source::new(
        "x",
        "15ms + 30us * ContextTokens + 12ms*GeneratedTokens + 2 * 1us * ContextTokens",
    );
    let node = parse_value(&source, 0);
    let mut out = Diagnostics::default();
    let mut laws = Laws::new(2020, &NoFiles);
    let demand = read(&node, &mut out)
        .and_then(|e| laws.demand(&e, &mut out))
        .expect("it is well formed");
    assert_eq!(demand.base.mean(), 15e6);
    let terms: Vec<_> = demand
        .terms
        .iter()
        .map(|t| (t.column, t.per_unit.mean()))
        .collect();
    assert_eq!(terms, [(0, 30e3), (1, 12e6), (0, 2e3)]);
    assert_eq!(
        laws.columns.iter().map(|c| c.0.as_str()).collect::<Vec<_>>(),
        ["ContextTokens", "GeneratedTokens"]
    );
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let texts = [
        "5",
        "lognormal(p50=12ms, p99=2ms)",
        "lognormal(p50=2ms)",
        "lognormal(p51=2ms, p99=3ms)",
        "expp(5ms)",
        "exp(5)",
        "exp(0ms)",
        "exp(5ms",
        "5ms +",
        "exp(-5ms)",
        "5ms * 3ms",
        "30us * A * B",
        "Tokens",
        "5ms ! 3",
        "mix(exp(5ms))",
        "mix(0: 5ms)",
        "ops(3 ssd-randm-read)",
        "ops(3KiB ssd-random-read)",
        "ops(3 memory-sequential-read)",
        "erlang(k=2.5, mean=1ms)",
        "hyperexp(mean=1ms, scv=0.5)",
        "empirical('x.csv')",
        "{ normal = { mean = \"1ms\" } }",
        "{ exp = { mean = true } }",
        "1e999ms",
        "true",
        "uniform(1ms, 2ms, 3ms)",
        "exp(mean=1ms, mean=2ms)",
    ];
    let shown: Vec<String> = texts
        .iter()
        .map(|t| law(t).map_or_else(|e| e, |l| format!("{t}: {l:?}\n")))
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn deep_and_long_expressions_are_refused() {
    assert!(law(&format!("{}5ms{}", "(".repeat(5000), ")".repeat(4000))).is_err());
    assert!(law(&"(".repeat(1_000_000)).is_err());
    assert!(law(&format!("5ms{}", " + 5ms".repeat(5000))).is_err());
    let deep = format!("{}5ms{}", "mix(1: ".repeat(40), ")".repeat(40));
    assert!(
        law(&deep)
            .expect_err("deeper than a law may be")
            .contains("nested")
    );
}
