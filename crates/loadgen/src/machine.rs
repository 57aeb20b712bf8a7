//! Where the measurement was taken, and how much memory the server holds. Read from `/proc`.

use std::fmt;
use std::io;

/// The machine, as far as it explains the figures.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Machine {
    /// Processor cores this process may use.
    pub cores: usize,
    /// Main memory in bytes; 0 when unknown.
    pub memory: u64,
    /// The processor's own name.
    pub cpu: String,
    /// System and kernel version.
    pub kernel: String,
}

impl Machine {
    /// Describes this machine; what cannot be found out is "unknown".
    #[must_use]
    pub fn describe() -> Self {
        let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let unknown = || "unknown".to_owned();
        let release = text("/proc/sys/kernel/osrelease");
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory: kib_field(&text("/proc/meminfo"), "MemTotal").unwrap_or(0),
            cpu: cpu_model(&text("/proc/cpuinfo")).unwrap_or_else(unknown),
            kernel: match release.trim() {
                "" => std::env::consts::OS.to_owned(),
                release => format!("Linux {release}"),
            },
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cores = if self.cores == 1 { "core" } else { "cores" };
        let memory = self.memory as f64 / (1024.0 * 1024.0 * 1024.0);
        write!(f, "{} {cores}, {memory:.1} GiB memory, {}, {}", self.cores, self.cpu, self.kernel)
    }
}

/// The resident memory of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Memory {
    /// Bytes resident now (`VmRSS`).
    pub current: u64,
    /// The most bytes that were ever resident (`VmHWM`).
    pub peak: u64,
}

impl Memory {
    /// Bytes as MiB, for a figure.
    #[must_use]
    pub fn mib(bytes: u64) -> f64 {
        bytes as f64 / (1024.0 * 1024.0)
    }
}

/// How much memory a process holds. Linux only.
pub fn memory(pid: u32) -> io::Result<Memory> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let field = |name| {
        // A process that has ended but was not waited for has no memory lines.
        kib_field(&status, name)
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the process has ended"))
    };
    Ok(Memory { current: field("VmRSS")?, peak: field("VmHWM")? })
}

/// A line such as `VmRSS:   123 kB`, in bytes.
fn kib_field(text: &str, name: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

fn cpu_model(text: &str) -> Option<String> {
    // x86 says "model name"; some ARM boards say "Model" or "Hardware".
    ["model name", "Model", "Hardware"].iter().find_map(|wanted| {
        text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            (name.trim() == *wanted && !value.trim().is_empty()).then(|| value.trim().to_owned())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_lines() {
        assert_eq!(kib_field("VmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n", "VmRSS"), Some(1024 * 1024));
        assert_eq!(kib_field("VmRSS:\t  lots\n", "VmRSS"), None);
        assert_eq!(cpu_model("processor\t: 0\nmodel name\t: Acme 3000\n").as_deref(), Some("Acme 3000"));
        assert_eq!(cpu_model("processor\t: 0\nHardware\t: Board\n").as_deref(), Some("Board"));
        assert_eq!(cpu_model(""), None);
    }

    #[test]
    fn a_machine_in_one_line() {
        let machine = Machine { cores: 2, memory: 3 << 30, cpu: "Acme".into(), kernel: "Linux 6".into() };
        assert_eq!(machine.to_string(), "2 cores, 3.0 GiB memory, Acme, Linux 6");
        assert!(Machine::describe().cores >= 1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn own_memory() {
        let mine = memory(std::process::id()).unwrap();
        assert!(mine.current > 100 * 1024 && mine.peak >= mine.current / 2);
        assert!(memory(u32::MAX).is_err());
    }
}
