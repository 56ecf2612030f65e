//! Work on the shared cores of an instance, which the calls in service get in parts.

use super::ServiceState;
use crate::engine::{Context, Then, What};
use crate::station::Sharing;
use crate::time::{SimDuration, SimTime};

impl ServiceState {
    /// Puts a piece of work on the shared cores.
    #[inline(never)]
    pub(super) fn share(&mut self, ctx: &mut Context, frame: u32, work: SimDuration) {
        let f = &ctx.frames[frame];
        let (at, op) = (f.instance, f.op);
        self.with_cores(ctx, at, |cores, now| cores.add(now, frame, op, work));
    }

    /// The shared cores of an instance may have finished something.
    #[inline(never)]
    pub fn shared(&mut self, ctx: &mut Context, instance: u32) -> Then {
        let mut ended = None;
        self.with_cores(ctx, instance, |cores, now| {
            ended = cores.take_ended(now);
            if ended.is_some() {
                cores.look_again(now)
            } else {
                None
            }
        });
        match ended {
            Some(frame) => self.step_done(ctx, frame),
            None => Then::Nothing,
        }
    }

    /// Changes what the cores do, and keeps the calendar and the meter in step with it.
    pub(super) fn with_cores(
        &mut self,
        ctx: &mut Context,
        instance: u32,
        change: impl FnOnce(&mut Sharing, SimTime) -> Option<SimTime>,
    ) {
        let Some(cores) = &mut self.instances[instance as usize].cores else {
            return;
        };
        let before = cores.busy();
        let look = change(cores, ctx.now);
        let by = i64::from(cores.busy()) - i64::from(before);
        // Workers with a batch count theirs.
        if by != 0 && self.batch.is_none() {
            self.meter.cores(ctx.now, by);
        }
        if let Some(at) = look {
            ctx.calendar.schedule(at, What::Shared, self.first + instance);
        }
    }
}
