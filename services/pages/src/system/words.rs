//! The words about changes of accounts, and about what is wrong with a new one.

use jejak_bus::SubjectFault;

use crate::{
    account::{AccountChange, AccountProblem},
    frame::Frame,
};

/// The title of a change, and what it does.
pub(super) fn of_change(f: &Frame, change: &AccountChange) -> (&'static str, &'static str) {
    match change {
        AccountChange::Reset { .. } => (
            f.t("Atur ulang sandi", "Reset the password"),
            f.t(
                "Sandi dan semua sesi akun ini berakhir. Anda mendapat tautan sekali pakai untuk pemiliknya. Akun yang dinonaktifkan dapat masuk lagi.",
                "The password and all sessions of this account end. You get a one-time link for its owner. A disabled account may sign in again.",
            ),
        ),
        AccountChange::Disable { .. } => (
            f.t("Nonaktifkan akun", "Disable the account"),
            f.t(
                "Semua sesi berakhir dan tidak ada yang dapat masuk. Token API orang ini berakhir dengan perintah jejak token revoke.",
                "All sessions end and nobody may sign in. API tokens of this person end by the command jejak token revoke.",
            ),
        ),
        AccountChange::EndSessions { .. } => (
            f.t("Akhiri sesi", "End the sessions"),
            f.t(
                "Semua sesi akun ini berakhir. Pemiliknya dapat masuk lagi dengan sandinya.",
                "All sessions of this account end. Its owner may sign in again with the password.",
            ),
        ),
        AccountChange::Add(_) | AccountChange::EndAllSessions => ("", ""),
    }
}

/// The field that a problem of a new account is about, and its words.
pub(super) fn of_problem(
    f: &Frame,
    problem: &AccountProblem,
) -> Option<(&'static str, &'static str)> {
    Some(match problem {
        AccountProblem::Taken => (
            "login",
            f.t(
                "Sudah ada akun dengan nama ini. Atur ulang sandinya bila perlu.",
                "There is an account of this name. Reset its password if need be.",
            ),
        ),
        AccountProblem::NoSubject => ("subject", f.t("Wajib diisi.", "It must be filled in.")),
        AccountProblem::Subject(SubjectFault::NoNip) => (
            "subject",
            f.t(
                "Untuk pejabat harus NIP 18 angka.",
                "Of an officer it is a NIP of 18 digits.",
            ),
        ),
        AccountProblem::Subject(SubjectFault::NoOperatorId) => (
            "subject",
            f.t(
                "Untuk penyedia harus nomor penyedia: bagian terakhir alamat halamannya.",
                "Of an operator it is the operator id: the last part of the address of his page.",
            ),
        ),
        AccountProblem::Subject(SubjectFault::Nik) => (
            "subject",
            f.t(
                "16 angka ialah NIK. NIK tidak boleh menjadi nama akun.",
                "16 digits are a NIK. A NIK must not be the subject.",
            ),
        ),
        AccountProblem::Subject(SubjectFault::NoText) => (
            "subject",
            f.t(
                "Harus satu baris huruf yang terlihat, tanpa spasi di tepi, paling banyak 256 huruf.",
                "It must be one line of visible characters, without spaces around it, of 256 bytes at most.",
            ),
        ),
        AccountProblem::Login => (
            "login",
            f.t(
                "Harus satu baris huruf yang terlihat, dan tidak boleh NIK.",
                "It must be one line of visible characters, and no NIK.",
            ),
        ),
        AccountProblem::NoRole => (
            "role",
            f.t(
                "Pilih paling sedikit satu peran.",
                "Choose at least one role.",
            ),
        ),
        AccountProblem::Name => (
            "name",
            f.t(
                "Nama ini tidak dapat dicatat. Periksa panjang dan hurufnya.",
                "This name cannot be kept. Check its length and its characters.",
            ),
        ),
        AccountProblem::Forbidden
        | AccountProblem::Unknown
        | AccountProblem::Own
        | AccountProblem::Away => return None,
    })
}
