//! Each record of a message that holds no event: its signature, and the message in the log.

use jejak_events::text::visible;
use jejak_journal::QuarantineRecord;

use super::{
    check::CheckResult,
    input::{CheckedHistory, VerifyInput},
};

/// Checks every record beside the tree. One line says one record.
pub(super) async fn check(input: &VerifyInput, end: u64) -> Vec<CheckResult> {
    let name = "quarantine";
    let Some(records) = input.history.quarantine() else {
        return vec![];
    };
    let positions = match records.positions() {
        Ok(positions) => positions,
        Err(error) => return vec![CheckResult::new(name, Err(error.to_string()))],
    };
    let mut checks = Vec::new();
    for position in positions {
        let found = check_one(&input.history, position, end).await;
        let found = match found {
            Ok(record) => Ok(format!(
                "position {position} holds no event: {}; signed by {} at {}",
                visible(&record.reason),
                input.key.name(),
                record.time
            )),
            Err(fault) => Err(format!("position {position}: {fault}")),
        };
        checks.push(CheckResult::new(name, found));
    }
    checks
}

async fn check_one(
    history: &CheckedHistory,
    position: u64,
    end: u64,
) -> Result<QuarantineRecord, String> {
    let records = history.quarantine().ok_or("there are no records")?;
    let record = records
        .record(position)
        .map_err(|error| error.to_string())?;
    let record = record.ok_or("its record is gone")?;
    if position > end {
        return Err(format!("the log ends at position {end}"));
    }
    let entry = history
        .read(position)
        .await?
        .ok_or("it is missing from the log")?;
    records
        .record_of(&entry)
        .map_err(|error| error.to_string())?;
    match history.event(&entry) {
        Ok(None) => Ok(record),
        Ok(Some(_)) => Err("it holds an event, which no reader passes over".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
