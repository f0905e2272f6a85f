//! A year of a made office, through HTTP, to numbers worked out by hand.
//!
//! Goal: the rules agree over a whole year, not only one by one. Method: the tables and steps in
//! `src/year` are sent as commands; the answers are compared with this comment. Nothing in it is
//! copied from an answer.
//!
//! **Working days of 2023.** 1 January is a Sunday. Mondays to Fridays from January on: 22 20 23 20
//! 23 22 21 23 21 22 22 21. Off on such days: 23 January; 21, 24, 25 April (the 22nd is a
//! Saturday); 1, 18 May; 1, 2, 28, 29, 30 June; 17 August; 28 September; 25 December. The 26th was,
//! until it was revoked. So 21 20 23 17 21 17 21 22 20 22 22 20.
//!
//! **Money of `2023-tik`.** A month is 2,601,875 + 110,000 + 38,125 = 2,750,000; a year 33,000,000.
//! Six times that is the ceiling of 198,000,000 exactly. Then:
//! - Indra's contract is void: 5 x 33,000,000 = 165,000,000. Hana, February to June: + 13,750,000.
//! - Eko's ends on 16 May: January to April are 11,000,000. May has 21 working days, 1 to 16 May
//!   has 11 (12 weekdays less the 1st). By lines: 2,601,875 x 11/21 = 1,362,886.9, 110,000 x 11/21
//!   = 57,619.05, 38,125 x 11/21 = 19,970.2; 1,362,887 + 57,619 + 19,970 = 1,440,476. Earned
//!   12,440,476.
//! - 132,000,000 + 12,440,476 + 13,750,000 = 158,190,476: a ceiling of 158,000,000 is below that,
//!   one of 178,000,000 isn't. Fitri, June to December: + 19,250,000 = 177,440,476, and 559,524 are
//!   free.
//! - 100,000 a month more for Adi are 34,200,000 beside 144,440,476 of the others: 640,476 too
//!   much.
//!
//! **Money of `2023-arsip`.** A month is 2,350,250.50, rounded 2,350,251, + 100,000 + 35,249.49,
//! rounded 35,249, = 2,485,500. Gilang, Indra, Kartika, ten months: 24,855,000 each, 74,565,000.
//! Joko, amended to eight: 19,884,000. Hana, six: 14,913,000. Lukman, from 17 April, as agreed:
//! 20,907,441. Together 130,269,441 of 140,000,000; 9,730,559 are free.
//!
//! **Leave** (joint leave is charged in `2023-arsip`, not in `2023-tik`; 12 days, Fitri 6):
//! - Adi: 17 to 28 April is 10 weekdays less 3 = 7; sick 14 to 18 August, 5 less the 17th = 4; 1
//!   left, 2 asked and refused; 10 October 1. Annual 8, special 4, 0 left. 9 October missed.
//! - Bela: maternity 13 February to 12 May, three months to the day; 20 to 22 December, 3. 9 left.
//! - Candra: 26 to 30 June 26, 27, 30 until the 30th becomes joint leave, then 2; 25 to 29
//!   September, from the 27th sick: 25, 26 annual, 27, 29 special. Annual 4, special 2, 6 left.
//! - Dewi: 22 to 27 December 22, 27; with the 26th revoked 3. 9 left.
//! - Eko: 6 to 10 February 5; the leave after his last day is taken back. 7 left.
//! - Fitri: 21 to 25 August 5; 26, 27 December 1, with the 26th revoked 2: 7 of 6, overdrawn by 1.
//! - Gilang: 20 to 25 April 20, 21, 24, 25 = 4. 8 left.
//! - Hana: 13 to 17 March 5; under the second contract 7 left, 8 asked and refused; 4 to 12
//!   September 7.
//! - Indra: sick 6 to 8 November 3. 9 left. Joko: work accident 8 May to 7 July; the leave after
//!   his new last day is taken back; 2 August missed. 12 left. Kartika: 1 to 5 June 2, 5 (the 2nd
//!   is joint leave) = 2. 10 left. Lukman: none.
//!
//! **Evaluations** (good from 18 a month):
//! - Fitri 5 x 28 + 2 x 27 = 194 of 7, 27.714. Kartika 270 of 10, proposed only. Adi 8 x 26 + 2 x
//!   25 + 2 x 27 = 312 of 12, 26. Bela 24 + 22 + 23 + 24 + 24 + 25 + 4 x 24 = 238 of 10 (two
//!   waived), 23.8. Hana 138 of 6, 23, and before that 110 of 5, 22. Indra 5 x 41 = 205 of 10,
//!   20.5. At 20: Gilang 200 of 10, Joko 140 of 7 (one waived), Eko 100 of 5.
//! - Candra 6 x 35 = 210 of 12: 17.5, poor. Lukman 16 + 17 + 18 + 17 + 16 + 17 + 18 + 17 + 16 = 152
//!   of 9: 16.888, and 162 were needed: poor.
//! - Dewi 11 x 18 + 17 = 215 of 12, 17.9166, where 216 are needed: poor. Corrected to 216: 18,
//!   good.

use jejak_stories::year::{
    answers, contracts, leave, office::YearOffice, opening, selection, signing,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_year_of_a_made_office() {
    let mut office = YearOffice::open().await;
    opening::open(&mut office).await;
    contracts::hire(&mut office).await;
    leave::take(&mut office).await;
    contracts::change(&mut office).await;
    leave::decree(&mut office).await;
    signing::appraise(&mut office).await;
    signing::evaluate(&mut office).await;
    selection::next_year(&mut office).await;
    answers::packages(&office).await;
    answers::contracts(&office).await;
    answers::leave(&office).await;
    answers::evaluations(&office).await;
    answers::candidates(&office).await;
}
