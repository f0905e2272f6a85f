//! What a row of deeds holds, against what the rules hold.

use jejak_events::{Event, operator};
use proptest::prelude::*;

use super::*;
use crate::story::Office;

/// A month as the rules keep it.
type Said = (Month, Assessment);

fn month(n: u32) -> Month {
    Month::of(NaiveDate::from_ymd_opt(2020 + (n / 12).cast_signed(), n % 12 + 1, 1).unwrap())
}

fn assessment() -> impl Strategy<Value = Assessment> {
    // Of few and of many indicators, some in common.
    let scores = (0..4_usize, any::<[u8; 20]>()).prop_map(|(list, points)| {
        let names = |count: u8| (0..count).map(move |n| format!("{list}-{n:02}"));
        names([0, 1, 7, 20][list]).zip(points).collect::<Scores>()
    });
    let appraised = (scores, any::<(u32, bool, bool, u32)>(), -1_000..800_000_i32).prop_map(
        |(scores, (total, good, late, revision), signed_on)| Assessment::Appraised {
            scores,
            total,
            category: if good { Category::Good } else { Category::Poor },
            signed_on: NaiveDate::from_num_days_from_ce_opt(signed_on).unwrap(),
            late,
            revision,
            note: None,
        },
    );
    prop_oneof![appraised, Just(Assessment::Waived)]
}

proptest! {
    /// Goal: months are held as the rules hold them, whatever comes in which order. Method: both are given the
    /// same; the row is packed and unpacked after each.
    #[test]
    fn months_are_those_the_rules_hold(
        said in proptest::collection::vec((0..3_u128, 0..30_u32, assessment()), 0..40),
    ) {
        let of = |id| ContractId(Uuid::from_u128(id));
        let mut deeds = Deeds::default();
        let mut rules = std::collections::BTreeMap::<_, Vec<Said>>::new();
        for (id, at, assessment) in said {
            deeds.entry(of(id)).put(month(at), &assessment);
            let held = rules.entry(of(id)).or_default();
            held.retain(|(other, _)| *other != month(at));
            held.push((month(at), assessment));
            held.sort_by_key(|(month, _)| *month);
            deeds = packed::decode(&packed::encode(&deeds)).unwrap();
        }
        for id in (0..4).map(of) {
            let wanted = rules.remove(&id).unwrap_or_default();
            prop_assert_eq!(deeds.months(id).unwrap(), wanted);
        }
    }

    /// Goal: rows that are cut off or altered are told, or read as something, and never panic.
    #[test]
    fn other_bytes_never_panic(
        assessment in assessment(),
        at: proptest::sample::Index,
        byte: u8,
        cut in any::<bool>(),
    ) {
        let id = ContractId(Uuid::from_u128(1));
        let mut deeds = Deeds::default();
        deeds.entry(id).put(month(3), &assessment);
        let mut bytes = packed::encode(&deeds);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if cut {
            bytes.truncate(at);
        }
        if let Some(mut read) = packed::decode::<Deeds>(&bytes) {
            let _ = (read.months(id), read.summed(id));
            read.entry(id).put(month(5), &assessment);
        }
    }
}

/// Goal: no month is passed over in silence. Method: the length of a month, or of a list of indicators, is more
/// or less than it was, one at a time.
#[test]
fn a_broken_length_is_told() {
    let id = ContractId(Uuid::from_u128(1));
    let scores: Scores = (0..20).map(|n| (format!("indicator-{n:02}"), n)).collect();
    let appraised = Assessment::Appraised {
        scores,
        total: 300,
        category: Category::Good,
        signed_on: NaiveDate::from_ymd_opt(2020, 2, 3).unwrap(),
        late: false,
        revision: 1,
        note: None,
    };
    let mut deeds = Deeds::default();
    (0..3).for_each(|n| deeds.entry(id).put(month(n), &appraised));
    let whole = packed::encode(&deeds);
    assert_eq!(
        packed::decode::<Deeds>(&whole)
            .unwrap()
            .months(id)
            .unwrap()
            .len(),
        3
    );
    let OfContract { lists, months, .. } = &deeds.of[0];
    let each = months.len() / 3;
    assert!(
        usize::from(months[0]) == each - 1 && each < 100,
        "a length of one byte"
    );
    let months_at = whole.len() - months.len();
    let lists_at = whole
        .windows(lists.len())
        .position(|part| part == lists)
        .unwrap();
    for at in [lists_at, months_at, months_at + each, months_at + 2 * each] {
        for length in [whole[at] - 1, whole[at] + 1, 100] {
            let mut broken = whole.clone();
            broken[at] = length;
            assert!(
                packed::decode::<Deeds>(&broken).is_none(),
                "{length} instead of {} at {at}",
                whole[at]
            );
        }
    }
}

/// Goal: what the rules say of evaluations and sums, a row says too. Method: the demo's events, one by one.
#[test]
fn evaluations_and_sums_are_those_of_the_rules() {
    let mut people = std::collections::HashMap::<_, (Deeds, operator::OperatorState)>::new();
    let (mut proposed, mut finals) = (0, 0);
    for recorded in Office::of_2020().events {
        let Event::Operator(event) = &recorded.event else {
            continue;
        };
        let (deeds, rules) = people.entry(recorded.envelope.stream.clone()).or_default();
        rules.evolve(&recorded);
        match event {
            operator::Event::Appraisal(event) => {
                deeds.change_month(event);
                deeds.change_evaluation(event.of().0, |held| held.revisit(event));
            }
            operator::Event::Evaluation(event) => {
                assert!(deeds.change_evaluation(event.contract_id(), |held| held.evolve(event)));
            }
            operator::Event::Contract(event) => {
                deeds.change_evaluation(event.contract_id(), |held| held.reconsider(event));
            }
            operator::Event::Identity(_) | operator::Event::Leave(_) => {}
        }
        *deeds = packed::decode(&packed::encode(deeds)).unwrap();
        for (id, contract) in rules.contracts.all.iter() {
            let (mut wanted, held) = (rules.evaluations.get(*id), deeds.evaluation(*id));
            if let Stage::Proposed(proposal) = &mut wanted.stage {
                proposal.note = None;
                proposed += 1;
            }
            finals += usize::from(matches!(wanted.stage, Stage::Final(_)));
            assert_eq!(held, wanted);
            let tally = |months: &appraisal::AppraisalState| months.tally(*id, contract.period());
            assert_eq!(tally(&deeds.summed(*id).unwrap()), tally(&rules.appraisals));
        }
        assert_eq!(
            deeds.evaluations().last_final(&rules.contracts),
            rules.evaluations.last_final(&rules.contracts)
        );
    }
    assert!(proposed > 0 && finals > 0);
}
