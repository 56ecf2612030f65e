//! The reference page of the scenario language, in Markdown: every table, key, policy, law and number.
//!
//! It is made from the tables that the reader reads by and from the catalogues, so it can't say anything else than they do. A copy
//! is kept beside this crate, `REFERENCE.md`, and a test holds it to what this makes.

use crate::catalog::{latency, prices, sources};
use crate::expression::FAMILIES;
use crate::quantity::Dimension;
use crate::spec::key::{Key, Shape};
use crate::spec::member::Member;
use crate::spec::{TOP, keys_of, plan};

/// The page.
#[must_use]
pub fn markdown() -> String {
    let mut page = String::from(
        "# The scenario language\n\nMade by `plimsoll reference` from the tables that scenarios are read by. A value that is \
         left out is what its key says, \"unless said\"; `plimsoll check --assumptions` lists what was left out of a scenario.\n",
    );
    for (name, about) in TOP {
        let tables = keys_of(name);
        if tables.is_empty() {
            continue;
        }
        let is_unknown = tables.iter().all(|t| t.1.is_empty());
        page.push_str(&format!("\n## {name}\n\n{about}\n"));
        if is_unknown {
            continue;
        }
        for (title, keys) in tables {
            table(&mut page, &title, keys);
        }
    }
    page.push_str(
        "\n## Steps\n\nWhat a call plan is made of; one of the first keys says what a step does.\n",
    );
    table(&mut page, "a step", plan::STEP);
    laws(&mut page);
    numbers(&mut page);
    page
}

/// The keys of a table, then the tables and families below it.
fn table(page: &mut String, title: &str, keys: &[Key]) {
    page.push_str(&format!(
        "\n### `{title}`\n\n| key | takes | what it is for |\n|---|---|---|\n"
    ));
    let known = keys.iter().filter(|k| !matches!(k.shape, Shape::NotYet(_)));
    for key in known.clone() {
        let required = if key.required { " (required)" } else { "" };
        page.push_str(&format!(
            "| `{}`{required} | {} | {} |\n",
            key.name,
            cell(&takes(&key.shape)),
            cell(key.about)
        ));
    }
    let missing: Vec<&str> = keys
        .iter()
        .filter(|k| matches!(k.shape, Shape::NotYet(_)))
        .map(|k| k.name)
        .collect();
    if !missing.is_empty() {
        page.push_str(&format!(
            "\nUnderstood and not simulated: {}.\n",
            missing.join(", ")
        ));
    }
    for key in known {
        below(page, &format!("{title}.{}", key.name), &key.shape);
    }
}

/// What a shape has below it that has a table of its own. (Steps have a chapter, so that no table is in itself.)
fn below(page: &mut String, title: &str, shape: &Shape) {
    match shape {
        Shape::Table(keys) => table(page, title, keys),
        Shape::Member(members) => family(page, title, members),
        Shape::Map(of) => below(page, &format!("{title}.NAME"), of),
        Shape::List(of) => below(page, &format!("{title}[]"), of),
        Shape::Any(shapes) => shapes.iter().for_each(|s| below(page, title, s)),
        _ => {}
    }
}

fn family(page: &mut String, title: &str, members: &[Member]) {
    page.push_str(&format!(
        "\n### `{title}` is one of\n\n| name | what it does | parameters | follows | checked against |\n|---|---|---|---|---|\n"
    ));
    let parameters = |member: &Member| {
        let each = member.parameters.iter();
        let each = each.map(|p| format!("`{}` ({}): {}", p.name, takes(&p.shape), p.about));
        each.collect::<Vec<_>>().join(" ")
    };
    for (place, member) in members.iter().enumerate() {
        let own = parameters(member);
        // Systems of one kind can be given the same: once is enough.
        let twin = members[..place]
            .iter()
            .find(|m| !own.is_empty() && parameters(m) == own);
        let parameters = twin.map_or(own, |m| format!("those of `{}`", m.name));
        page.push_str(&format!(
            "| `{}` | {} | {} | {} | {} |\n",
            member.name,
            cell(member.about),
            cell(&parameters),
            cell(member.source),
            cell(member.checked)
        ));
    }
}

/// What a key takes, in words.
fn takes(shape: &Shape) -> String {
    let quoted = |words: Vec<&str>| {
        let words: Vec<String> = words.iter().map(|w| format!("\"{w}\"")).collect();
        words.join(", ")
    };
    match shape {
        Shape::Quantity(dimension) => quantity(*dimension).to_owned(),
        Shape::Count => "whole number".to_owned(),
        Shape::Number => "number".to_owned(),
        Shape::Flag => "true or false".to_owned(),
        Shape::Text => "text".to_owned(),
        Shape::Name => "name".to_owned(),
        Shape::Expression => "time or law".to_owned(),
        Shape::Word(_) | Shape::Policy(_) | Shape::Member(_) => quoted(shape.words()),
        Shape::Table(_) => "table".to_owned(),
        Shape::Map(of) => format!("table of {} by name", takes(of)),
        Shape::List(of) => format!("list of {}", takes(of)),
        Shape::Any(shapes) => {
            let all: Vec<String> = shapes.iter().map(takes).collect();
            all.join(", or ")
        }
        Shape::Plan => "steps".to_owned(),
        Shape::Anything => "anything".to_owned(),
        Shape::NotYet(_) => String::new(),
    }
}

fn quantity(dimension: Dimension) -> &'static str {
    dimension.expected().trim_start_matches("expected ")
}

/// Text that fits into one cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn laws(page: &mut String) {
    page.push_str(
        "\n## Laws\n\nWherever a time can be a law. Each is checked against an outside implementation, its own moments and its \
         quantiles (`sim-core/src/random/law/conformance.rs`). Beside them: a sum with `+`, `mix(0.9: LAW, 0.1: LAW)`, \
         `empirical(\"FILE\")` and `ops(2 NUMBER + 64KiB NUMBER)`.\n\n| law | what it is | parameters | follows |\n|---|---|---|---|\n",
    );
    for law in FAMILIES {
        let forms: Vec<String> = law
            .forms
            .iter()
            .map(|f| {
                f.iter()
                    .map(|p| format!("`{}`", p.0))
                    .collect::<Vec<_>>()
                    .join(", ")
            })
            .collect();
        page.push_str(&format!(
            "| `{}` | {} | {} | {} |\n",
            law.name,
            cell(law.about),
            forms.join("; or "),
            cell(law.source)
        ));
    }
}

fn numbers(page: &mut String) {
    page.push_str(
        "\n## Numbers\n\nWhat `ops(...)` can be made of, each with its sources; `plimsoll numbers NAME` has the figures.\n\n\
         | number | sources |\n|---|---|\n",
    );
    for entry in latency::entries() {
        let mut titles: Vec<&str> = Vec::new();
        for figure in entry.published() {
            let title = sources::lookup(figure.source).map_or(figure.source, |s| s.title.as_str());
            if !titles.contains(&title) {
                titles.push(title);
            }
        }
        page.push_str(&format!("| `{}` | {} |\n", entry.name, cell(&titles.join("; "))));
    }
    let names: Vec<String> = prices::names().map(|n| format!("`{n}`")).collect();
    page.push_str(&format!(
        "\n## Instances\n\nTypes with prices, cores and memory; `plimsoll numbers prices` has the figures and where they are from.\n\n{}\n",
        names.join(", ")
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `plimsoll reference > scenarios/REFERENCE.md` writes it again.
    #[test]
    fn the_copy_is_what_is_made() {
        let copy = include_str!("../REFERENCE.md");
        let made = markdown();
        let differs = made.lines().zip(copy.lines()).find(|(a, b)| a != b);
        assert!(
            made == copy,
            "scenarios/REFERENCE.md is old: `cargo run -p plimsoll -- reference > scenarios/REFERENCE.md`\n{differs:?}"
        );
    }

    #[test]
    fn every_member_says_where_it_comes_from_and_how_it_was_checked() {
        fn look(shape: &Shape, seen: &mut usize) {
            match shape {
                Shape::Member(members) => {
                    for m in *members {
                        *seen += 1;
                        assert!(
                            !m.about.is_empty() && !m.source.is_empty() && !m.checked.is_empty(),
                            "{}",
                            m.name
                        );
                    }
                }
                Shape::Table(keys) => keys.iter().for_each(|k| look(&k.shape, seen)),
                Shape::Map(of) | Shape::List(of) => look(of, seen),
                Shape::Any(shapes) => shapes.iter().for_each(|s| look(s, seen)),
                _ => {}
            }
        }
        let mut seen = 0;
        for (name, _) in TOP {
            for (_, keys) in keys_of(name) {
                keys.iter().for_each(|k| look(&k.shape, &mut seen));
            }
        }
        assert!(seen > 30, "{seen}");
    }

    #[test]
    fn it_has_every_table_law_and_number() {
        let page = markdown();
        for (name, about) in TOP {
            assert_eq!(
                page.contains(&format!("\n## {name}\n")),
                !matches!(*name, "name" | "question") && !about.contains("Not supported"),
                "{name}"
            );
        }
        for name in FAMILIES
            .iter()
            .map(|f| f.name)
            .chain(latency::entries().iter().map(|e| &*e.name))
        {
            assert!(page.contains(&format!("| `{name}` |")), "{name}");
        }
    }
}
