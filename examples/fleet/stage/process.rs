//! The loops of the processes, with what the play does to them.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use switchstand::Timestamp;

use super::{Luck, Role};
use crate::Fault;
use crate::leader::Stored;
use crate::server::Server;
use crate::wire;

const USERS: u64 = 4_000;
/// So long is a leader's minute.
const MINUTE: Duration = Duration::from_millis(50);

/// Serves until the process is ended.
///
/// # Errors
/// What the server refuses.
pub fn serve(folder: &Path, role: &Role) -> Result<(), Fault> {
    let mut server = Server::start(folder, &role.name, role.incarnation)?;
    let mut luck = Luck::new(role);
    let started = Instant::now();
    // Clocks of servers are hours apart.
    let hours = Duration::from_secs(3_600 * (1 + role.number));
    let mut late = Vec::new();
    loop {
        for _ in 0..200 {
            let user = luck.below(USERS);
            let draw = luck.below(1_000);
            server.serve(user, |version| {
                draw < if version == "v2" { role.ratio * 20 } else { 20 }
            })?;
        }
        let elapsed = hours + started.elapsed();
        let now = Timestamp::from_nanos(u64::try_from(elapsed.as_nanos())?);
        let is_cut = folder.join(format!("cut-{}", role.name)).exists();
        let leader = fs::read_to_string(folder.join("leader")).unwrap_or_default();
        if !is_cut && let Ok(Some(order)) = wire::hand_in(&leader, &server.message()) {
            late.push(order);
            // One server is always some rounds behind.
            if late.len() > role.rounds_behind {
                let order = late.remove(0);
                if let Err(refused) = server.obey(now, &order, &mut luck) {
                    fs::write(
                        folder.join(format!("refused-{}", role.name)),
                        refused.to_string(),
                    )?;
                }
            }
        }
        server.mind(now)?;
        // Whole or not at all: this process may be killed in the middle of a line.
        let state = folder.join(format!("state-{}", role.name));
        fs::write(state.with_extension("new"), server.state())?;
        fs::rename(state.with_extension("new"), state)?;
        sleep(Duration::from_millis(20));
    }
}

/// Leads until the process is ended; the application has given it this term.
///
/// # Errors
/// What cannot be stored.
pub fn lead(folder: &Path, role: &Role) -> Result<(), Fault> {
    let mut stored = Stored::take_over(folder, role.incarnation)?;
    let mut luck = Luck::new(role);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    fs::write(
        folder.join("leader.new"),
        listener.local_addr()?.to_string(),
    )?;
    fs::rename(folder.join("leader.new"), folder.join("leader"))?;
    let started = Instant::now();
    let mut minute = 0;
    // What a successor would say too.
    let mut said = None;
    loop {
        while let Ok((stream, _)) = listener.accept() {
            // A server that was killed in the middle of a line has said nothing.
            let _ = stored.answer(&stream, said.as_ref());
        }
        let passed = u64::try_from(started.elapsed().as_millis() / MINUTE.as_millis())?;
        if passed > minute {
            minute = passed;
            let now = Timestamp::from_secs(60 * (role.clock + minute));
            stored.tick(now, &role.servers, folder, &mut luck)?;
            said = stored.leader.in_force().cloned();
            if stored.is_over(&role.servers) {
                fs::write(folder.join("over"), "")?;
            }
        }
        sleep(Duration::from_millis(1));
    }
}
