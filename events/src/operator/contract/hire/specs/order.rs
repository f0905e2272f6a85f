//! The first of several rules that refuse a hire answers: one hire that breaks every rule, put
//! right one rule at a time, in the order of their numbers.

use super::*;

/// The faults of the hire and of its surroundings, put right one after the other.
struct Wrong {
    slots: u128,
    committed: &'static str,
    profile: Profile,
    engaged: bool,
    contract: Hired,
    justification: Option<String>,
    value: Option<&'static str>,
}

impl Wrong {
    fn everything() -> Self {
        let contract = contract_of(11, "2020-09-15", "2020-12-31");
        Self {
            slots: 3,
            committed: "8000000",
            profile: Profile {
                citizenship: "WNA".into(),
                ..person()
            },
            engaged: true,
            contract: Hired {
                contract_id: id(1),
                ..contract
            },
            justification: None,
            value: Some("20000000"),
        }
    }

    fn answer(&self) -> Option<String> {
        let slots = (11..11 + self.slots).map(|n| reserved(n, self.committed));
        let engaged = self
            .engaged
            .then(|| hired(contract_of(8, "2020-12-01", "2020-12-31")));
        let before = open(
            self.profile.clone(),
            slots.chain(evaluated(53)).chain(engaged),
        );
        let command = Hire {
            value: self.value.map(rupiah),
            justification: self.justification.clone().map(Into::into),
            ..command(self.contract.clone())
        };
        before
            .when(Command::HireOperator(command))
            .refusal()
            .map(|rejection| rejection.code())
    }
}

#[test]
fn rules_1_to_12_answer_in_their_order() {
    let mut wrong = Wrong::everything();
    assert_eq!(
        wrong.answer().as_deref(),
        Some("package.quota_exceeded"),
        "rule 1"
    );
    wrong.slots = 2;
    assert_eq!(
        wrong.answer().as_deref(),
        Some("package.budget_exceeded"),
        "rule 3"
    );
    wrong.committed = "1000000";
    assert_eq!(
        wrong.answer().as_deref(),
        Some("operator.not_eligible"),
        "rule 4"
    );
    wrong.profile = person();
    assert_eq!(
        wrong.answer().as_deref(),
        Some("contract.overlaps"),
        "rule 6"
    );
    wrong.engaged = false;
    assert_eq!(
        wrong.answer().as_deref(),
        Some("contract.outside_period"),
        "rule 7"
    );
    wrong.contract.start = day("2020-10-15");
    assert_eq!(
        wrong.answer().as_deref(),
        Some("contract.spk_number_taken"),
        "rule 8"
    );
    wrong.contract.personal = hire_particulars(&spk_number(1));
    assert_eq!(
        wrong.answer().as_deref(),
        Some("operator.poor_evaluation"),
        "rule 9"
    );
    wrong.justification = Some(REASON.into());
    wrong.value = None;
    assert_eq!(
        wrong.answer().as_deref(),
        Some("contract.value_required"),
        "rule 12"
    );
    wrong.value = Some("7000000");
    assert_eq!(wrong.answer(), None);
}

#[test]
fn what_does_not_exist_answers_first() {
    let unknown_package = Rejection::PackageUnknown {
        package_id: contract().package_id,
    };
    given([registered(person())])
        .when(hire(contract()))
        .then_err(unknown_package);
    let operator_id = operator_id();
    given([published(terms())])
        .when(hire(contract()))
        .then_err(Rejection::OperatorUnknown { operator_id });
    // The same command made the contract before.
    let command_id = COMMAND_ID.parse().unwrap();
    let reused = Rejection::CommandKeyReused { command_id };
    let [slot, contract_made] = made("8250000", contract());
    open(person(), [contract_made])
        .when(hire(contract()))
        .then_err(reused.clone());
    open(person(), [slot])
        .when(hire(contract()))
        .then_err(reused);
}
