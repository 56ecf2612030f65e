//! A JSON Schema (2020-12) of the scenario language, for completion in editors.
//!
//! It is made from the same tables of keys that the reader uses, so that neither can know a key that the other doesn't.

use serde_json::{Map, Value, json};

use crate::expression::{FAMILIES, Family};
use crate::spec::key::{Key, Shape};
use crate::spec::member::Member;
use crate::spec::{
    TOP, balancer, cache, cdn, clients, database, dns, external, fault, keys, network, plan, prices, run,
    service, slo,
};

/// The schema of a whole scenario.
#[must_use]
pub fn schema() -> Value {
    let mut properties = Map::new();
    for (name, about) in TOP {
        let mut of = match *name {
            "name" | "question" => json!({ "type": "string" }),
            "run" => table(run::RUN),
            "slo" => table(slo::SLO),
            "network" => network_with_ways(),
            "fault" => json!({ "type": "array", "items": table(fault::FAULT) }),
            "cdn" => named(&table(cdn::CDN)),
            "object-store" => named(&table(external::OBJECT_STORE)),
            "external" => named(&table(external::EXTERNAL)),
            "prices" => named(&json!({ "anyOf": [{ "type": "string" }, table(prices::PRICE)] })),
            "sweep" => named(&json!({ "type": ["string", "array", "object"] })),
            "variant" => named(&json!({ "type": "object" })),
            "keys" => named(&table(keys::KEYS)),
            "clients" => named(&table(clients::CLIENTS)),
            "balancer" => named(&json!({ "anyOf": [table(balancer::BALANCER), table(dns::DNS)] })),
            "service" => named(&table(service::SERVICE)),
            "cache" => named(&table(cache::CACHE)),
            "database" => named(&table(database::DATABASE)),
            _ => json!({ "deprecated": true }),
        };
        of["description"] = json!(about);
        properties.insert((*name).to_owned(), of);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A Plimsoll scenario",
        "type": "object",
        "required": ["run", "clients"],
        "additionalProperties": false,
        "properties": properties,
        "$defs": { "plan": { "type": "array", "items": table(plan::STEP) }, "time": time() },
    })
}

/// Tables below a name of their own.
fn named(of: &Value) -> Value {
    json!({ "type": "object", "additionalProperties": of })
}

/// The network: pairs of regions beside its own keys.
fn network_with_ways() -> Value {
    let mut of = table(network::NETWORK);
    let way = json!({ "anyOf": [{ "$ref": "#/$defs/time" }, table(network::WAY)] });
    of["patternProperties"] = named_by(network::ARROW, way);
    of
}

fn named_by(pattern: &str, of: Value) -> Value {
    Value::Object([(pattern.to_owned(), of)].into_iter().collect())
}

/// A time: text, or a table with one family of distributions.
fn time() -> Value {
    let about = |f: &Family| (f.name.to_owned(), json!({ "description": f.about }));
    let mut families: Map<String, Value> = FAMILIES.iter().map(about).collect();
    for special in ["mix", "sum", "ops", "empirical"] {
        families.insert(special.to_owned(), json!({}));
    }
    json!({ "anyOf": [
        { "type": "string" },
        { "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false, "properties": families },
    ] })
}

/// A table with these keys.
fn table(keys: &[Key]) -> Value {
    let mut properties = Map::new();
    for key in keys {
        let mut of = shape(&key.shape);
        of["description"] = json!(key.about);
        properties.insert(key.name.to_owned(), of);
    }
    let required: Vec<&str> = keys.iter().filter(|k| k.required).map(|k| k.name).collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required })
}

/// One of these by its name, or as a table with its parameters.
fn member(of: &[Member]) -> Value {
    let names: Vec<Value> = of
        .iter()
        .map(|m| json!({ "const": m.name, "description": m.about }))
        .collect();
    if of.iter().all(|m| m.parameters.is_empty()) {
        return json!({ "anyOf": names });
    }
    let properties: Map<String, Value> = of
        .iter()
        .map(|m| (m.name.to_owned(), table(m.parameters)))
        .collect();
    let with_parameters = json!({
        "type": "object", "minProperties": 1, "maxProperties": 1,
        "additionalProperties": false, "properties": properties,
    });
    // As text with parameters, "zipf(0.99)", it is beyond what a schema can tell.
    json!({ "anyOf": [{ "anyOf": names }, with_parameters, { "type": "string", "pattern": "[(]" }] })
}

fn shape(of: &Shape) -> Value {
    match of {
        Shape::Quantity(dimension) if dimension.usual_unit().is_some() => json!({ "type": "string" }),
        Shape::Quantity(_) => json!({ "type": ["number", "string"] }),
        Shape::Count => json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "string" }] }),
        Shape::Number => json!({ "type": ["number", "string"] }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Text | Shape::Name => json!({ "type": "string" }),
        Shape::Expression => json!({ "$ref": "#/$defs/time" }),
        Shape::Plan => json!({ "$ref": "#/$defs/plan" }),
        Shape::Word(words) => json!({ "enum": words }),
        Shape::Policy(names) => json!({ "anyOf": [{ "enum": names }, { "type": ["string", "object"] }] }),
        Shape::Member(members) => member(members),
        Shape::Table(keys) => table(keys),
        Shape::Map(of) => named(&shape(of)),
        Shape::List(of) => json!({ "type": "array", "items": shape(of) }),
        Shape::Any(shapes) => json!({ "anyOf": shapes.iter().map(shape).collect::<Vec<_>>() }),
        Shape::Anything => json!({}),
        Shape::NotYet(_) => json!({ "deprecated": true }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::NAMED;

    /// The first key of a document that the schema does not allow, as a path.
    fn stranger(value: &Value, schema: &Value, root: &Value, path: &str) -> Option<String> {
        if let Some(name) = schema["$ref"].as_str() {
            return stranger(value, root.pointer(name.trim_start_matches('#'))?, root, path);
        }
        if let Some(any) = schema["anyOf"].as_array() {
            let found: Vec<_> = any.iter().map(|s| stranger(value, s, root, path)).collect();
            return found
                .iter()
                .all(Option::is_some)
                .then(|| found.into_iter().next().flatten())
                .flatten();
        }
        let wrong = match (schema["type"].as_str(), value) {
            (Some("string"), v) => !v.is_string(),
            (Some("object"), v) => !v.is_object(),
            (Some("array"), v) => !v.is_array(),
            _ if schema["const"].is_string() => *value != schema["const"],
            _ => schema["enum"]
                .as_array()
                .is_some_and(|words| !words.contains(value)),
        };
        if wrong {
            return Some(path.to_owned());
        }
        let below = |key: &str| format!("{path}.{key}");
        match value {
            Value::Object(map) => map.iter().find_map(|(key, v)| {
                let patterns = schema["patternProperties"].as_object();
                if let Some((_, of)) = patterns.and_then(|p| p.iter().find(|(p, _)| key.contains(p.as_str())))
                {
                    return stranger(v, of, root, &below(key));
                }
                match (&schema["properties"][key], &schema["additionalProperties"]) {
                    (Value::Null, Value::Bool(false)) => Some(below(key)),
                    (Value::Null, Value::Null) => None,
                    (Value::Null, other) => stranger(v, other, root, &below(key)),
                    (known, _) => stranger(v, known, root, &below(key)),
                }
            }),
            Value::Array(items) => items
                .iter()
                .find_map(|v| stranger(v, &schema["items"], root, &below("[]"))),
            _ => None,
        }
    }

    #[test]
    fn the_examples_fit_and_what_the_reader_refuses_does_not() {
        let schema = schema();
        for text in [
            include_str!("../tests/data/three-tier.toml"),
            include_str!("../tests/data/scale-up-or-out.toml"),
            include_str!("../tests/data/closed-loop.toml"),
            include_str!("../tests/data/token-replay.toml"),
            include_str!("../tests/data/two-regions.toml"),
            include_str!("../tests/data/whole.toml"),
        ] {
            let document: Value = toml::from_str(text).expect("TOML");
            assert_eq!(stranger(&document, &schema, &schema, ""), None);
            for (key, misspelt) in [
                ("calls", "cals"),
                ("duration", "durations"),
                ("service-time", "servicetime"),
            ] {
                let broken: Value = toml::from_str(&text.replace(key, misspelt)).expect("TOML");
                let found = stranger(&broken, &schema, &schema, "");
                assert_eq!(found.is_some(), text.contains(key), "{misspelt}");
            }
        }
    }

    #[test]
    fn every_kind_of_table_is_there() {
        let schema = schema();
        for kind in NAMED.iter().filter(|k| !matches!(**k, "queue" | "link")) {
            assert!(
                schema["properties"][kind]["additionalProperties"].is_object(),
                "{kind}"
            );
        }
    }
}
