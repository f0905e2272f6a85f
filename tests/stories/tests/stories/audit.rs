//! Goal: an honest office answers its auditors. An alteration on the way (keys, checkpoints, tiles, proofs,
//! views) is named. Method: `jejak up` with the demonstration, and its command line.

use std::fs;

use jejak_projections::VIEWS;
use jejak_rig::office::Office;
use jejak_stories::audited::{audit, fails, signed, size_of, verify};
use serde_json::json;

/// The events of the demonstration.
const LAST: u64 = 57;

fn key(office: &Office) -> String {
    fs::read_to_string(office.data().join("keys/log.vkey")).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_is_replayed_as_it_is_stored() {
    let office = Office::up(true).await;
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let stored = auditor
        .get("/v1/events?limit=10000")
        .await
        .text()
        .await
        .unwrap();
    let said = audit(&office, &["replay"]);
    assert_eq!(said.text, stored, "every byte, and nothing else");
    let lines: Vec<&str> = stored.lines().collect();
    let part = audit(&office, &["replay", "--from", "10", "--to", "12"]).out;
    assert_eq!(part.lines().collect::<Vec<_>>(), lines[9..12]);
    let hired = audit(
        &office,
        &["replay", "--type", "jejak.operator.contract.hired.v2"],
    )
    .out;
    assert_eq!(
        hired.lines().count(),
        lines
            .iter()
            .filter(|line| line.contains("contract.hired.v2"))
            .count()
    );
    let calendar = audit(&office, &["replay", "--stream", "calendar/2020"]).out;
    assert!(
        calendar.lines().count() > 1
            && calendar
                .lines()
                .all(|line| line.contains("\"calendar/2020\""))
    );
    for (arguments, named) in [
        (
            ["--stream", "calendar/2099"],
            "hold no event of that stream",
        ),
        (
            ["--type", "jejak.operator.identity.erased.v1"],
            "hold no event of that stream and type",
        ),
    ] {
        let said = audit(&office, &[&["replay"], &arguments[..]].concat());
        assert!(
            said.success && said.out.is_empty() && said.text.contains(named),
            "{arguments:?}: {}",
            said.text
        );
    }
    let said = audit(&office, &["replay", "--type", "nope"]);
    assert_eq!(said.code, Some(2), "{}", said.text);
    assert!(
        said.text
            .contains("no event has this type; choose one of jejak."),
        "{}",
        said.text
    );
    let time = |line: &str| {
        serde_json::from_str::<serde_json::Value>(line).unwrap()["time"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let until = audit(&office, &["replay", "--until", &time(lines[19])]).out;
    let known = lines
        .iter()
        .take_while(|line| time(line) <= time(lines[19]))
        .count();
    assert_eq!(until.lines().collect::<Vec<_>>(), lines[..known]);
    let csv = audit(&office, &["replay", "--format", "csv"]).out;
    assert_eq!(csv.lines().count(), lines.len() + 1);
    assert!(csv.starts_with(
        "position,id,time,type,subject,actor,command,commandid,correlationid,data\r\n1,"
    ));
    fails(
        &office,
        &["replay", "--until", "2999-01-01T00:00:00Z"],
        &["2999-01-01T00:00:00Z is in the future"],
    );
    fails(
        &office,
        &["replay", "--from", "58"],
        &["position 58 is not in the log, which ends at 57"],
    );
    fails(&office, &["replay", "--to", "58"], &["position 58"]);
    fails(
        &office,
        &["replay", "--from", "9", "--to", "3"],
        &["9", "3"],
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_honest_office_verifies_also_after_a_person_is_forgotten() {
    let office = Office::up(true).await;
    let older = signed(&office.http, LAST).await;
    fs::write(office.dir().join("older"), &older).unwrap();
    let before = audit(&office, &["verify", "--since", "older"]).text;
    assert_eq!(before.lines().count(), 6 + VIEWS.len(), "{before}");
    assert!(
        before.lines().all(|line| line.starts_with("ok ")),
        "{before}"
    );
    // A person without a contract is registered, and forgotten.
    let (admin, officer) = (
        office.http_as("admin-1", &["admin"]),
        office.http_as("197701161997031006", &["officer"]),
    );
    let person = json!({"nik": "6171011503957777", "full_name": "Contoh Satu", "birth_date": "1995-03-15", "sex": "male",
        "domicile_code": "6171", "citizenship": "WNI", "education": {"level": "D3", "major": "Teknik Informatika",
        "institution": "Politeknik", "accredited": true, "gpa": "3.10"}});
    let (status, answer) = officer.command("register-operator", "r-1", &person).await;
    assert_eq!(status, 200, "{answer}");
    let operator_id = answer["events"][0]["subject"]
        .as_str()
        .unwrap()
        .strip_prefix("operator/")
        .unwrap();
    // The claim of the NIK follows the event of the person.
    let registered = answer["position"].as_u64().unwrap();
    signed(&office.http, registered).await;
    fs::write(
        office.dir().join("registered.tlog-proof"),
        audit(&office, &["prove", &(registered - 1).to_string()]).out,
    )
    .unwrap();
    verify(&office);
    let erase =
        json!({"operator_id": operator_id, "reason": "permintaan", "legal_basis": "UU 27/2022"});
    let (status, answer) = admin.command("erase-operator", "e-1", &erase).await;
    assert_eq!(status, 200, "{answer}");
    signed(&office.http, answer["position"].as_u64().unwrap()).await;
    let after = audit(&office, &["verify", "--since", "older"]);
    assert!(
        after.success
            && after
                .text
                .contains("ok      since: the tree extends the checkpoint of 57 entries"),
        "{}",
        after.text
    );
    let proven = audit(&office, &["check", "registered.tlog-proof"]);
    assert!(
        proven.success && proven.text.contains("identity.registered.v1"),
        "{}",
        proven.text
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proofs_and_checkpoints_that_were_altered_are_refused() {
    let office = Office::up(true).await;
    let checkpoint = signed(&office.http, LAST).await;
    let write = |name: &str, text: &str| fs::write(office.dir().join(name), text).unwrap();
    let proof = audit(&office, &["prove", "20"]).out;
    write("proof", &proof);
    let key = key(&office);
    let good = audit(&office, &["check", "proof", "--key", key.trim()]);
    assert!(
        good.success && good.out.starts_with("position 20 of jejak/pontianak"),
        "{}",
        good.text
    );
    // Another key under the same name, and one of another tenant.
    let other = Office::up(false).await;
    fs::copy(
        other.data().join("keys/log.vkey"),
        office.dir().join("other.vkey"),
    )
    .unwrap();
    fails(
        &office,
        &["check", "proof", "--key", "other.vkey"],
        &["proof: the checkpoint in the proof is not signed by the key"],
    );
    fails(
        &office,
        &["check", "proof", "--key", "nonsense"],
        &["nonsense"],
    );
    fails(
        &office,
        &["verify", "--key", "other.vkey"],
        &["checkpoint", "not signed by the key jejak/pontianak+"],
    );
    fails(&office, &["check", "absent"], &["absent"]);
    for (from, to, named) in [
        ("index 19", "index 20", "not position 21 of the signed log"),
        ("index 19", "index 19000", "not position 19001"),
        ("index 19", "index x", "line 3"),
        ("extra ey", "extra ez", "not position 20"),
        ("\n57\n", "\n58\n", "does not fit the signature"),
        (
            "jejak/pontianak\n",
            "jejak/singkawang\n",
            "a checkpoint of jejak/singkawang, not of jejak/pontianak",
        ),
        ("tlog-proof@v1", "tlog-proof@v2", "line 1"),
    ] {
        assert!(proof.contains(from), "{from}");
        write("altered", &proof.replacen(from, to, 1));
        fails(&office, &["check", "altered"], &["altered", named]);
    }
    write("altered", &proof[..proof.len() / 2]);
    fails(&office, &["check", "altered"], &["altered"]);
    for position in ["0", "58"] {
        fails(
            &office,
            &["prove", position],
            &[&format!(
                "position {position} is not signed; the tree has positions 1 to 57"
            )],
        );
    }
    // Older checkpoints: altered, of another log, and from a tree that was longer.
    write("altered", &checkpoint.replacen("\n57\n", "\n52\n", 1));
    fails(
        &office,
        &["verify", "--since", "altered"],
        &["FAILED  since: ", "does not fit the signature"],
    );
    let elsewhere = other
        .http
        .get("/log/checkpoint")
        .await
        .text()
        .await
        .unwrap();
    write("elsewhere", &elsewhere);
    fails(
        &office,
        &["verify", "--since", "elsewhere"],
        &["FAILED  since: ", "not signed by the key"],
    );
    assert_eq!(size_of(&elsewhere), Some(0));
    write(
        "elsewhere",
        &elsewhere.replacen("jejak/pontianak\n", "jejak/singkawang\n", 1),
    );
    fails(
        &office,
        &["verify", "--since", "elsewhere"],
        &["a checkpoint of jejak/singkawang, not of jejak/pontianak"],
    );
}

/// Files of the tree, and a view's file, altered behind the office's back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_were_altered_are_named() {
    let mut office = Office::up(true).await;
    signed(&office.http, LAST).await;
    let stored = audit(&office, &["replay"]).out;
    for (file, at, named) in [
        ("tile/0/000.p/57", 32 * 40, "tile/0/000.p/57"),
        ("tile/entries/000.p/57", 5_000, "tile/entries/000.p/57"),
    ] {
        let path = office.data().join("tree").join(file);
        let whole = fs::read(&path).unwrap();
        let mut altered = whole.clone();
        altered[at] ^= 1;
        for damaged in [altered, whole[..whole.len() - 1].to_vec(), vec![]] {
            fs::write(&path, &damaged).unwrap();
            fails(&office, &["verify"], &["FAILED  tree: ", named]);
        }
        fs::write(&path, &whole).unwrap();
        verify(&office);
    }
    let checkpoint = office.data().join("tree/checkpoint");
    let whole = fs::read_to_string(&checkpoint).unwrap();
    fs::write(&checkpoint, whole.replacen("\n57\n", "\n50\n", 1)).unwrap();
    fails(
        &office,
        &["verify"],
        &["tree/checkpoint of the signed tree is damaged"],
    );
    fs::write(&checkpoint, &whole).unwrap();
    verify(&office);
    // Only a mirror lacks the name of its log.
    let about = office.data().join("tree/log.json");
    let whole = fs::read(&about).unwrap();
    fs::remove_file(&about).unwrap();
    fails(
        &office,
        &["verify"],
        &[
            "FAILED  tree: ",
            "tree/log.json is missing",
            &format!("1 of {} checks failed", 5 + VIEWS.len()),
        ],
    );
    fs::write(&about, whole).unwrap();
    verify(&office);
    // A whole view that does not follow from this log: everyone in it is forgotten.
    office.terminate();
    let about: serde_json::Value =
        serde_json::from_slice(&fs::read(office.data().join("tree/log.json")).unwrap()).unwrap();
    let view = jejak_projections::view("contracts").unwrap();
    let file = office
        .data()
        .join(format!("views/contracts-v{}.redb", view.version()));
    fs::remove_file(&file).unwrap();
    let incarnation = about["incarnation"].as_str().unwrap();
    let no_keys: jejak_projections::CellKeys = std::sync::Arc::new(|_| None);
    let store = jejak_projections::Store::open(&file, view, incarnation, no_keys).unwrap();
    let events: Vec<_> = (1..)
        .zip(stored.lines())
        .map(|(position, line)| {
            let mut recorded = jejak_events::envelope::decode(position, line.as_bytes()).unwrap();
            recorded
                .open(|_| Some(jejak_events::personal::Key::Destroyed))
                .unwrap();
            recorded
        })
        .collect();
    assert_eq!(store.apply_batch(&events, true).unwrap(), LAST);
    drop(store);
    office.start_up(false);
    let named = [
        "FAILED  view contracts: its rows at position 57 are not those of a fresh one",
        "jejak rebuild contracts",
    ];
    fails(&office, &["verify"], &named);
    let rebuilt =
        jejak_rig::process::run(office.dir(), &["rebuild", "contracts", "--data", "data"]);
    assert!(rebuilt.0.success(), "{}", rebuilt.2);
    verify(&office);
}

/// The tree over HTTP: beyond its end there is nothing, and a file that is gone or cut short is a
/// fault of ours.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tile_beyond_the_tree_is_unknown_and_a_lost_one_is_a_fault() {
    let office = Office::up(true).await;
    let auditor = office.http_as("auditor-1", &["auditor"]);
    signed(&office.http, LAST).await;
    let answered = async |path: &str| {
        let answer = auditor.get(&format!("/log/{path}")).await;
        (
            answer.status().as_u16(),
            answer.bytes().await.unwrap().to_vec(),
        )
    };
    let problem =
        |body: &[u8]| serde_json::from_slice::<serde_json::Value>(body).unwrap()["code"].clone();
    for file in ["tile/0/000.p/57", "tile/entries/000.p/57"] {
        let path = office.data().join("tree").join(file);
        let whole = fs::read(&path).unwrap();
        assert_eq!(answered(file).await, (200, whole.clone()), "{file}");
        fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        let (status, body) = answered(file).await;
        assert_eq!(
            (status, problem(&body)),
            (500, json!("system.fault")),
            "{file} cut short"
        );
        fs::remove_file(&path).unwrap();
        let (status, body) = answered(file).await;
        assert_eq!(
            (status, problem(&body)),
            (500, json!("system.fault")),
            "{file} gone"
        );
        fs::write(&path, &whole).unwrap();
        assert_eq!(answered(file).await, (200, whole), "{file}");
    }
    for file in [
        "tile/0/000.p/58",
        "tile/0/001.p/1",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/9/000",
        "tile/0/0",
    ] {
        let (status, body) = answered(file).await;
        assert_eq!(
            (status, problem(&body)),
            (404, json!("tile.unknown")),
            "{file}"
        );
    }
}
