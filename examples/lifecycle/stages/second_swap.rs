//! The way to the end: the cause is found, the model comes back under a new label, and stays.

use std::{error::Error, thread, time::Instant};

use switchstand::Router;

use crate::{
    digits::{self, Reader},
    stand::Stand,
};

/// The rejected model's new label: a label in the logs should have one history.
const AGAIN: &str = "v2.1";

pub(crate) fn stage(stand: &mut Stand) -> Result<(), Box<dyn Error>> {
    // No request can reach the rejected version any more, so its model is given back.
    let model = stand.router.reclaim("v2")?;
    stand.is_same_model(AGAIN, "v2");
    let accuracy = 100.0 * digits::accuracy(&model, &stand.samples)?;
    let gone = stand.router.state("v2").is_none();
    stand.must(
        "v2",
        format!("given back, reads {accuracy:.1} % rightly"),
        gone,
    );

    stand.router.deploy(AGAIN, model)?;
    stand.router.validate(AGAIN, |_| Ok::<_, String>(()))?;
    stand.router.swap(AGAIN)?;
    let answers = stand.serve();
    stand.must_be_all("requests on v2.1", answers.of(AGAIN).count(), answers.len());
    stand.says("accuracy of v2.1", answers.accuracy_of(AGAIN));

    let (answers, given_back) = stand.serve_during(accept);
    stand.must_be_all("requests on v2.1", answers.of(AGAIN).count(), answers.len());
    stand.says("v1", given_back?);
    let too_late = stand.router.rollback("too late");
    stand.must_be_refused("a roll-back after accept()", too_late);

    let left = stand.router.environments();
    let left: Vec<_> = left.iter().map(|version| version.label()).collect();
    stand.must("versions left", left.join(", "), left == [AGAIN]);
    Ok(())
}

/// Accepts the swap amid requests, and takes the old model back as soon as nobody uses it.
fn accept(router: &Router<Reader>) -> Result<String, Box<dyn Error>> {
    router.accept()?;
    let started = Instant::now();
    let model = loop {
        match router.reclaim("v1") {
            Ok(model) => break model,
            Err(error) if error.will_pass() => thread::yield_now(),
            Err(error) => return Err(error.into()),
        }
    };
    let took = started.elapsed();
    // The model ends here, on the operator's thread, and on no request's.
    drop(model);
    Ok(format!("given back {took:.1?} after accept()"))
}
