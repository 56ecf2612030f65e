//! Shards in zones: an outage takes the primaries that are there, and no others.

use std::sync::atomic::AtomicBool;

use scenarios::document::{Choice, Document};
use scenarios::experiment::{Options, Planned, run};
use scenarios::results::{Point, Results};
use scenarios::traces::NoFiles;

/// Writes to nine shards, each a primary and a replica without failover, while a zone is dark for half of a run.
fn outage(zones: u32, dark: u32, write: u32) -> Results {
    let text = format!(
        "name = \"zones\"\n[run]\nduration = \"100s\"\nwarm-up = \"0s\"\ntrials = 5\nseed = 5\n\
         [keys.accounts]\ncount = 1_000_000\npopularity = \"uniform\"\n\
         [clients.shoppers]\ncalls = \"store\"\nrate = \"500/s\"\nmix = {{ write = {write}, read = {} }}\nkey = \"accounts\"\n\
         [database.store]\nshards = 9\nreplicas = 1\ninstance = \"r7g.large\"\nzones = {zones}\n\
         read-time = \"1ms\"\nwrite-time = \"1ms\"\nreads-from = \"replicas\"\n\
         [[fault]]\nkind = \"zone-outage\"\nzone = {dark}\nat = \"25s\"\nfor = \"50s\"\n",
        1 - write
    );
    let (document, problems) = Document::parse("zones.toml", text.as_bytes(), &NoFiles);
    assert!(problems.is_empty(), "{problems:?}");
    let document = document.expect("a document");
    let point = document
        .points(&Choice::default())
        .0
        .expect("a point")
        .list
        .remove(0);
    let (scenario, problems) = document.scenario(&point);
    let planned = [Planned {
        variant: None,
        set: vec![],
        at: vec![],
        scenario: scenario.unwrap_or_else(|| panic!("{problems:?}")),
    }];
    run(&planned, &[], Options::default(), &(), &AtomicBool::new(false))
        .expect("threads")
        .results
}

/// The part of all requests that had no answer.
fn lost(point: &Point) -> f64 {
    let clients = &point.clients[0].1;
    1.0 - clients.ok as f64 / clients.offered as f64
}

#[test]
fn an_outage_of_any_zone_takes_as_many_primaries_as_one_of_any_other() {
    for dark in 1..=3 {
        // Of nine primaries three are in each zone, and as many replicas in the zone after theirs: what is written to the
        // first, or read from the second, is lost for half of the run.
        for write in [1, 0] {
            let lost = lost(&outage(3, dark, write).points[0]);
            // Of 250,000 requests, each to a shard that is as likely as any other: four standard errors of the share.
            let error = 4.0 * (1.0 / 6.0 * 5.0 / 6.0 / 250_000.0_f64).sqrt();
            assert!(
                (lost - 1.0 / 6.0).abs() < error,
                "zone {dark}, write {write}: {lost}"
            );
        }
    }
}

#[test]
fn more_zones_than_one_cost_nothing_and_are_said() {
    let [one, three] = [(1, 1), (3, 1)].map(|(zones, dark)| outage(zones, dark, 1));
    let cost = |r: &Results| r.points[0].cost.as_ref().map(|c| c.usd_per_month);
    assert_eq!(cost(&one), cost(&three));
    assert!(cost(&one).is_some());
    assert!(
        (lost(&one.points[0]) - 0.5).abs() < 0.004,
        "all of it is in zone 1"
    );
    let says = |r: &Results| {
        r.assumptions
            .iter()
            .any(|a| a.contains("primaries are spread over the 3 zones"))
    };
    assert!(says(&three) && !says(&one), "{:?}", three.assumptions);
}
