//! The views that balancers have of the components behind them, before the first call.

use crate::component::{Behind, Health, instances};
use crate::engine::{MOST_INDEX, SiteTable, Watched};
use crate::model::{Balancer, ComponentId, Description, Kind, callees};
use crate::policy::balancing::{Backends, Room, subset};

/// All views, by number: one for each component, empty for those that aren't balancers, then the further ones: those of a
/// balancer's first instance, then those of the next.
#[derive(Default)]
pub(super) struct Views {
    pub backends: Vec<Backends>,
    pub health: Vec<Option<Box<Health>>>,
    pub owners: Vec<u16>,
    pub watched: Vec<Watched>,
}

impl Views {
    /// The views of all balancers, and what each component needs to know of its own.
    pub fn of(d: &Description, sites: &SiteTable) -> (Self, Vec<Behind>) {
        let mut views = Self::default();
        for (number, component) in (0u16..).zip(&d.components) {
            match &component.kind {
                Kind::Balancer(b) => views.add(d, sites, (number, 0, 0), b),
                _ => {
                    views.backends.push(Backends::new(Vec::new(), &[]));
                    views.health.push(None);
                }
            }
        }
        let mut behind = vec![Behind::default(); d.components.len()];
        for (number, component) in (0u16..).zip(&d.components) {
            let Kind::Balancer(b) = &component.kind else {
                continue;
            };
            let mut own = vec![number];
            let each = (0..b.machine.instances).flat_map(|i| (0..b.forward.len()).map(move |p| (i, p)));
            for view in each.skip(1) {
                own.push(u16::try_from(views.backends.len()).unwrap_or(u16::MAX));
                views.owners.push(number);
                views.add(d, sites, (number, view.0, view.1), b);
            }
            behind[usize::from(number)] = Behind {
                views: own,
                are_services: b.forward.iter().all(|to| is_service(d, *to)),
                callers: callers(d, sites, ComponentId(number)),
            };
        }
        (views, behind)
    }

    /// Adds the view that an instance of a balancer has of the component at a place behind it.
    fn add(
        &mut self,
        d: &Description,
        sites: &SiteTable,
        (number, instance, place): (u16, u32, usize),
        b: &Balancer,
    ) {
        let component = &d.components[usize::from(number)];
        let to = b.forward[place];
        let forward = &d.components[to.index()];
        let count = instances(forward);
        let places = (0..count).map(|i| sites.place(to.0, forward, i));
        let mut backends = Backends::new(places.collect(), b.weights_of(place));
        if let Some(stale) = b.routing.stale {
            backends.set_stale(stale);
        }
        if let Some(limit) = b.limit {
            let own = u16::try_from(instance as usize * b.forward.len() + place).unwrap_or(u16::MAX);
            backends.set_room(Room::new(limit, count as usize, (number, own)));
        }
        let known: Vec<u32> = match b.routing.subset {
            None => (0..count).collect(),
            Some(rule) => {
                let name = component.name.purpose("subset").index(place as u64);
                let members = subset::members(rule, instance, count, name, (sites.seed, sites.trial));
                backends.set_members(&members);
                members
            }
        };
        let view = u16::try_from(self.backends.len()).unwrap_or(u16::MAX);
        let first = u32::try_from(self.watched.len()).unwrap_or(MOST_INDEX);
        let name = component.name_of_view(instance, place);
        let health = Health::new(name, b, (place, count), &known, first, (sites.seed, sites.trial));
        if health.is_some() {
            self.watched
                .extend((0..count).map(|instance| Watched { view, instance }));
        }
        self.backends.push(backends);
        self.health.push(health);
    }
}

fn is_service(d: &Description, id: ComponentId) -> bool {
    matches!(d.components[id.index()].kind, Kind::Service(_))
}

/// How many instances may call a balancer from each place; none where only clients do.
fn callers(d: &Description, sites: &SiteTable, balancer: ComponentId) -> Vec<(u16, u32)> {
    let mut counts = std::collections::BTreeMap::new();
    for (number, component) in (0u16..).zip(&d.components) {
        if callees(component).contains(&balancer) {
            for i in 0..instances(component) {
                *counts.entry(sites.place(number, component, i)).or_insert(0) += 1;
            }
        }
    }
    counts.into_iter().collect()
}
