//! Goal: the copy of the whole folder put back in its place is found by whoever holds a newer checkpoint.
//! An honest office is cosigned, and is not disturbed by a witness that is away. Method: `jejak up`, a
//! `jejak witness` and a folder of checkpoints beside it.

use std::fs;

use jejak_rig::office::Office;
use jejak_stories::{
    audited::{audit, fails, red, signed, size_of, verify},
    witnessed::{RunningWitness, copy, declare, has, start_unready, witness},
};

/// The events of the demonstration.
const LAST: u64 = 57;
const KEY: &str = "data/keys/log.vkey";
const NAME: &str = "witness.example/kota";

/// An office with the demonstration that sends its checkpoints to a folder and to a witness.
async fn witnessed() -> (Office, RunningWitness) {
    let mut office = Office::up(true).await;
    signed(&office.http, LAST).await;
    office.terminate();
    fs::create_dir(office.dir().join("share")).unwrap();
    let witness = RunningWitness::start(&office, &[KEY]);
    office.start_up_with(&refs(&flags(&witness)));
    for name in [NAME, "folder"] {
        has(&office.http, name, LAST).await;
    }
    (office, witness)
}

fn flags(witness: &RunningWitness) -> Vec<String> {
    let mut flags = witness.flags();
    flags.extend(["--witness-dir", "share"].map(str::to_owned));
    flags
}

fn refs(flags: &[String]) -> Vec<&str> {
    flags.iter().map(String::as_str).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkpoint_is_cosigned_and_the_cosignature_is_verified() {
    let (office, mut witness) = witnessed().await;
    let last = declare(&office, "2021-01-01").await;
    has(&office.http, NAME, last).await;
    has(&office.http, "folder", last).await;
    let shown = office
        .http
        .get("/log/checkpoint")
        .await
        .text()
        .await
        .unwrap();
    assert!(shown.contains(&format!("\n— {NAME} ")), "{shown}");
    assert_eq!(size_of(&witness.newest().await), Some(last));
    let kept = fs::read_to_string(office.dir().join("share/jejak-pontianak.checkpoint")).unwrap();
    assert_eq!(size_of(&kept), Some(last));

    // Nothing elsewhere is compared: a line says so and says what to do, and it is no failure.
    let alone = verify(&office);
    let skipped = "SKIPPED growth: not compared with a checkpoint kept elsewhere";
    assert!(
        alone.contains(skipped) && alone.contains("--since"),
        "{alone}"
    );

    let given = flags(&witness);
    let asked = [&["verify"], &refs(&given)[..]].concat();
    let said = audit(&office, &asked);
    assert!(
        said.success && !said.out.contains("SKIPPED"),
        "{}",
        said.text
    );
    let line = format!("ok      witness {NAME}: asked now, it cosigned {last} entries at 20");
    assert!(said.out.contains(&line), "{}", said.text);
    assert!(
        said.out.contains("ok      since: the tree extends"),
        "{}",
        said.text
    );

    // Without its address, or while it is away, the kept cosignature counts.
    let kept = audit(&office, &["verify", "--witness", &witness.key]);
    let line = format!("ok      witness {NAME}: it cosigned {last} entries at 20");
    assert!(kept.success && kept.out.contains(&line), "{}", kept.text);
    let within = "SKIPPED growth: compared only with what lies in the same folder";
    assert!(
        kept.out.contains(within) && kept.out.contains("--witness-url"),
        "{}",
        kept.out
    );
    let since = ["verify", "--witness", &witness.key, "--since", "share"];
    let since = audit(&office, &since);
    assert!(
        since.success && !since.out.contains("SKIPPED"),
        "{}",
        since.text
    );
    witness.process.kill();
    let away = audit(&office, &asked);
    assert!(
        away.success && away.out.contains("it was not asked: it does not answer"),
        "{}",
        away.text
    );
    assert!(
        !away.out.contains("SKIPPED"),
        "the folder of checkpoints was compared: {}",
        away.out
    );
    let away = audit(
        &office,
        &[&["verify"], &refs(&witness.flags())[..]].concat(),
    );
    assert!(away.success && away.out.contains(within), "{}", away.text);

    let other = RunningWitness::start(&Office::up(false).await, &[KEY]).key;
    let unknown = [
        "FAILED  witness",
        "no checkpoint of this tree has a valid cosignature",
    ];
    fails(&office, &["verify", "--witness-key", &other], &unknown);
    fails(
        &office,
        &["verify", "--since", "witness"],
        &["no checkpoint of jejak/pontianak is there"],
    );
}

/// Goal: an older copy of the whole data folder, and another history that goes on from it, are found by
/// a witness, by the folder of checkpoints, and by `verify`. Commands go on meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_was_put_back_is_found_and_so_is_the_history_that_goes_on_from_it() {
    let (mut office, kota) = witnessed().await;
    office.terminate();
    let (data, older) = (office.data(), office.dir().join("older"));
    copy(&data, &older);
    office.start_up_with(&refs(&flags(&kota)));
    let removed = [
        declare(&office, "2021-01-01").await,
        declare(&office, "2021-01-02").await,
    ][1];
    has(&office.http, NAME, removed).await;
    has(&office.http, "folder", removed).await;
    office.terminate();
    let handed_out = office.dir().join("share/jejak-pontianak.checkpoint");
    let handed_out = fs::read(handed_out).unwrap();
    fs::remove_dir_all(&data).unwrap();
    copy(&older, &data);

    // The cosignature that came back with the folder vouches for nothing, and the output says so.
    office.start_up(false);
    let kept = audit(&office, &["verify", "--witness-key", &kota.key]);
    let within = "SKIPPED growth: compared only with what lies in the same folder";
    assert!(kept.success && kept.out.contains(within), "{}", kept.text);
    office.terminate();

    // The witness has more than the tree.
    start_unready(&mut office, &refs(&kota.flags())).await;
    let missing = format!(
        "it cosigned {removed} entries, and the tree here has {LAST}: positions 58 to {removed} are missing"
    );
    let contradicts = "auditor: a witness contradicts the signed tree: witness.example/kota: ";
    red(&office.http, &[contradicts, &missing]).await;
    assert!(
        office.processes[0]
            .1
            .log_text()
            .contains("a witness contradicts the signed tree")
    );
    let given = kota.flags();
    let asked = [&["verify"], &refs(&given)[..]].concat();
    fails(&office, &asked, &["FAILED  witness", &missing]);
    fails(
        &office,
        &["verify", "--since", "share"],
        &["FAILED  since", "are missing from it"],
    );

    // The office works on, and another history grows past the removed one.
    for day in 1..=4 {
        declare(&office, &format!("2022-02-0{day}")).await;
    }
    signed(&office.http, removed + 1).await;
    let forked = format!("it cosigned {removed} entries that the tree here does not extend");
    red(&office.http, &[contradicts, &forked]).await;
    fails(&office, &asked, &["FAILED  witness", &forked]);
    fails(
        &office,
        &["verify", "--since", "share"],
        &["FAILED  since", "was signed with other bytes"],
    );
    assert_eq!(
        size_of(&kota.newest().await),
        Some(removed),
        "it did not follow"
    );
    office.terminate();

    // The folder proves it. Nothing more is signed, and the proof stays.
    let before = fs::read_to_string(data.join("tree/checkpoint")).unwrap();
    start_unready(&mut office, &["--witness-dir", "share"]).await;
    let stopped = [
        "auditor: stopped at position",
        "share/jejak-pontianak",
        "put the newer one back",
    ];
    red(&office.http, &stopped).await;
    declare(&office, "2022-03-01").await;
    office.terminate();
    let signed = fs::read_to_string(data.join("tree/checkpoint")).unwrap();
    assert_eq!(signed, before);
    let kept = fs::read(office.dir().join("share/jejak-pontianak.checkpoint")).unwrap();
    assert_eq!(kept, handed_out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_witness_that_is_away_disturbs_nobody_and_catches_up() {
    let (mut office, mut kota) = witnessed().await;
    kota.process.kill();
    fs::rename(office.dir().join("share"), office.dir().join("unmounted")).unwrap();
    let missed = declare(&office, "2021-01-01").await;
    signed(&office.http, missed).await;
    for (name, words) in [
        (NAME, "it does not answer"),
        ("folder", "there is no folder share"),
    ] {
        let away = witness(&office.http, name, |witness| !witness["away"].is_null()).await;
        assert!(away["away"].as_str().unwrap().contains(words), "{away}");
    }
    office.http.ready().await;
    let metrics = office.http.get("/metrics").await.text().await.unwrap();
    for name in [NAME, "folder"] {
        let flag =
            |is: &str, value: u8| format!("jejak_witness_{is}{{witness=\"{name}\"}} {value}");
        for line in [flag("away", 1), flag("contradicts", 0)] {
            assert!(metrics.contains(&line), "{line} in {metrics}");
        }
    }
    // It is the same after a new start of the office, which is ready without them.
    office.terminate();
    office.start_up_with(&refs(&flags(&kota)));
    let last = declare(&office, "2021-01-02").await;
    kota.start_again(&[KEY]);
    fs::rename(office.dir().join("unmounted"), office.dir().join("share")).unwrap();
    for name in [NAME, "folder"] {
        has(&office.http, name, last).await;
    }
    assert_eq!(size_of(&kota.newest().await), Some(last));
}

/// Goal: the last events before a stop can be put back no more. Method: the office is stopped right after a
/// command, and each place has its checkpoint before the process has ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_checkpoint_is_sent_before_the_office_has_stopped() {
    let (mut office, kota) = witnessed().await;
    for date in ["2021-01-01", "2021-01-02", "2021-01-03"] {
        let last = declare(&office, date).await;
        office.terminate();
        let share = office.dir().join("share/jejak-pontianak.checkpoint");
        assert_eq!(size_of(&fs::read_to_string(share).unwrap()), Some(last));
        assert_eq!(size_of(&kota.newest().await), Some(last));
        office.start_up_with(&refs(&flags(&kota)));
    }
}

/// Goal: a witness killed at any instant remembers every checkpoint that it cosigned. Method: it is killed
/// while commands come; what the office got from it is then compared with its own memory.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_witness_keeps_its_promise() {
    let (office, mut kota) = witnessed().await;
    let id = kota.key.split('+').nth(1).unwrap().to_owned();
    let kept = office.data().join("tree/cosigned").join(id);
    for round in 1..=5 {
        for day in 1..=6 {
            declare(&office, &format!("2021-{round:02}-{day:02}")).await;
        }
        kota.process.kill();
        let answered = size_of(&fs::read_to_string(&kept).unwrap());
        kota.start_again(&[KEY]);
        let remembered = size_of(&kota.newest().await);
        assert!(
            answered >= Some(LAST) && remembered >= answered,
            "{answered:?} {remembered:?}"
        );
        let verified = audit(&office, &[&["verify"], &refs(&kota.flags())[..]].concat());
        assert!(verified.success, "{}", verified.text);
    }
}

/// Goal: after a rotation of the log's key the office goes on, and says what the witness needs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_witness_takes_the_new_key_of_a_log_by_hand() {
    let (mut office, mut kota) = witnessed().await;
    office.terminate();
    let old = fs::read_to_string(office.dir().join(KEY)).unwrap();
    let rotate = ["keys", "rotate", "log", "--data", "data"];
    let (done, _, said) = jejak_rig::process::run(office.dir(), &rotate);
    assert!(done.success(), "{said}");
    let new = fs::read_to_string(office.dir().join(KEY)).unwrap();
    kota.process.terminate();
    kota.start_again(&[old.trim()]);
    office.start_up_with(&refs(&flags(&kota)));
    let last = declare(&office, "2021-01-01").await;
    has(&office.http, "folder", last).await;
    let away = witness(&office.http, NAME, |witness| !witness["away"].is_null()).await;
    let away = away["away"].as_str().unwrap();
    assert!(
        away.contains("it answers 403") && away.contains(new.trim()),
        "{away}"
    );
    office.http.ready().await;
    kota.process.terminate();
    kota.start_again(&[old.trim(), KEY]);
    has(&office.http, NAME, last).await;
    let verified = audit(
        &office,
        &[&["verify", "--since", "share"], &refs(&kota.flags())[..]].concat(),
    );
    assert!(verified.success, "{}", verified.text);
}
