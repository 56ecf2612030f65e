use std::collections::BTreeSet;

use super::*;
use crate::catalog::sources::{self, Read};

#[test]
fn every_price_is_positive_sourced_and_above_its_discounts() {
    for instance in instances() {
        let name = &instance.name;
        assert!(instance.usd_per_hour > 0.0, "{name}");
        for discounted in [instance.reserved, instance.spot].into_iter().flatten() {
            assert!(
                discounted.usd_per_hour > 0.0 && discounted.usd_per_hour < instance.usd_per_hour,
                "{name}"
            );
        }
        assert_eq!(instance.kind == Kind::Balancer, instance.vcpu.is_none(), "{name}");
        assert_eq!(instance.vcpu.is_none(), instance.memory_bytes.is_none(), "{name}");
        assert!(
            instance.vcpu != Some(0) && instance.memory_bytes != Some(0),
            "{name}"
        );
        let read = sources::lookup(instance.source).map(|source| source.read);
        assert_eq!(instance.price_checked, read != Some(Read::None), "{name}");
    }
    for service in services() {
        // What comes in from the internet is free, and so in the table.
        assert!(service.usd > 0.0 || service.name == "dt-in", "{}", service.name);
    }
    for key in source_keys() {
        assert!(sources::lookup(key).is_some(), "{key}");
    }
}

#[test]
fn names_are_unique_and_discounts_belong_to_somebody() {
    let all: Vec<&str> = names()
        .chain(services().iter().map(|service| service.name.as_str()))
        .collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    for discount in &FILE.discount {
        let instance = lookup(&discount.name).unwrap();
        assert!(
            instance
                .reserved
                .is_some_and(|reserved| reserved.source.is_some()),
            "{}",
            discount.name
        );
    }
}

#[test]
fn types_that_scenarios_rely_on_exist() {
    let cases = [
        ("c7g.large", 2, 4.0, 0.0725),
        ("c7g.xlarge", 4, 8.0, 0.145),
        ("db.r7g.xlarge", 4, 32.0, 0.478),
        ("db.r7g.2xlarge", 8, 64.0, 0.956),
        ("cache.r7g.large", 2, 13.07, 0.219),
    ];
    for (name, vcpu, gib, usd) in cases {
        let instance = lookup(name).unwrap();
        assert_eq!(
            (instance.vcpu, instance.usd_per_hour),
            (Some(vcpu), usd),
            "{name}"
        );
        let bytes = instance.memory_bytes.unwrap() as f64;
        assert!(
            (bytes / (1_u64 << 30) as f64 - gib).abs() < 1e-6,
            "{name}: {bytes}"
        );
    }
    let alb = lookup("alb").unwrap();
    assert_eq!((alb.usd_per_hour, alb.usd_per_unit_hour), (0.0225, Some(0.008)));
    assert!((alb.usd_per_month() - 16.425).abs() < 1e-9);
    assert!(lookup("c7g.gigantic").is_none());
}

#[test]
fn within_a_group_a_larger_one_is_never_cheaper() {
    for group in &FILE.group {
        let grows = |(_, vcpu, memory, usd): &(String, u32, f64, f64), next: &(String, u32, f64, f64)| {
            *vcpu <= next.1 && *memory <= next.2 && *usd < next.3
        };
        assert!(
            group.sizes.is_sorted_by(grows),
            "{} ({})",
            group.what,
            group.source
        );
    }
}
