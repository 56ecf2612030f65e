//! The table of exact results (`tests/data/analytic-open.json`), as data that any test can go through.

use serde_json::Value;

/// One system and what is known about it.
pub struct Case {
    /// Unique name.
    pub id: String,
    /// Which system, in words; cases of one model have the same parameters.
    pub model: String,
    /// exact, asymptotic, approximation, trace_exact or reference_simulation.
    pub kind: String,
    /// Parameters by name.
    pub params: Value,
    /// Known values by name: a number, or a list of them.
    pub expected: Value,
}

impl Case {
    /// A parameter that is a number.
    pub fn number(&self, name: &str) -> f64 {
        number(&self.params, name)
    }

    /// A parameter that is a count.
    pub fn count(&self, name: &str) -> u32 {
        self.number(name) as u32
    }

    /// A parameter that is a list of numbers.
    pub fn numbers(&self, name: &str) -> Vec<f64> {
        numbers(&self.params[name])
    }

    /// Names and values of all that is known, a single number as a list of one.
    pub fn known(&self) -> Vec<(&str, Vec<f64>)> {
        let fields = self
            .expected
            .as_object()
            .unwrap_or_else(|| panic!("{}: expected is no table", self.id));
        fields
            .iter()
            .map(|(name, value)| {
                (
                    name.as_str(),
                    if value.is_array() {
                        numbers(value)
                    } else {
                        vec![single(value)]
                    },
                )
            })
            .collect()
    }
}

fn single(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// A field of a table that is a number.
pub fn number(table: &Value, name: &str) -> f64 {
    table[name]
        .as_f64()
        .unwrap_or_else(|| panic!("{name} of {table} is no number"))
}

/// A list of numbers.
pub fn numbers(list: &Value) -> Vec<f64> {
    list.as_array()
        .unwrap_or_else(|| panic!("{list} is no list"))
        .iter()
        .map(single)
        .collect()
}

/// All cases, in the order of the file.
pub fn all() -> Vec<Case> {
    let file: Value = serde_json::from_str(include_str!("../data/analytic-open.json")).expect("valid JSON");
    let text = |case: &Value, name: &str| case[name].as_str().expect("a text").to_owned();
    let cases: Vec<Case> = file["cases"]
        .as_array()
        .expect("a list of cases")
        .iter()
        .map(|case| Case {
            id: text(case, "id"),
            model: text(case, "model"),
            kind: text(case, "kind"),
            params: case["params"].clone(),
            expected: case["expected"].clone(),
        })
        .collect();
    assert_eq!(
        Some(cases.len() as u64),
        file["count"].as_u64(),
        "the file counts its cases"
    );
    cases
}
