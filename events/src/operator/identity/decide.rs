//! Decisions on who a person is: registering, correcting and erasing (rules 39 and 44).

use chrono::NaiveDate;

use super::{
    Correct, CorrectNik, Corrected, Education, Erase, Erased, Erasure, Event, NikCorrected,
    ParticularsCorrection, Profile, Register, Registered, Registration,
};
use crate::{
    Rejection,
    decision::{CommandBody, DecisionContext, GivenBy, Reads},
    ids::{NikDigest, OperatorId},
    nik::{NikState, claim},
    operator::{self, OperatorDecision, OperatorState, Sources},
    personal::Personal,
    secret::TenantKey,
};

impl CommandBody for Register {
    const NAME: &'static str = "register-operator";
    const GIVEN_BY: GivenBy = GivenBy::Officers;
    const MOVES_SLOT: bool = false;
    type OwnState = NikState;

    fn stream_id(&self, tenant: &TenantKey) -> NikDigest {
        tenant.nik_digest(&self.nik)
    }

    fn reads(&self, _: &NikState, tenant: &TenantKey) -> Reads {
        Reads::niks(tenant, [&self.nik])
    }

    /// One person at a time holds a NIK (rules 39 and 44). Whoever is registered after a release is a new person.
    fn decide(
        &self,
        _: &NikState,
        context: &DecisionContext<'_>,
        sources: &Sources<'_>,
    ) -> Result<Registration, Rejection> {
        let first = context.tenant.nik_digest(&self.nik);
        let current = sources.nik(&first);
        if let Some(operator_id) = current.holder {
            return Err(Rejection::OperatorAlreadyRegistered { operator_id });
        }
        let profile = Profile::from(self.clone());
        plausible(&profile, context.today)?;
        let operator_id = match current.digest == first {
            true => context.tenant.operator_id(&self.nik),
            false => context.tenant.later_operator_id(&current.digest),
        };
        Ok(Registration {
            operator_id,
            registered: operator::Event::from(Event::from(Registered {
                personal: Personal::Open(profile),
            })),
            claim: claim::Taken { operator_id }.into(),
        })
    }
}

impl CommandBody for Correct {
    const NAME: &'static str = "correct-operator";
    const GIVEN_BY: GivenBy = GivenBy::Officers;
    const MOVES_SLOT: bool = false;
    type OwnState = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, state: &OperatorState, _: &TenantKey) -> Reads {
        Reads {
            officers_of: state.packages(),
            ..Reads::nothing()
        }
    }

    /// Changes particulars, never the NIK ([`CorrectNik`] does).
    fn decide(
        &self,
        state: &OperatorState,
        context: &DecisionContext<'_>,
        _: &Sources<'_>,
    ) -> Result<OperatorDecision, Rejection> {
        let was = state.profile(self.operator_id)?;
        let Correct { reason, .. } = self;
        let proven = self.nik_mismatch_evidence.is_some();
        let command = self.clone();
        let told = |told: Option<String>, was: &str| told.unwrap_or_else(|| was.to_owned());
        let optional = |told: Option<String>, was: &Option<String>| told.or_else(|| was.clone());
        let profile = Profile {
            nik: was.nik.clone(),
            full_name: told(command.full_name.map(String::from), &was.full_name),
            birth_date: command.birth_date.unwrap_or(was.birth_date),
            sex: command.sex.unwrap_or(was.sex),
            birth_place: optional(command.birth_place.map(String::from), &was.birth_place),
            address: optional(command.address.map(String::from), &was.address),
            domicile_code: told(command.domicile_code.map(String::from), &was.domicile_code),
            citizenship: told(command.citizenship.map(String::from), &was.citizenship),
            education: command
                .education
                .map_or_else(|| was.education.clone(), Education::from),
            phone: optional(command.phone.map(String::from), &was.phone),
            email: optional(command.email.map(String::from), &was.email),
            npwp: optional(command.npwp.map(String::from), &was.npwp),
            nik_mismatch_evidence: optional(
                command.nik_mismatch_evidence.map(String::from),
                &was.nik_mismatch_evidence,
            ),
        };
        if profile == *was {
            return Ok(OperatorDecision::default());
        }
        plausible(&profile, context.today)?;
        // Evidence covers the fields it was given for: other fields that disagree need their own.
        let fields = profile.nik_disagrees();
        if !fields.is_empty() && fields != was.nik_disagrees() && !proven {
            return Err(Rejection::OperatorNikMismatch { fields });
        }
        Ok(OperatorDecision::event(Event::from(Corrected {
            personal: Personal::Open(ParticularsCorrection {
                profile,
                reason: reason.to_string(),
            }),
        })))
    }
}

impl CommandBody for CorrectNik {
    const NAME: &'static str = "correct-nik";
    const GIVEN_BY: GivenBy = GivenBy::Officers;
    const MOVES_SLOT: bool = false;
    type OwnState = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, state: &OperatorState, tenant: &TenantKey) -> Reads {
        Reads {
            officers_of: state.packages(),
            ..Reads::niks(tenant, state.nik().into_iter().chain([&self.nik]))
        }
    }

    /// Releases the NIK of before and takes the right one, which nobody may hold (rule 44).
    fn decide(
        &self,
        state: &OperatorState,
        context: &DecisionContext<'_>,
        sources: &Sources<'_>,
    ) -> Result<OperatorDecision, Rejection> {
        let operator_id = self.operator_id;
        let was = state.profile(operator_id)?;
        if was.nik == self.nik {
            return Ok(OperatorDecision::default());
        }
        let evidence = self.nik_mismatch_evidence.clone();
        let profile = Profile {
            nik: self.nik.clone(),
            nik_mismatch_evidence: evidence.map(String::from),
            ..was.clone()
        };
        plausible(&profile, context.today)?;
        let right = sources.nik(&context.tenant.nik_digest(&self.nik));
        if let Some(operator_id) = right.holder {
            return Err(Rejection::OperatorAlreadyRegistered { operator_id });
        }
        let mut claims = released(operator_id, state, context.tenant, sources);
        claims.push((right.digest, claim::Taken { operator_id }.into()));
        Ok(OperatorDecision {
            claims,
            ..OperatorDecision::event(Event::from(NikCorrected {
                personal: Personal::Open(ParticularsCorrection {
                    profile,
                    reason: self.reason.to_string(),
                }),
            }))
        })
    }
}

impl CommandBody for Erase {
    const NAME: &'static str = "erase-operator";
    const GIVEN_BY: GivenBy = GivenBy::Administration;
    const MOVES_SLOT: bool = false;
    type OwnState = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, state: &OperatorState, tenant: &TenantKey) -> Reads {
        Reads::niks(tenant, state.nik())
    }

    /// Erases a person without a running contract, and releases the NIK (rule 44).
    fn decide(
        &self,
        state: &OperatorState,
        context: &DecisionContext<'_>,
        sources: &Sources<'_>,
    ) -> Result<OperatorDecision, Rejection> {
        match state.profile(self.operator_id) {
            Err(Rejection::OperatorErased { .. }) => return Ok(OperatorDecision::default()),
            other => other?,
        };
        if let Some((contract_id, contract)) = state
            .contracts
            .standing()
            .find(|(_, c)| c.period().end >= context.today)
        {
            return Err(Rejection::OperatorEngaged {
                contract_id,
                end: contract.period().end,
            });
        }
        let erasure = Erasure {
            reason: self.reason.to_string(),
            legal_basis: self.legal_basis.to_string(),
        };
        Ok(OperatorDecision {
            claims: released(self.operator_id, state, context.tenant, sources),
            ..OperatorDecision::event(Event::from(Erased {
                personal: Personal::Open(erasure),
            }))
        })
    }
}

/// The release of the NIK that a person holds; none for an erased person.
fn released(
    operator_id: OperatorId,
    state: &OperatorState,
    tenant: &TenantKey,
    sources: &Sources<'_>,
) -> Vec<(NikDigest, claim::Event)> {
    let held = state.nik().map(|nik| sources.nik(&tenant.nik_digest(nik)));
    let held = held.filter(|current| current.holder == Some(operator_id));
    held.map(|current| (current.digest, claim::Released { operator_id }.into()))
        .into_iter()
        .collect()
}

fn plausible(profile: &Profile, today: NaiveDate) -> Result<(), Rejection> {
    if profile.birth_date.day() > today {
        return Err(Rejection::OperatorBirthDateInFuture { today });
    }
    let fields = profile.nik_disagrees();
    if !fields.is_empty() && profile.nik_mismatch_evidence.is_none() {
        return Err(Rejection::OperatorNikMismatch { fields });
    }
    Ok(())
}
