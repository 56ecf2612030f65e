//! How far an experiment is, on stderr while it is a terminal; and the wish to stop it.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use reports::quantity::{Unit, grouped, value};
use scenarios::experiment::{Progress, Watcher};

use crate::exit::Exit;
use crate::output;

/// Set by Ctrl-C: the experiment ends with the points that are done.
pub static STOP: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C stops the experiment, and a second one the program.
pub fn listen_for_ctrl_c() {
    // Without a handler Ctrl-C still ends the program, only less politely.
    let _ = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::SeqCst) {
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
    });
}

/// A line that tells points, time left, events per second, and the worst p99 so far.
pub struct Bar {
    bar: ProgressBar,
    since: Instant,
}

impl Bar {
    /// A bar for so many points; hidden where nobody sees it.
    pub fn new(points: usize, quiet: bool) -> Self {
        let bar = if quiet || !io::stderr().is_terminal() {
            ProgressBar::hidden()
        } else {
            ProgressBar::new_spinner()
        };
        bar.set_length(points as u64);
        let template = if points > 1 {
            "{bar:16} {pos}/{len} points, {eta} left{wide_msg}"
        } else {
            "{spinner} {elapsed}{wide_msg}"
        };
        // The templates are fixed; if one were wrong, the bar would look plain.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self {
            bar,
            since: Instant::now(),
        }
    }

    /// Says something without a trace of the line in it.
    pub fn say(&self, text: &str) {
        self.bar.suspend(|| output::say(text));
    }

    /// Takes the line away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watcher for Bar {
    fn progress(&self, progress: &Progress) {
        self.bar.set_position(progress.points_done as u64);
        self.bar.set_message(message(progress, self.since.elapsed()));
    }
}

fn message(progress: &Progress, elapsed: Duration) -> String {
    let left = left(progress, elapsed)
        .map(|left| format!(", {} left", HumanDuration(left)))
        .unwrap_or_default();
    let per_second = progress.events as f64 / elapsed.as_secs_f64().max(1e-3);
    let worst = progress
        .worst_p99_s
        .map(|p99| format!(", worst p99 {}", value(Unit::Seconds, p99)))
        .unwrap_or_default();
    format!("{left}, {} million events/s{worst}", grouped(per_second / 1e6, 1))
}

/// The time left, as the points that were simulated took it: those that were there already took none.
fn left(progress: &Progress, elapsed: Duration) -> Option<Duration> {
    let simulated = progress.points_done.checked_sub(progress.points_found)?;
    let open = progress.points.checked_sub(progress.points_done)?;
    let each_s = elapsed.as_secs_f64() / simulated as f64;
    Duration::try_from_secs_f64((each_s * open as f64).round())
        .ok()
        .filter(|_| simulated > 0 && open > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_speed_and_the_worst_p99() {
        let progress = Progress {
            points_done: 2,
            points_found: 1,
            points: 4,
            events: 5_000_000,
            worst_p99_s: Some(0.023),
        };
        assert_eq!(
            message(&progress, Duration::from_secs(2)),
            ", 4 seconds left, 2.5 million events/s, worst p99 23.0 ms"
        );
        let none = Progress {
            points_found: 2,
            ..progress
        };
        assert_eq!(left(&none, Duration::from_secs(2)), None);
    }
}
