//! Memory of this process, as the system counts it.

/// Resident memory in megabytes.
pub(crate) fn resident_mb() -> f64 {
    status("VmRSS:")
}

/// The most that was resident, in megabytes.
pub(crate) fn peak_mb() -> f64 {
    status("VmHWM:")
}

fn status(field: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kilobytes.unwrap().parse::<f64>().unwrap() / 1024.0
}
