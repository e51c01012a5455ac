//! A ticket that goes with an answer which is sent piece by piece.

use super::{Progress, Ticket};
use crate::{contain::contain, outcome::Ending};

/// A ticket beside the answer that it goes with, and what was seen of the answer.
pub(super) struct Held<M, F> {
    ticket: Ticket<M>,
    /// The application's; it is gone once it has panicked.
    watch: Option<F>,
    seen: Ending,
}

impl<M, F> Held<M, F> {
    pub(super) fn new(mut ticket: Ticket<M>, watch: F) -> Held<M, F> {
        let seen = match ticket.progress {
            Progress::Ended(ending) => ending,
            Progress::Open | Progress::Booked => Ending::Answered,
        };
        ticket.go_on();
        let mut held = Held {
            ticket,
            watch: Some(watch),
            seen,
        };
        held.wait();
        held
    }

    /// Notes that the answer is polled: if it panics, the request has failed.
    pub(super) const fn ask(&mut self) {
        self.ticket.progress = Progress::Ended(Ending::Failed);
    }

    /// Notes that the reader may go away. If the answer has already failed, it stays failed.
    pub(super) fn wait(&mut self) {
        self.ticket.progress = Progress::Ended(match self.seen {
            Ending::Answered => Ending::GivenUp,
            seen => seen,
        });
    }

    /// Shows a piece, or the end, to the application; the worst that it says counts.
    pub(super) fn see(&mut self, show: impl FnOnce(&mut F, &mut Ticket<M>) -> Ending) {
        if let Some(watch) = &mut self.watch {
            let ticket = &mut self.ticket;
            match contain(|| show(watch, ticket)) {
                Some(ending) => self.seen = self.seen.worse(ending),
                None => {
                    let panicked = self.watch.take();
                    contain(|| drop(panicked));
                }
            }
        }
        self.wait();
    }

    /// Ends the request, after the application was shown the end.
    pub(super) fn end(mut self, show: impl FnOnce(&mut F, &mut Ticket<M>) -> Ending) {
        self.see(show);
        let Held {
            ticket,
            watch,
            seen,
        } = self;
        contain(|| drop(watch));
        ticket.end(seen);
    }
}
