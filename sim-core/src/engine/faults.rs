//! What goes wrong reaches the components here: crashes by chance, faults of the scenario, and the checks that notice.

use super::calendar::What;
use super::{Address, Engine, Watched};
use crate::component::{Look, State};

impl Engine {
    #[inline(never)]
    pub(super) fn up_or_down(&mut self, number: u32, is_repair: bool) {
        if self.faults.changes(number, is_repair) {
            self.set_up(number, is_repair, true);
        }
        if let Some(chance) = &mut self.failures[number as usize] {
            let (law, what) = if is_repair {
                (&chance.up, What::Crash)
            } else {
                (&chance.down, What::Repair)
            };
            let time = law.sample_duration(&mut chance.stream.next());
            self.ctx.calendar.schedule(self.ctx.now + time, what, number);
        }
    }

    /// Takes an instance down, or brings it up. One that fails by itself may hang instead of being gone.
    fn set_up(&mut self, number: u32, is_repair: bool, by_itself: bool) {
        let Address { component, instance } = self.addresses[number as usize];
        let state = &mut self.components[usize::from(component)];
        if is_repair {
            state.repair(&mut self.ctx, instance);
            self.ctx.checks_end(component, instance, false);
        } else if by_itself && self.hangs[usize::from(component)] {
            state.hang(&mut self.ctx, instance);
        } else {
            state.crash(&mut self.ctx, instance);
        }
        // An instance's connections, and what it keeps in its memory, share its fate.
        for state in &mut self.components {
            match state {
                State::Service(s) if s.pool_of == Some(component) => {
                    if is_repair {
                        s.repair(&mut self.ctx, instance);
                    } else {
                        s.crash(&mut self.ctx, instance);
                    }
                }
                State::Cache(c) if c.is_inside(component) => {
                    if is_repair {
                        c.repair(&mut self.ctx, instance);
                    } else {
                        c.crash(&mut self.ctx, instance);
                    }
                }
                _ => {}
            }
        }
    }

    /// A fault of the scenario begins or ends.
    #[inline(never)]
    pub(super) fn fault(&mut self, index: u32) {
        for (number, is_repair) in self.faults.turn(index, &mut self.ctx.ways) {
            self.set_up(number, is_repair, false);
        }
        if let Some((component, instances, begins)) = self.faults.pausing(index)
            && let State::Service(s) = &mut self.components[usize::from(component)]
        {
            for instance in (0..s.count()).filter(|i| instances.is_empty() || instances.contains(i)) {
                s.pause(&mut self.ctx, instance, begins);
            }
        }
        if let Some((component, factor)) = self.faults.slowness(index) {
            self.components[usize::from(component)].slow(factor);
        }
        if let Some((component, is_up)) = self.faults.coordinator(index)
            && let State::Shards(s) = &mut self.components[usize::from(component)]
        {
            s.set_coordinator(&mut self.ctx, is_up);
        }
        if let Some(component) = self.faults.resharded(index)
            && let State::Shards(s) = &mut self.components[usize::from(component)]
        {
            s.reshard(&mut self.ctx);
        }
        if let Some((component, is_draining)) = self.faults.draining(index) {
            for state in &self.components {
                let State::Balancer(b) = state else {
                    continue;
                };
                for view in b.views_of(component) {
                    self.ctx.backends[usize::from(view)].set_draining(&is_draining);
                }
            }
        }
    }

    /// A balancer checks an instance.
    pub(super) fn health_check(&mut self, number: usize) {
        let Watched { view, instance } = self.ctx.watched[number];
        let view = usize::from(view);
        let Some(forward) = self.ctx.health[view].as_ref().map(|h| h.forward) else {
            return;
        };
        let standing = self.components[usize::from(forward)].standing(instance);
        self.ctx.health_check(view, instance, standing);
    }

    /// A name checks what is behind it, or acts on what its checks found.
    #[inline(never)]
    pub(super) fn endpoint_check(&mut self, index: u32) {
        let at = (index >> 1) as usize;
        let State::Dns(dns) = &self.components[at] else {
            return;
        };
        let looks: Vec<Look> = dns.forward.iter().map(|f| self.look(*f)).collect();
        if let State::Dns(dns) = &mut self.components[at] {
            dns.checked(&mut self.ctx, index & 1 == 1, &looks);
        }
    }

    /// What a check of a component finds: whether any of its instances, or of those behind it, is up.
    fn look(&self, component: u16) -> Look {
        let mut found = None;
        let mut open = vec![component];
        while let Some(at) = open.pop() {
            let state = &self.components[usize::from(at)];
            if self.ctx.ways.is_dark(self.faults.home(at)) && !matches!(state, State::Cdn(_)) {
                found.get_or_insert(Look::Silent);
            } else if !(0..state.count()).any(|i| state.is_up(i)) {
                found.get_or_insert(Look::Down);
            } else if let State::Balancer(b) = state {
                open.extend(b.forward());
            } else {
                return Look::Up;
            }
        }
        found.unwrap_or(Look::Down)
    }
}
