//! A real browser: Chromium without a window, driven through its driver.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
    time::Duration,
};

pub use fantoccini::key::Key;
use fantoccini::{
    Client, ClientBuilder, Locator, elements::Element, error::CmdError,
    wd::WebDriverCompatibleCommand,
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::process::Process;

/// The guidelines that pages hold to: WCAG 2.2, levels A and AA.
const GUIDELINES: [&str; 5] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/// The most looks at a page for a text, and the time between two.
const LOOKS: u32 = 200;
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The colours that the person's device asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// Dark letters on a light ground.
    Light,
    /// Light letters on a dark ground.
    Dark,
}

/// A running Chromium. It ends with its driver.
pub struct Chromium {
    /// What the browser is told.
    pub driver: Client,
    base: String,
    _driver_process: Process,
    _dir: tempfile::TempDir,
}

impl Chromium {
    /// A browser at the gateway with this address, in Indonesian.
    pub async fn open(base: &str) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder can be made");
        let arguments = ["--port=0"];
        let program = Path::new("chromedriver");
        let mut process = Process::start_program(program, dir.path(), "chromedriver", &arguments);
        let said = process.wait_for_line("ChromeDriver was started successfully on port ");
        let port = said.trim_end_matches('.');
        let Value::Object(wanted) = capabilities() else {
            unreachable!("it is an object")
        };
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let driver = builder.capabilities(wanted);
        let driver = driver.connect(&format!("http://127.0.0.1:{port}")).await;
        let driver = driver.expect("Chromium starts");
        let browser = Self {
            driver,
            base: base.to_owned(),
            _driver_process: process,
            _dir: dir,
        };
        browser.resize(1280, 900).await;
        browser
    }

    /// Gives the page this many pixels.
    pub async fn resize(&self, width: u32, height: u32) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.tell("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Asks for light or dark pages from now on.
    pub async fn choose(&self, colours: Colours) {
        let value = match colours {
            Colours::Light => "light",
            Colours::Dark => "dark",
        };
        let features = json!([{ "name": "prefers-color-scheme", "value": value }]);
        let media = json!({ "features": features });
        self.tell("Emulation.setEmulatedMedia", media).await;
    }

    /// Gives a command of the Chrome DevTools Protocol.
    async fn tell(&self, command: &str, arguments: Value) -> Value {
        let execute = OfChrome {
            path: "goog/cdp/execute",
            body: json!({ "cmd": command, "params": arguments }),
        };
        let told = self.driver.issue_cmd(execute).await;
        told.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Opens a page of the gateway.
    pub async fn goto(&self, path: &str) {
        let went = self.driver.goto(&format!("{}{path}", self.base)).await;
        went.unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    /// The path and the parameters of the page.
    pub async fn path(&self) -> String {
        let address = self.driver.current_url().await.expect("a page is open");
        let query = address.query().map(|query| format!("?{query}"));
        format!("{}{}", address.path(), query.unwrap_or_default())
    }

    /// The first element of a selector of CSS.
    pub async fn find(&self, selector: &str) -> Element {
        let found = self.driver.find(Locator::Css(selector)).await;
        match found {
            Ok(found) => found,
            Err(error) => panic!("{selector} on {}: {error}", self.path().await),
        }
    }

    /// The first element of a selector of CSS, once it is there.
    pub async fn wait_for(&self, selector: &str) -> Element {
        let found = self.driver.wait().for_element(Locator::Css(selector)).await;
        match found {
            Ok(found) => found,
            Err(error) => panic!("{selector} on {}: {error}", self.path().await),
        }
    }

    /// The first element of a selector of CSS, once it holds a text.
    pub async fn wait_for_text(&self, selector: &str, text: &str) -> Element {
        let quoted = text.replace('"', "\\\"");
        let script = format!(
            "return document.querySelector(arguments[0])?.innerText.includes(\"{quoted}\") ?? false"
        );
        self.wait_until(&format!("{selector} lacks {text}"), async |browser| {
            let answer = browser.execute(&script, vec![json!(selector)]).await;
            answer.is_ok_and(|answer| answer == json!(true))
        })
        .await;
        self.find(selector).await
    }

    /// Checks that no element has a selector of CSS.
    pub async fn has_no(&self, selector: &str) {
        let found = self.driver.find_all(Locator::Css(selector)).await;
        let found = found.unwrap_or_else(|error| panic!("{selector}: {error}"));
        assert!(found.is_empty(), "{selector} on {}", self.path().await);
    }

    /// Types into a field, in place of what stands there.
    pub async fn fill(&self, name: &str, text: &str) {
        let field = self.find(&format!("[name=\"{name}\"]")).await;
        let typed = async {
            field.clear().await?;
            field.send_keys(text).await
        };
        typed
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }

    /// Presses the first element of a selector, and waits for the page that it leads to.
    pub async fn follow(&self, selector: &str) {
        self.value_of("document.documentElement.dataset.left = '1'")
            .await;
        self.press(selector).await;
        let arrived =
            "return !document.documentElement.dataset.left && document.readyState === 'complete'";
        self.wait_until(&format!("{selector} led nowhere"), async |browser| {
            // While the browser goes from one page to the next, there is none to ask.
            let answer = browser.execute(arrived, vec![]).await;
            answer.is_ok_and(|answer| answer == json!(true))
        })
        .await;
    }

    /// Looks at the page until it is as wanted.
    async fn wait_until(&self, otherwise: &str, is_so: impl AsyncFn(&Client) -> bool) {
        let mut looks = 0;
        while !is_so(&self.driver).await {
            assert!(looks < LOOKS, "{otherwise} on {}", self.path().await);
            looks += 1;
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Presses the first element of a selector of this page.
    pub async fn press(&self, selector: &str) {
        let pressed = self.find(selector).await.click().await;
        pressed.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Presses keys where the focus is.
    pub async fn keys(&self, keys: &str) {
        let pressed = async { self.driver.active_element().await?.send_keys(keys).await };
        pressed
            .await
            .unwrap_or_else(|error| panic!("keys: {error}"));
    }

    /// Signs in on the page for it.
    pub async fn sign_in(&self, account: &str, password: &str) {
        self.goto("/masuk").await;
        self.fill("akun", account).await;
        self.fill("sandi", password).await;
        self.follow("main button").await;
        assert_eq!(self.path().await, "/", "{account} is signed in");
    }

    /// What a script returns.
    pub async fn value_of(&self, script: &str) -> Value {
        let answer = self.driver.execute(script, vec![]).await;
        answer.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// The ways in which the page breaks the guidelines, each with its places.
    pub async fn breaches(&self) -> Vec<String> {
        let run = "axe.run(document, {runOnly: arguments[0], resultTypes: ['violations']}).then(\
            result => arguments[1](result.violations.map(found => found.id + ': ' + found.help + ' ' + \
            found.nodes.slice(0, 3).map(node => node.html.slice(0, 160) + ' ' + \
            node.any.concat(node.all, node.none).map(check => check.message).join(' ')).join(' | '))), \
            error => arguments[1](['axe: ' + error]))";
        let found: Result<_, CmdError> = async {
            self.driver.execute(axe(), vec![]).await?;
            self.driver
                .execute_async(run, vec![json!(GUIDELINES)])
                .await
        }
        .await;
        let found = found.unwrap_or_else(|error| panic!("the guidelines: {error}"));
        let found = found.as_array().expect("they are a list").iter();
        found
            .map(|breach| breach.as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// By how many pixels the page is wider than its window.
    pub async fn sideways(&self) -> i64 {
        let script =
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        self.value_of(script).await.as_i64().unwrap_or_default()
    }

    /// What the browser complained of since the last question, such as a script that the policy forbids.
    pub async fn complaints(&self) -> Vec<String> {
        let ask = OfChrome {
            path: "se/log",
            body: json!({ "type": "browser" }),
        };
        let log = self.driver.issue_cmd(ask).await.expect("it keeps a log");
        let entries = log.as_array().expect("it is a list").iter();
        let complaints = entries.filter(|entry| entry["level"] != "INFO");
        complaints
            .map(|entry| entry["message"].to_string())
            .collect()
    }

    /// Keeps a picture of the whole page in `target/pages`.
    pub async fn picture(&self, name: &str) {
        let folder = target().join("pages");
        std::fs::create_dir_all(&folder).expect("the folder is writable");
        let height = self
            .value_of("return document.documentElement.scrollHeight")
            .await;
        let width = self.value_of("return window.innerWidth").await;
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": height, "scale": 1 });
        let picture = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let taken = self.tell("Page.captureScreenshot", picture).await;
        let taken = taken["data"].as_str().expect("it is text").to_owned();
        let png = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, taken);
        let png = png.expect("it is base64");
        std::fs::write(folder.join(format!("{name}.png")), png).expect("the folder is writable");
    }

    /// Ends the browser.
    pub async fn close(self) {
        self.driver.close().await.expect("Chromium ends");
    }
}

/// A command that Chromium's driver has beside the standard ones.
#[derive(Debug)]
struct OfChrome {
    /// The end of its address.
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for OfChrome {
    fn endpoint(
        &self,
        base: &reqwest::Url,
        session: Option<&str>,
    ) -> Result<reqwest::Url, <reqwest::Url as std::str::FromStr>::Err> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/{}", self.path))
    }

    fn method_and_body(&self, _: &reqwest::Url) -> (reqwest::Method, Option<String>) {
        (reqwest::Method::POST, Some(self.body.to_string()))
    }
}

fn capabilities() -> Value {
    // The last one ends the browser when its driver ends, in whatever way.
    let arguments = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--lang=id",
        "--remote-debugging-pipe",
    ];
    json!({
        "browserName": "chrome",
        "goog:chromeOptions": { "args": arguments },
        "goog:loggingPrefs": { "browser": "ALL" },
    })
}

/// The text of axe-core.
fn axe() -> &'static str {
    static AXE: OnceLock<String> = OnceLock::new();
    AXE.get_or_init(|| {
        let path = root().join(".tools/browser/node_modules/axe-core/axe.min.js");
        let read = std::fs::read_to_string(&path);
        read.unwrap_or_else(|error| {
            panic!("{}: {error}; run tests/browser/install", path.display())
        })
    })
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Cargo's folder for what is built.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
