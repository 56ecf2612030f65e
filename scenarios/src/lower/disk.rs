//! The disk of every instance of a service: a station of its own, to which the instance's calls go for steps `disk`.
//!
//! It is made as the pools of connections are: a component whose instances belong to those of the service and share their fate.

use sim_core::model::{Access, Call, Component, ComponentId, Demand, Kind, Plan, Service, Station, Step};
use sim_core::random::StreamName;

use super::components::Lowering;
use crate::diagnostic::Diagnostic;
use crate::spec::disk::{self, DiskSpec};

/// The disks of the service whose plans are being lowered.
pub(super) struct Disk {
    id: ComponentId,
    /// What they are.
    pub kind: disk::Kind,
    name: String,
    /// What is done with them.
    plans: Vec<Plan>,
}

impl Disk {
    /// A step that uses the disk for so long; none where a service has more of them than can be numbered.
    pub fn step(&mut self, time: Demand) -> Option<Step> {
        let part = u16::try_from(self.plans.len()).ok()?;
        self.plans.push(Plan {
            name: StreamName::new(&self.name).purpose("part").index(u64::from(part)),
            steps: vec![Step::Work(time)],
        });
        Some(Step::Call(Call {
            target: self.id,
            access: Access::Part(part),
            timeout: None,
            retry: None,
        }))
    }
}

impl Lowering<'_, '_> {
    /// The disks of a service, before its plans are lowered: their place among the components is taken.
    pub(super) fn open_disk(&mut self, spec: Option<&DiskSpec>, name: &str, path: &str) -> Option<Disk> {
        let spec = spec?;
        let place = u16::try_from(self.spec.components.len() + self.pools.len()).ok()?;
        self.pools.push(None);
        if spec.at_once.is_none() {
            self.assume(path, "disk.at-once = 1");
        }
        Some(Disk {
            id: ComponentId(place),
            kind: spec.kind,
            name: format!("{name}.disk"),
            plans: Vec::new(),
        })
    }

    /// Makes the disks' component.
    pub(super) fn close_disk(
        &mut self,
        spec: Option<&DiskSpec>,
        path: &str,
        service: &Service,
        disk: Option<Disk>,
    ) {
        let (Some(spec), Some(disk)) = (spec, disk) else {
            return;
        };
        if disk.plans.is_empty() {
            let problem = Diagnostic::warning(&spec.span, format!("{path} never uses its disk"));
            self.out.push(problem.label("no step of its plans is a `disk`"));
        }
        let component = Component {
            name: StreamName::new(&disk.name).purpose("disk"),
            zones: 1,
            first_zone: 0,
            failures: None,
            kind: Kind::Service(Service {
                instances: service.instances,
                station: Station {
                    workers: Some(spec.at_once.unwrap_or(1)),
                    ..Station::default()
                },
                plan_of: vec![None; self.index.ops.len()],
                plans: disk.plans,
                pool_of: self.id_of(path),
                ..Service::default()
            }),
        };
        let at = disk.id.index() - self.spec.components.len();
        if let Some(place) = self.pools.get_mut(at) {
            *place = Some((disk.name, component));
        }
    }
}
