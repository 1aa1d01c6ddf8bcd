//! The ear has no network: the worker puts itself into a network namespace of its own before it does anything else.
//! Its Unix socket is a file and works from there. Under systemd the unit has done it already (`PrivateNetwork=`).

use nix::sched::{CloneFlags, unshare};

/// Leave the network; says in the log when the kernel does not allow it. Must run before any thread starts.
pub fn leave_the_network() {
    let alone = unshare(CloneFlags::CLONE_NEWNET);
    match alone.or_else(|_| unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET)) {
        Ok(()) => tracing::info!("the speech worker has no network"),
        Err(_) if has_only_loopback() => tracing::info!("the speech worker was started without a network"),
        Err(error) => tracing::warn!(
            "the kernel does not let the speech worker leave the network ({error}): it is trusted not to use it; \
             run it as root or allow user namespaces"
        ),
    }
}

/// As in a namespace that systemd has made (`PrivateNetwork=`), whose unit lets it make no other.
fn has_only_loopback() -> bool {
    let interfaces = std::fs::read_to_string("/proc/self/net/dev"); // netlink may be forbidden as well
    interfaces.is_ok_and(|table| table.lines().skip(2).all(|line| line.trim_start().starts_with("lo:")))
}
