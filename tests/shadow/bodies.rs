//! Answers that are HTTP bodies.
#![cfg(feature = "http-body")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation ends a test"
)]

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
};

use http::HeaderMap;
use http_body::Body;
use switchstand::{Ending, Policy, Router, Share, operator::ReclaimError, streams::by_grpc_status};

use crate::pieces::{
    Piece::{self, Data, Error, Panic, Status, Wait},
    Pieces, Says, read,
};

const ALL: usize = 100;
const SILENT: Says = Says {
    length: None,
    end: false,
};

/// What a body says of `length` bytes.
const fn says(length: u64, end: bool) -> Says {
    Says {
        length: Some(length),
        end,
    }
}

#[test]
fn o4_a_lease_lasts_to_the_last_byte_of_a_body() {
    let router = Router::new("pages", "v1", ()).unwrap();
    router.deploy("v2", ()).unwrap();
    router.validate("v2", |()| Ok::<(), ()>(())).unwrap();
    router
        .release(Policy::canary("all", "v2", Share::ALL))
        .unwrap();
    let body = Pieces::new(&[Data("a"), Wait, Data("b")], SILENT);
    let mut body = router.admit("ana").body(body);
    router.reject("v2", "slow").unwrap();
    assert_eq!(read(&mut body, 3), "ab");
    assert_eq!(router.in_flight("v2"), Some(1));
    let in_use = router.reclaim("v2").unwrap_err();
    assert!(matches!(
        in_use,
        ReclaimError::StillInUse { in_flight: 1, .. }
    ));
    assert_eq!(read(&mut body, 1), "");
    router.reclaim("v2").unwrap();
    assert_eq!(router.outcomes("v2").unwrap().ended(Ending::Answered), 1);
}

#[test]
fn o1_a_body_ends_its_request_once_and_as_it_ended_itself() {
    let cases: [(&'static [Piece], Says, usize, Ending); 15] = [
        (&[Data("a"), Wait, Data("b")], SILENT, ALL, Ending::Answered),
        (&[Data("a"), Error], SILENT, ALL, Ending::Failed),
        (&[Data("a"), Panic], SILENT, ALL, Ending::Failed),
        (&[Data("a"), Data("b")], SILENT, 1, Ending::GivenUp),
        (&[Data("a"), Wait], SILENT, 2, Ending::GivenUp),
        (&[Data("a")], SILENT, 0, Ending::GivenUp),
        // A server that has sent what was promised does not poll again ..
        (&[Data("a"), Data("b")], says(2, false), 2, Ending::Answered),
        (&[Data("a"), Data("b")], says(2, false), 1, Ending::GivenUp),
        // .. nor one that is told of the end, or is to send nothing.
        (&[Data("a"), Data("b")], says(9, true), 2, Ending::Answered),
        (&[], says(0, true), 0, Ending::Answered),
        (&[], says(0, false), 0, Ending::Answered),
        (&[Data("a"), Status("0")], SILENT, ALL, Ending::Answered),
        (&[Data("a"), Status("13")], SILENT, 2, Ending::Failed),
        (&[Data("a"), Status("3")], SILENT, ALL, Ending::Refused),
        (&[Data("a"), Status("1")], SILENT, ALL, Ending::GivenUp),
    ];
    for (pieces, says, polls, ending) in cases {
        let router = Router::new("pages", "v1", ()).unwrap();
        let body = Pieces::new(pieces, says);
        let mut body = router.admit("ana").body(body);
        assert_eq!(body.size_hint().exact(), says.length);
        let _ = catch_unwind(AssertUnwindSafe(|| read(&mut body, polls)));
        drop(body);
        let counts = router.outcomes("v1").unwrap();
        assert_eq!(counts.ended(ending), 1, "{pieces:?}, {polls} polls");
        assert_eq!((counts.admitted(), counts.in_flight()), (1, 0));
    }
}

#[test]
fn o1_the_end_of_a_body_is_shown_once_before_the_ticket_is_gone() {
    for says in [SILENT, says(2, false), says(2, true)] {
        let router = Router::new("pages", "v1", ()).unwrap();
        let shown: Arc<Mutex<Vec<Option<usize>>>> = Arc::default();
        let watched = Arc::clone(&shown);
        let body = Pieces::new(&[Data("a"), Data("b")], says);
        let mut body = router.admit("ana").body_with(body, move |ticket, frame| {
            assert_eq!(ticket.version(), "v1");
            let data = frame.map(|frame| frame.as_ref().unwrap().data_ref().unwrap().len());
            watched.lock().unwrap().push(data);
            Ending::Answered
        });
        let _ = read(&mut body, 2);
        drop(body);
        let expected = match says {
            SILENT => vec![Some(1), Some(1)], // given up: there was no end
            _ => vec![Some(1), Some(1), None],
        };
        assert_eq!(*shown.lock().unwrap(), expected, "{says:?}");
    }
}

#[test]
fn o1_each_grpc_status_has_one_ending() {
    let ending = |code: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("grpc-status", code.parse().unwrap());
        by_grpc_status(&headers)
    };
    assert_eq!(by_grpc_status(&HeaderMap::new()), Ending::Answered);
    // What a gRPC gateway answers over HTTP, by code.
    let statuses = [
        200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401,
    ];
    for (code, status) in statuses.into_iter().enumerate() {
        let expected = match status {
            200 => Ending::Answered,
            499 => Ending::GivenUp,
            400..500 => Ending::Refused,
            _ => Ending::Failed,
        };
        assert_eq!(ending(&code.to_string()), expected, "{code}");
    }
    assert_eq!(ending("nonsense"), Ending::Failed);
}
