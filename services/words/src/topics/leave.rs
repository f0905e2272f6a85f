//! The words of leave and absences.

use chrono::NaiveDate;
use jejak_events::{
    ids::LeaveId,
    operator::leave::{Absent, Cancelled, Event, LeaveKind, Recorded},
};

use super::context::EventContext;
use crate::{
    Language,
    changes::Field,
    language::say,
    pages::{ErrorPage, page},
    problem_text::{ProblemText, problem},
};

/// The pages of this topic's refusals.
pub(super) const PAGES: &[ErrorPage] = &[
    page!("leave.unknown"),
    page!("leave.already_exists"),
    page!("leave.outside_contract"),
    page!("leave.period_invalid"),
    page!("leave.overlaps"),
    page!("leave.no_working_days"),
    page!("leave.balance_exceeded"),
    page!("leave.not_applicable"),
    page!("leave.too_long"),
    page!("leave.outside_leave"),
    page!("leave.absence_exists"),
];

/// The fields of commands on leave.
pub(crate) const FIELDS: &[Field] = &[
    Field::new("leave_id", "nomor cuti", "leave id"),
    Field::new(
        "evidence_sha256",
        "sidik digital bukti",
        "digest of the evidence",
    ),
];

/// A kind of leave, as a sentence begins with it.
pub(crate) fn kind(kind: LeaveKind, language: Language) -> &'static str {
    match kind {
        LeaveKind::Annual => language.pick("Cuti tahunan", "Annual leave"),
        LeaveKind::Special => language.pick("Cuti alasan tertentu", "Special leave"),
        LeaveKind::Maternity => language.pick("Cuti persalinan", "Maternity leave"),
        LeaveKind::WorkAccident => language.pick("Cuti kecelakaan kerja", "Work-accident leave"),
    }
}

pub(super) fn sentence(context: &EventContext<'_>, event: &Event, language: Language) -> String {
    match event {
        Event::Recorded(recorded) => {
            let Recorded { from, to, .. } = recorded;
            let (leave, days) = (kind(recorded.kind, language), language.days(from, to));
            say!(
                language,
                "{leave} dicatat: {days}.",
                "{leave} was recorded: {days}."
            )
        }
        Event::Cancelled(cancelled) => cancellation(context, cancelled, language),
        Event::Absent(Absent { on, .. }) => {
            let on = language.day(on);
            say!(
                language,
                "Tidak hadir tanpa cuti pada {on}.",
                "Absent without leave on {on}."
            )
        }
    }
}

fn cancellation(context: &EventContext<'_>, cancelled: &Cancelled, language: Language) -> String {
    let Cancelled { leave_id, from, .. } = cancelled;
    let Some(entry) = context.person.leave.entries.get(leave_id) else {
        return say!(
            language,
            "Cuti {leave_id} dibatalkan.",
            "Leave {leave_id} was cancelled."
        );
    };
    let (leave, days) = (kind(entry.kind, language), language.period(&entry.granted));
    if *from <= entry.granted.start {
        return say!(
            language,
            "{leave} {days} dibatalkan seluruhnya.",
            "{leave} of {days} was cancelled, all of it."
        );
    }
    let from = language.day(from);
    say!(
        language,
        "{leave} {days} dibatalkan mulai {from}.",
        "{leave} of {days} was cancelled from {from} on."
    )
}

pub(super) fn unknown(language: Language, leave_id: &LeaveId) -> ProblemText {
    problem!(language {
        title: "Cuti tidak ditemukan" | "No such leave",
        happened: "Tidak ada cuti {leave_id} yang masih dapat dibatalkan."
            | "There is no leave {leave_id} with days left to cancel.",
        next_step: "Periksa nomor cutinya." | "Check the id.",
    })
}

pub(super) fn already_exists(language: Language, leave_id: &LeaveId) -> ProblemText {
    problem!(language {
        title: "Cuti sudah ada" | "Leave exists",
        happened: "Nomor cuti {leave_id} sudah digunakan." | "The id {leave_id} is taken.",
        next_step: "Gunakan nomor lain atau kosongkan." | "Use another one or leave it out.",
    })
}

pub(super) fn outside_contract(
    language: Language,
    from: &NaiveDate,
    to: &NaiveDate,
) -> ProblemText {
    let days = language.days(from, to);
    problem!(language {
        title: "Cuti di luar kontrak" | "Leave outside a contract",
        happened: "{days} tidak seluruhnya dalam satu kontrak yang berlaku; kontrak yang dibatalkan tidak dihitung."
            | "{days} is not all within one standing contract; voided ones do not count.",
        next_step: "Sesuaikan tanggal cuti." | "Adjust the days.",
    })
}

pub(super) fn period_invalid(language: Language, from: &NaiveDate, to: &NaiveDate) -> ProblemText {
    let (from, to) = (language.day(from), language.day(to));
    problem!(language {
        title: "Tanggal cuti tidak sah" | "Invalid leave period",
        happened: "Tanggal akhir tidak boleh sebelum tanggal mulai: cuti mulai {from} dan berakhir {to}."
            | "It begins on {from} and ends on {to}.",
        next_step: "Perbaiki tanggalnya." | "Correct the dates.",
    })
}

pub(super) fn overlaps(
    language: Language,
    leave_id: &LeaveId,
    from: &NaiveDate,
    to: &NaiveDate,
) -> ProblemText {
    let days = language.days(from, to);
    problem!(language {
        title: "Cuti bertumpang tindih" | "Leave overlaps",
        happened: "Sudah ada cuti {leave_id} pada {days}." | "Leave {leave_id} covers {days}.",
        next_step: "Batalkan cuti itu atau pilih tanggal lain." | "Cancel it or choose other days.",
    })
}

pub(super) fn no_working_days(language: Language, from: &NaiveDate, to: &NaiveDate) -> ProblemText {
    let days = language.days(from, to);
    problem!(language {
        title: "Tidak ada hari kerja" | "No working days",
        happened: "Tidak ada hari kerja pada {days}, sehingga tidak ada yang perlu dicatat."
            | "There is no working day in {days}, so there is nothing to record.",
        next_step: "Pilih tanggal lain bila ini keliru."
            | "Choose other days if this is a mistake.",
    })
}

pub(super) fn balance_exceeded(
    language: Language,
    of: LeaveKind,
    year: i32,
    remaining: i32,
    requested: u32,
) -> ProblemText {
    let leave = kind(of, language);
    problem!(language {
        title: "Sisa cuti tidak mencukupi" | "Leave balance exceeded",
        happened: "{leave}: pada tahun {year} masih dapat diambil {remaining} hari, sedangkan yang diminta {requested} hari."
            | "{leave}: {remaining} days can still be taken in {year}, {requested} were asked for.",
        next_step: "Kurangi jumlah harinya; hari sakit yang melebihi sisa itu dapat dicatat sebagai ketidakhadiran."
            | "Ask for fewer; a sick day past them can be recorded as an absence.",
    })
}

pub(super) fn not_applicable(language: Language) -> ProblemText {
    problem!(language {
        title: "Jenis cuti tidak berlaku" | "Leave not applicable",
        happened: "Cuti persalinan hanya diberikan kepada perempuan."
            | "Maternity leave is for women only.",
        next_step: "Pilih jenis cuti lain." | "Choose another kind.",
    })
}

pub(super) fn too_long(language: Language, latest: &NaiveDate, months: u8) -> ProblemText {
    let latest = language.day(latest);
    problem!(language {
        title: "Cuti terlalu lama" | "Leave too long",
        happened: "Cuti paling lama {months} bulan untuk satu kejadian, yaitu sampai {latest}."
            | "At most {months} months a case, until {latest}.",
        next_step: "Perpendek cutinya." | "Shorten it.",
    })
}

pub(super) fn outside_leave(
    language: Language,
    leave_id: &LeaveId,
    from: &NaiveDate,
    to: &NaiveDate,
) -> ProblemText {
    let days = language.days(from, to);
    problem!(language {
        title: "Tanggal di luar cuti" | "Day outside the leave",
        happened: "Cuti {leave_id} berlangsung pada {days}." | "Leave {leave_id} covers {days}.",
        next_step: "Pilih salah satu hari cuti itu." | "Choose a day of it.",
    })
}

pub(super) fn absence_exists(language: Language, on: &NaiveDate) -> ProblemText {
    let on = language.day(on);
    problem!(language {
        title: "Ketidakhadiran sudah tercatat" | "Absence exists",
        happened: "Ketidakhadiran pada {on} sudah tercatat; hari itu tidak dapat dicatat lagi, termasuk sebagai cuti."
            | "An absence on {on} is recorded already; the day cannot be recorded again, nor as leave.",
        next_step: "Periksa tanggalnya, atau catat hari lainnya saja."
            | "Check the day, or record the other days only.",
    })
}
