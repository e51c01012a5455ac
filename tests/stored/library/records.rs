//! What records, journals, pins and keys are asked.

use serde_json::{Value, json};
use switchstand::{
    Assignment, Ending, Policy, Reason, Secret, Share, Timestamp, UnitKey, VersionState,
    bucketing::{Key, Scheme},
    decision::Propensity,
    deployment::{Change, Deployments, Operation, VersionId},
    journal::{JournalCapacity, JournalCounts, JournalEnding, JournalEntry, JournalSeal},
    outcomes::{OutcomeRecord, Record},
    pin::{Pin, TaggedPin},
    release::Fingerprint,
    shadow::{DropReason, ShadowBudget, ShadowOutcome, ShadowRun},
};

use crate::said::{Said, said};

pub(crate) fn say(kind: &str, form: &Value) -> Said {
    match kind {
        "Assignment" => said(form, assignment),
        "Exposure" => said(form, exposure),
        "ShadowRun" => said(form, run),
        "ShadowOutcome" => said(form, |read: &ShadowOutcome| json!(outcome(*read))),
        "Record" => said(form, |read: &Record<'static>| match read {
            Record::Outcome(one) => json!(["exposure", exposure(one)]),
            Record::Shadow(one) => json!(["shadow", run(one)]),
            Record::Change(one) => json!(["change", change(one)]),
            _ => panic!("unknown record"),
        }),
        "Change" => said(form, change),
        "Operation" => said(form, operation),
        "Policy" => said(form, |read: &Policy| {
            json!([read.release(), read.fingerprint().to_string()])
        }),
        "JournalCapacity" => said(form, |read: &JournalCapacity| json!(read.get())),
        "JournalCounts" => said(form, |read: &JournalCounts| {
            json!([read.entries, read.overflow, read.pending, read.requests()])
        }),
        "JournalEntry" => said(form, entry),
        "JournalSeal" => said(form, |read: &JournalSeal| match read.ending {
            JournalEnding::Kept => json!([read.generation, "kept"]),
            JournalEnding::RolledBack => json!([read.generation, "rolled back"]),
            _ => panic!("unknown ending"),
        }),
        "Pin" => said(form, pin),
        "TaggedPin" => said(form, tagged),
        "UnitKey" => said(form, |read: &UnitKey| unit(read)),
        "Fingerprint" => said(form, |read: &Fingerprint| json!(read.to_string())),
        "Timestamp" => said(form, |read: &Timestamp| json!(read.as_nanos())),
        "Share" => said(form, |read: &Share| json!(read.nanos())),
        "ShadowBudget" => said(form, |read: &ShadowBudget| json!(read.get())),
        "Reason" => said(form, |read: &Reason| json!(read.to_string())),
        "Propensity" => said(form, |read: &Propensity| json!(read.as_fraction())),
        "Scheme" => said(form, |read: &Scheme| json!(read.name())),
        "VersionState" => said(form, |read: &VersionState| {
            json!([
                json!(read.to_string()),
                json!([read.may_answer(), read.may_shadow()])
            ])
        }),
        "VersionId" => said(form, |read: &VersionId| {
            let state = staged();
            let mut all = state.iter().filter(|one| one.id() == *read);
            json!(all.next().map(|one| one.label()))
        }),
        _ => panic!("unknown kind {kind}"),
    }
}

/// Returns what of the first meaning still holds.
pub(crate) fn held(kind: &str, meaning: &Value) -> Value {
    let mut held = meaning.clone();
    let operation = match kind {
        "Operation" => Some(&mut held),
        "Change" => held.get_mut("operation"),
        _ => held.pointer_mut("/1/operation"),
    };
    for state in operation
        .into_iter()
        .filter_map(Value::as_array_mut)
        .flatten()
    {
        if let Value::String(refusal) = state {
            *refusal = fault(refusal).to_owned();
        }
    }
    held
}

/// Returns what a refusal finds wrong; what it expects, and the cure, have got other words.
fn fault(refusal: &str) -> &str {
    refusal.split([',', ':']).next().unwrap()
}

fn assignment(read: &Assignment<'static>) -> Value {
    json!({
        "release": read.release,
        "fingerprint": read.fingerprint.to_string(),
        "generation": read.generation,
        "version": read.version,
        "arm": read.arm,
        "reason": read.reason.to_string(),
        "propensity": read.propensity.map(Propensity::as_fraction),
    })
}

/// An exposure of the first edition is an outcome: the version answered, or failed.
fn exposure(read: &OutcomeRecord) -> Value {
    let failed = match read.ending {
        Ending::Answered => false,
        Ending::Failed => true,
        other => panic!("an exposure that was {other}"),
    };
    assert_eq!(read.answered_by.as_deref(), Some(&*read.assignment.version));
    assert_eq!(
        (read.stand_in, read.is_noted, read.took),
        (None, false, None)
    );
    json!([
        read.at.map(Timestamp::as_nanos),
        read.unit.as_ref().map(unit),
        assignment(&read.assignment),
        failed
    ])
}

fn run(read: &ShadowRun<'static>) -> Value {
    let about = [
        json!(read.at.map(Timestamp::as_nanos)),
        unit(&read.unit),
        assignment(&read.assignment),
    ];
    json!([about, read.shadow, outcome(read.outcome)])
}

fn outcome(outcome: ShadowOutcome) -> &'static str {
    match outcome {
        ShadowOutcome::Answered => "answered",
        ShadowOutcome::Failed => "failed",
        ShadowOutcome::Panicked => "panicked",
        ShadowOutcome::Dropped(DropReason::NoPermit) => "dropped: no permit",
        ShadowOutcome::Dropped(DropReason::Deadline) => "dropped: deadline",
        ShadowOutcome::Dropped(DropReason::QueueFull) => "dropped: queue full",
        ShadowOutcome::Dropped(DropReason::NotReady) => "dropped: not ready",
        ShadowOutcome::Dropped(DropReason::Unrun) => "dropped: unrun",
        ShadowOutcome::Dropped(DropReason::Cancelled) => "dropped: cancelled",
        _ => panic!("unknown outcome"),
    }
}

fn change(read: &Change<'static>) -> Value {
    json!({
        "at": read.at.map(Timestamp::as_nanos),
        "by": [&read.actor, &read.cause],
        "generations": [read.before(), read.sequence()],
        "operation": operation(&read.operation),
    })
}

/// One version live, one ready, one staged.
fn staged() -> Deployments {
    let mut state = Deployments::new("v1").unwrap();
    let named = |version: &str| version.to_owned();
    for version in ["v2", "v3"] {
        state
            .apply(&Operation::Deploy {
                version: named(version),
            })
            .unwrap();
    }
    state
        .apply(&Operation::Validate {
            version: named("v2"),
        })
        .unwrap();
    state
}

/// Says what the operation makes of three states: the first, with the second retiring, swapped.
fn operation(read: &Operation) -> Value {
    let version = || "v2".to_owned();
    let mut retiring = staged();
    retiring
        .apply(&Operation::Retire { version: version() })
        .unwrap();
    let mut swapped = staged();
    swapped
        .apply(&Operation::Swap {
            version: version(),
            policy: None,
        })
        .unwrap();
    let after = |mut state: Deployments| {
        if let Err(error) = state.apply(read) {
            return json!(fault(&error.to_string()));
        }
        let each = |one: &switchstand::deployment::Deployment| {
            json!([one.label(), one.state().to_string(), one.shed().nanos()])
        };
        let policy = state.policy().fingerprint().to_string();
        json!([policy, state.iter().map(each).collect::<Vec<_>>()])
    };
    let states = [staged(), retiring, swapped].map(after);
    json!(states)
}

fn entry(read: &JournalEntry) -> Value {
    let outcome = match read.ending {
        Ending::Answered => "answered",
        Ending::Failed => "failed",
        // Nobody had said how it ended.
        Ending::GivenUp => "unknown",
        Ending::Refused => panic!("the first edition knew no refusals"),
    };
    let place = [u64::from(read.stripe), read.sequence, read.generation];
    json!([
        place,
        unit(&read.unit),
        read.fingerprint.to_string(),
        outcome,
        read.excerpt
    ])
}

fn pin(read: &Pin) -> Value {
    json!([
        read.scheme().name(),
        read.fingerprint().to_string(),
        read.version(),
        read.to_string()
    ])
}

/// The secret and the unit for which stored pins were tagged.
pub(crate) fn tagging() -> (Secret, Key<'static>) {
    (Secret::new([7; 16]), Key::Text("unit-7"))
}

fn tagged(read: &TaggedPin) -> Value {
    let (secret, key) = tagging();
    let keys = [
        key,
        Key::Text("unit-8"),
        Key::U64(7),
        Key::U128(7 << 64),
        Key::Bytes(b"unit-7"),
    ];
    let checked = |key| {
        let checked = read.check(&secret, key).map(pin);
        checked.map_err(|error| error.to_string())
    };
    let checked = keys.map(checked);
    json!([json!(read.to_string()), json!(checked)])
}

fn unit(read: &UnitKey) -> Value {
    match read.as_key() {
        Key::Text(text) => json!(["text", text]),
        Key::Bytes(bytes) => json!(["bytes", bytes]),
        Key::U64(number) => json!(["64 bits", number]),
        Key::U128(number) => json!(["128 bits", number.to_string()]),
    }
}
