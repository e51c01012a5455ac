//! The server's own log: a line of JSON for each outcome, shadow and change.

use std::{
    fmt,
    io::{BufWriter, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use switchstand::{Observer, Outcome, deployment::Change, outcomes::Record, shadow::ShadowRun};

/// Lines that may wait for the disk; beyond, they are lost and counted.
const WAITING: usize = 65_536;

/// A log that a thread of its own writes, so that no request waits for a disk.
#[derive(Clone)]
pub struct Log {
    lines: SyncSender<Line>,
    lost: Arc<AtomicU64>,
}

enum Line {
    Record(String),
    /// All that was told before is to be written, and the sender told so.
    Flush(SyncSender<()>),
}

impl Log {
    /// Returns a log that is written to `to`; its thread ends with the last handle.
    #[expect(
        clippy::disallowed_methods,
        reason = "a server may start a thread; the library may not"
    )]
    pub fn to(to: impl Write + Send + 'static) -> Log {
        let (lines, waiting) = sync_channel(WAITING);
        thread::spawn(move || write(&waiting, BufWriter::new(to)));
        let lost = Arc::default();
        Log { lines, lost }
    }

    /// Waits until all that was told is written.
    pub fn flush(&self) {
        let (written, wait) = sync_channel(1);
        if self.lines.send(Line::Flush(written)).is_ok() {
            // Where the thread has ended there is nothing to wait for.
            let _ = wait.recv();
        }
    }

    /// Returns how many lines were lost because the disk was too slow.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    fn tell(&self, record: &Record<'_>) {
        let line = serde_json::to_string(record).ok();
        let sent = line.is_some_and(|line| self.lines.try_send(Line::Record(line)).is_ok());
        if !sent {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn write(waiting: &Receiver<Line>, mut to: impl Write) {
    let mut next = waiting.recv().ok();
    while let Some(line) = next {
        // A disk that is full is seen in the log itself: there is nobody else to tell.
        let _ = match &line {
            Line::Record(line) => writeln!(to, "{line}"),
            Line::Flush(_) => to.flush(),
        };
        if let Line::Flush(written) = line {
            let _ = written.send(());
        }
        next = match waiting.try_recv() {
            Ok(line) => Some(line),
            Err(_) => {
                // Nothing waits: whoever reads the file sees all of it.
                let _ = to.flush();
                waiting.recv().ok()
            }
        };
    }
}

impl Observer for Log {
    fn outcome(&self, outcome: &Outcome<'_>) {
        self.tell(&Record::Outcome(outcome.to_record()));
    }

    fn shadow(&self, run: &ShadowRun<'_>) {
        self.tell(&Record::Shadow(run.clone()));
    }

    fn change(&self, change: &Change<'_>) {
        self.tell(&Record::Change(change.clone()));
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log")
            .field("lost", &self.lost())
            .finish_non_exhaustive()
    }
}
