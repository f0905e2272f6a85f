//! What is said on standard output.

use std::{
    io::{IsTerminal, Write},
    path::Path,
};

use crate::up::{Demo, Ready};

/// One line for whoever, or whatever, started us.
pub(crate) fn say(line: &str) {
    // A reader that went away does not need the line.
    let _ = writeln!(std::io::stdout(), "{line}");
}

pub(super) fn progress(position: u64, of: u64) {
    let end = if std::io::stdout().is_terminal() {
        '\r'
    } else {
        '\n'
    };
    let _ = write!(std::io::stdout(), "{position} of {of}{end}")
        .and_then(|()| std::io::stdout().flush());
}

/// An officer of the demonstration; another office has its own.
const OFFICER_OF_THE_DEMO: &str = "197701161997031006";

pub(super) fn greet(ready: &Ready, data: &Path) {
    match &ready.demo {
        Demo::None => {}
        Demo::Skipped => say("the log holds more than the demonstration: none of it is sent"),
        Demo::Loaded(played) => say(&format!(
            "the KAK of 2020 is loaded: {} steps accepted, {} refused as they must be",
            played.accepted, played.refused
        )),
    }
    say(&format!("jejak ready at {}", ready.base));
    say(&format!("  documentation: {}/docs", ready.base));
    say(&token_hint(&ready.demo, data));
}

/// The command that makes a token for an officer.
fn token_hint(demo: &Demo, data: &Path) -> String {
    let nip = match demo {
        Demo::Loaded(_) => OFFICER_OF_THE_DEMO,
        Demo::None | Demo::Skipped => "<NIP>",
    };
    format!(
        "  a token: jejak token issue --data {} --subject {nip} --role officer",
        data.display()
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::demo::Played;

    #[test]
    fn an_officer_is_named_where_the_demonstration_has_one() {
        let hint = |demo: &Demo| token_hint(demo, Path::new("office"));
        let played = Demo::Loaded(Played {
            saved: BTreeMap::new(),
            position: 1,
            accepted: 1,
            refused: 0,
        });
        assert!(hint(&played).contains("--data office --subject 197701161997031006 "));
        for demo in [Demo::None, Demo::Skipped] {
            assert!(hint(&demo).contains("--subject <NIP> "));
        }
    }
}
