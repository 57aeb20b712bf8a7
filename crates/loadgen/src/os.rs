//! What the standard library and `mio` do not offer: a timer finer than a millisecond, and the processor
//! time of this thread. Elsewhere than on Linux both are simply missing and runs are a little coarser.

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::os::fd::{AsRawFd, OwnedFd};
    use std::time::Duration;

    use mio::unix::SourceFd;
    use mio::{Interest, Registry, Token};
    use rustix::time::{
        ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
        timerfd_create, timerfd_settime,
    };

    /// Wakes the poll at a precise moment: `epoll_wait` itself rounds up to whole milliseconds, which would
    /// be counted as the server's latency in an open-loop run.
    pub(crate) struct Timer(OwnedFd);

    impl Timer {
        pub(crate) fn new(registry: &Registry, token: Token) -> io::Result<Self> {
            let fd =
                timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
            // Edge triggered: each expiry wakes the poll once, and setting the timer again clears it, so it
            // need never be read.
            registry.register(&mut SourceFd(&fd.as_raw_fd()), token, Interest::READABLE)?;
            Ok(Self(fd))
        }

        /// Wakes the poll once, after `wait`. Returns whether the caller can rely on that.
        pub(crate) fn arm(&self, wait: Duration) -> bool {
            let it_value = Timespec {
                tv_sec: i64::try_from(wait.as_secs()).unwrap_or(i64::MAX),
                // All zero would disarm the timer.
                tv_nsec: if wait.is_zero() { 1 } else { wait.subsec_nanos().into() },
            };
            let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value };
            timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once).is_ok()
        }
    }

    /// The processor time this thread has used so far.
    pub(crate) fn thread_cpu() -> Option<Duration> {
        let used = clock_gettime(ClockId::ThreadCPUTime);
        Some(Duration::new(u64::try_from(used.tv_sec).ok()?, u32::try_from(used.tv_nsec).ok()?))
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    use std::io;
    use std::time::Duration;

    use mio::{Registry, Token};

    /// No precise timer here: the poll's own time-out is used.
    pub(crate) struct Timer;

    impl Timer {
        pub(crate) fn new(_registry: &Registry, _token: Token) -> io::Result<Self> {
            Ok(Self)
        }

        pub(crate) fn arm(&self, _wait: Duration) -> bool {
            false
        }
    }

    /// Unknown here.
    pub(crate) fn thread_cpu() -> Option<Duration> {
        None
    }
}

#[cfg(target_os = "linux")]
pub(crate) use linux::{Timer, thread_cpu};
#[cfg(not(target_os = "linux"))]
pub(crate) use other::{Timer, thread_cpu};
