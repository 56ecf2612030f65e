//! The components of a point in a table: a row each, and of a database in many shards the whole, the busiest and the idlest.

use scenarios::results::{ComponentFigures, Point};

use super::layout::{Cell, Column, Side};
use crate::figures::of_component;
use crate::quantity;

/// Shards of a database that all have a row.
const MOST_SHARDS: usize = 4;

/// A row: which component, and what it is called there.
struct Row {
    at: usize,
    name: String,
}

/// The rows, shards behind their whole.
fn rows(point: &Point) -> Vec<Row> {
    let all = || point.components.iter().enumerate();
    let mut rows = Vec::new();
    for (at, (name, _)) in all().filter(|(_, c)| c.1.shard_of.is_none()) {
        let mut shards: Vec<usize> = all()
            .filter(|(_, c)| c.1.shard_of == Some(at))
            .map(|(shard, _)| shard)
            .collect();
        let count = shards.len();
        let row = |at: usize, what: &str| Row {
            at,
            name: format!("{}{what}", point.components[at].0),
        };
        if count == 0 {
            rows.push(row(at, ""));
            continue;
        }
        rows.push(Row {
            at,
            name: format!("{name} (all {count} shards)"),
        });
        if count <= MOST_SHARDS {
            rows.extend(shards.into_iter().map(|shard| row(shard, "")));
            continue;
        }
        let busy = |shard: &usize| utilization(&point.components[*shard].1);
        shards.sort_by(|a, b| busy(b).total_cmp(&busy(a)).then(a.cmp(b)));
        let ends = [(shards[0], " (busiest)"), (shards[count - 1], " (idlest)")];
        rows.extend(ends.map(|(shard, what)| row(shard, what)));
    }
    rows
}

fn utilization(figures: &ComponentFigures) -> f64 {
    figures.utilization.as_ref().and_then(|u| u.value).unwrap_or(0.0)
}

/// One row a component; a column stands only where some component has its figure.
pub(super) fn table(point: &Point) -> Vec<Column> {
    let rows = rows(point);
    let shown = |cells: &dyn Fn(usize) -> String| rows.iter().map(|row| Cell::new(cells(row.at))).collect();
    let mut columns = vec![
        Column::new(
            "component",
            Side::Left,
            0,
            rows.iter().map(|row| Cell::new(row.name.clone())).collect(),
        ),
        Column::new(
            "kind",
            Side::Left,
            3,
            shown(&|at| point.components[at].1.kind.to_owned()),
        ),
    ];
    let names = [
        ("utilization", "utilization", 0),
        ("core_utilization", "cores", 1),
        ("queue_length", "waiting", 4),
        ("waiting_s.mean", "wait mean", 5),
        ("waiting_s.p99", "wait p99", 2),
        ("instances", "instances", 3),
        ("hit_ratio", "hits", 1),
        ("stale_reads", "stale reads", 2),
        ("lag_s.mean", "lag mean", 2),
        ("lag_s.p99", "lag p99", 2),
        ("lock_wait_s.mean", "lock mean", 2),
        ("lock_wait_s.p99", "lock p99", 2),
        ("lost_writes", "lost writes", 1),
        ("conflicts", "conflicts", 1),
        ("open_reads", "reads in between", 0),
        ("rejected", "rejected", 2),
        ("wasted", "wasted", 3),
    ];
    for (figure, title, dispensable) in names {
        let cell = |at: usize| {
            let figures = of_component(&point.components[at].1);
            match figures.into_iter().find(|(name, ..)| *name == figure) {
                Some((_, unit, figure)) => match quantity::estimate(unit, figure) {
                    Some(text) if quantity::without_interval(figure).is_some() => format!("{text} *"),
                    Some(text) => text,
                    None => "—".to_owned(),
                },
                None => String::new(),
            }
        };
        let cells: Vec<Cell> = shown(&cell);
        if rows.iter().any(|row| !cell(row.at).is_empty()) {
            columns.push(Column::new(title, Side::Left, dispensable, cells));
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use sim_core::stats::Estimate;

    /// A point with so many shards, each busier than the one before but for the last.
    fn sharded(count: usize) -> Point {
        let mut point = fixture::run().points.remove(0);
        let shard = |shard_of, busy: usize| {
            let busy = busy as f64 / 100.0;
            ComponentFigures {
                kind: "database",
                shard_of,
                utilization: Some(Estimate::between(busy, busy, busy)),
                ..ComponentFigures::default()
            }
        };
        let whole = point.components.len();
        point.components.push(("orders".to_owned(), shard(None, 5)));
        point
            .components
            .extend((1..=count).map(|i| (format!("orders.{i}"), shard(Some(whole), i % count))));
        point
    }

    fn names(point: &Point) -> Vec<String> {
        let rows = rows(point).into_iter();
        rows.map(|row| row.name)
            .filter(|n| n.starts_with("orders"))
            .collect()
    }

    #[test]
    fn few_shards_have_a_row_each_and_of_many_the_ends() {
        let few = ["orders (all 3 shards)", "orders.1", "orders.2", "orders.3"];
        assert_eq!(names(&sharded(3)), few);
        let many = [
            "orders (all 64 shards)",
            "orders.63 (busiest)",
            "orders.64 (idlest)",
        ];
        assert_eq!(names(&sharded(64)), many);
    }
}
