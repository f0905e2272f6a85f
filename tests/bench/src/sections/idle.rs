//! The processor time of an idle office: `jejak up` with every service, and its broker beside it.

use std::time::Instant;

use jejak_rig::{office::Office, usage::cpu_time};

use crate::{
    error::BenchError,
    figure::{Bar::AtMost, Figure},
    scale::Scale,
};

pub(super) async fn run(scale: &Scale) -> Result<Vec<Figure>, BenchError> {
    let mut office = Office::up(false).await;
    let office_pid = office.process("up").pid();
    let broker_pid = office
        .broker_pid()
        .ok_or(BenchError::Spent("the office's broker"))?;
    let (mut office_share, mut broker_share) = (vec![], vec![]);
    // The first turn is not counted: connections and views settle in it.
    for turn in 0..2 {
        let (office_before, broker_before) = (cpu_time(office_pid)?, cpu_time(broker_pid)?);
        let began = Instant::now();
        tokio::time::sleep(scale.idle).await;
        let wall = began.elapsed().as_secs_f64();
        let share = |spent: std::time::Duration| spent.as_secs_f64() / wall * 100.0;
        if turn == 1 {
            office_share.push(share(cpu_time(office_pid)? - office_before));
            broker_share.push(share(cpu_time(broker_pid)? - broker_before));
        }
    }
    let figure = Figure::new("an idle office", "% of a core", &office_share, AtMost(1.0));
    Ok(vec![figure.beside("its broker", &broker_share)])
}
