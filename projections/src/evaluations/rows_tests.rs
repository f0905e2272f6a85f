//! Rows of evaluations against the states of the rules.

use std::collections::{BTreeMap, HashMap};

use jejak_events::{Event, money::Rupiah, operator, personal::Personal};
use proptest::prelude::*;

use super::*;
use crate::{
    rows::{Postcard, RowFormat},
    story::Office,
};

/// The row as it comes back from the file.
fn stored<T>(row: &T) -> T
where
    Postcard: RowFormat<T>,
{
    Postcard::decode(&Postcard::encode(row).unwrap()).unwrap()
}

/// A signer, always the same.
fn signer() -> ActorId {
    "officer/00000000-0000-8000-8000-000000000001"
        .parse()
        .unwrap()
}

/// The contracts of the demonstration, as signed.
fn hires() -> impl Iterator<Item = contract::Hired> {
    let events = Office::of_2020().events.into_iter();
    events.filter_map(|recorded| match recorded.event {
        Event::Operator(operator::Event::Contract(contract::Event::Hired(hired))) => Some(hired),
        _ => None,
    })
}

fn submitted(
    hired: &contract::Hired,
    month: u32,
    points: [u8; 7],
    revision: u32,
) -> appraisal::Event {
    let indicators = hired.appraisal.indicators();
    let scores: Scores = indicators.into_iter().zip(points).collect();
    let first = NaiveDate::from_ymd_opt(hired.fiscal_year, month, 1).unwrap();
    let corrected = appraisal::Corrected {
        contract_id: hired.contract_id,
        month: Month::of(first),
        revision,
        total: scores.total(),
        scores,
        category: Category::Good,
        signed_on: first + chrono::Days::new(40),
        late: revision.is_multiple_of(2),
        personal: Personal::Erased,
    };
    corrected.into()
}

fn waived(hired: &contract::Hired, month: u32) -> appraisal::Event {
    let first = NaiveDate::from_ymd_opt(hired.fiscal_year, month, 1).unwrap();
    let waived = appraisal::Waived {
        contract_id: hired.contract_id,
        month: Month::of(first),
        personal: Personal::Erased,
    };
    waived.into()
}

proptest! {
    /// Goal: a row holds the months that the rules hold, in any order of events.
    /// Method: both take in the same events, and the row is stored after each.
    #[test]
    fn months_are_those_of_the_rules(
        events in proptest::collection::vec((1..=12_u32, any::<Option<[u8; 7]>>(), any::<u32>()), 0..30),
    ) {
        let hired = hires().next().unwrap();
        let mut row = EvaluatedContract::new(&hired);
        let mut rules = AppraisalState::default();
        for (month, points, revision) in events {
            let event = match points {
                Some(points) => submitted(&hired, month, points, revision),
                None => waived(&hired, month),
            };
            prop_assert!(row.change_month(&event, signer()));
            rules.evolve(&event);
            row = stored(&row);
        }
        let wanted: Vec<_> = rules.months_of(hired.contract_id).collect();
        let held: Vec<_> = row.months().collect();
        prop_assert_eq!(held.iter().map(|(month, held)| (*month, held)).collect::<Vec<_>>(), wanted);
    }

    /// Goal: bytes that are cut off or altered are refused or read as some row, without a panic.
    #[test]
    fn altered_bytes_never_panic(at: proptest::sample::Index, byte: u8, cut in any::<bool>()) {
        let hired = hires().next().unwrap();
        let mut row = EvaluatedContract::new(&hired);
        for month in 10..=12 {
            prop_assert!(row.change_month(&submitted(&hired, month, [4; 7], 1), signer()));
        }
        let mut bytes = Postcard::encode(&EvaluatedContracts(vec![row])).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if cut {
            bytes.truncate(at);
        }
        let read: Option<EvaluatedContracts> = Postcard::decode(&bytes);
        prop_assert!(!cut || read.is_none());
        for contract in read.iter().flat_map(|EvaluatedContracts(contracts)| contracts) {
            let _ = (contract.months().count(), contract.outcome());
        }
    }
}

#[test]
fn indicators_of_another_contract_are_refused() {
    let hired = hires().next().unwrap();
    let mut row = EvaluatedContract::new(&hired);
    let appraisal::Event::Corrected(mut corrected) = submitted(&hired, 10, [4; 7], 1) else {
        panic!("a correction");
    };
    corrected.scores = [("attendance", 4)].into_iter().collect();
    assert!(!row.change_month(&corrected.into(), signer()));
}

/// Goal: a row says the same of a contract as the rules. Method: the contracts of the demonstration, after
/// every event, and then warned, terminated and voided.
#[test]
fn contracts_are_those_of_the_rules() {
    let mut rules = contract::ContractsState::default();
    let mut rows = BTreeMap::<ContractId, EvaluatedContract>::new();
    let mut check = |event: &contract::Event| {
        crate::person::evolve_contracts(&mut rules, event);
        let row = match event {
            contract::Event::Hired(hired) => EvaluatedContract::new(hired),
            other => {
                let mut row = rows.remove(&event.contract_id()).unwrap();
                row.change(other);
                row
            }
        };
        let (row, contract) = (stored(&row), &rules.all.get(&event.contract_id()).unwrap());
        assert_eq!(row.package_id, contract.terms.package_id);
        assert_eq!(row.fiscal_year, contract.terms.fiscal_year);
        assert_eq!(row.is_voided, !contract.stands());
        assert!(row.is_voided || row.period == contract.period());
        assert_eq!(row.appraisal, contract.terms.appraisal);
        assert_eq!(row.warnings as usize, contract.warnings.len());
        rows.insert(row.contract_id, row);
    };
    let mut hired = BTreeMap::new();
    for recorded in Office::of_2020().events {
        if let Event::Operator(operator::Event::Contract(event)) = &recorded.event {
            check(event);
            if let contract::Event::Hired(signed) = event {
                hired.insert(signed.contract_id, (signed.start, signed.end));
            }
        }
    }
    assert!(hired.len() > 1);
    for (contract_id, (on, until)) in hired {
        let personal = Personal::Erased;
        let warned = contract::Warned {
            contract_id,
            level: 1,
            on,
            until,
            personal: personal.clone(),
        };
        let terminated = contract::Terminated {
            contract_id,
            on,
            cause: contract::TerminationCause::Other,
            earned: Rupiah::ZERO,
            personal: personal.clone(),
        };
        let voided = contract::Voided {
            contract_id,
            personal,
        };
        check(&warned.into());
        check(&terminated.into());
        check(&voided.into());
    }
}

/// Goal: a row says the same of evaluations and sums as the rules. Method: the demonstration, event by event.
#[test]
fn evaluations_and_sums_are_those_of_the_rules() {
    let mut people = HashMap::<
        _,
        (
            BTreeMap<ContractId, EvaluatedContract>,
            operator::OperatorState,
        ),
    >::new();
    let (mut proposed, mut finals) = (0, 0);
    for recorded in Office::of_2020().events {
        let Event::Operator(event) = &recorded.event else {
            continue;
        };
        let (rows, rules) = people.entry(recorded.envelope.stream.clone()).or_default();
        rules.apply(event);
        if let operator::Event::Appraisal(event) = event {
            assert!(
                rows.get_mut(&event.of().0)
                    .unwrap()
                    .change_month(event, signer())
            );
        } else if let operator::Event::Evaluation(event) = event {
            let row = rows.get_mut(&event.contract_id()).unwrap();
            row.change_evaluation(|evaluations| evaluations.evolve(event));
        } else if let operator::Event::Contract(contract::Event::Hired(hired)) = event {
            rows.insert(hired.contract_id, EvaluatedContract::new(hired));
        } else if let operator::Event::Contract(event) = event {
            rows.get_mut(&event.contract_id()).unwrap().change(event);
        }
        for (id, contract) in rules.contracts.all.iter() {
            let row = stored(&rows[id]);
            let mut wanted = rules.evaluations.get(*id);
            let tally = rules.appraisals.tally(*id, contract.period());
            match &mut wanted.stage {
                EvaluationStage::Provisional => {
                    let outcome = row.outcome();
                    assert_eq!(
                        (outcome.months, outcome.expected, outcome.total),
                        (tally.assessed, tally.expected, tally.total)
                    );
                }
                EvaluationStage::Proposed(proposal) => {
                    // A note is personal and is not stored.
                    proposal.note = None;
                    proposed += 1;
                }
                EvaluationStage::Final(_) => finals += 1,
            }
            assert_eq!(row.evaluation, wanted);
        }
    }
    assert!(proposed > 0 && finals > 0);
}
