//! Chromium without a window, driven over WebDriver.

use std::{env, path::Path, process::Stdio, time::Duration};

use fantoccini::{
    Client, ClientBuilder, Locator, elements::Element, wd::WebDriverCompatibleCommand,
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::sleep,
};
use url::{ParseError, Url};

use crate::Result;

/// Where the browser and its driver are; `scripts/browser` sets both.
const CHROMIUM: &str = "AUDIT_TEST_CHROMIUM";
const DRIVER: &str = "AUDIT_TEST_CHROMEDRIVER";

/// What keeps Chromium to itself, on a machine without a screen and as root.
const FLAGS: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    // It ends when its driver does, however that ends.
    "--remote-debugging-pipe",
];

/// Whether the tests know of a browser; what to do where they do not.
///
/// # Errors
/// What is missing, for people.
pub fn is_configured() -> std::result::Result<(), String> {
    for variable in [CHROMIUM, DRIVER] {
        if env::var_os(variable).is_none() {
            return Err(format!(
                "{variable} is not set. `. scripts/browser` sets {CHROMIUM} and {DRIVER}, and on Debian installs \
                 the packages chromium and chromium-driver."
            ));
        }
    }
    Ok(())
}

/// A person's choice of colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// A Chromium with a profile of its own.
#[derive(Debug)]
pub struct Browser {
    /// What drives it.
    pub client: Client,
    // Both end when dropped, and Chromium with the driver.
    _driver: Child,
    _output: Lines<BufReader<ChildStdout>>,
    folder: TempDir,
}

impl Browser {
    /// Starts it.
    pub async fn start() -> Result<Self> {
        let mut driver = Command::new(env::var(DRIVER)?)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = driver.stdout.take().ok_or("the driver's output")?;
        let mut output = BufReader::new(output).lines();
        let port = port(&mut output).await?;
        let folder = tempfile::tempdir()?;
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(folder.path())?)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await?;
        Ok(Self {
            client,
            _driver: driver,
            _output: output,
            folder,
        })
    }

    /// Where downloads arrive.
    #[must_use]
    pub fn downloads(&self) -> &Path {
        self.folder.path()
    }

    /// Opens a page.
    pub async fn open(&self, url: &str) -> Result<()> {
        Ok(self.client.goto(url).await?)
    }

    /// Has pages as wide as that, in these colours.
    pub async fn look(&self, width: u32, scheme: Scheme) -> Result<()> {
        let size =
            json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600});
        self.tell("Emulation.setDeviceMetricsOverride", size)
            .await?;
        let value = match scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        // Without motion, so that what is seen has its last colours.
        let features = json!({"features": [
            {"name": "prefers-color-scheme", "value": value},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]});
        self.tell("Emulation.setEmulatedMedia", features).await?;
        Ok(())
    }

    /// Runs a script on every page from now on, before anything of the page's own.
    pub async fn run_first(&self, script: &str) -> Result<()> {
        let script = json!({"source": script});
        self.tell("Page.addScriptToEvaluateOnNewDocument", script)
            .await?;
        Ok(())
    }

    /// Sends a command of Chromium's own protocol.
    pub async fn tell(&self, command: &str, parameters: Value) -> Result<Value> {
        let command = Told(json!({"cmd": command, "params": parameters}));
        Ok(self.client.issue_cmd(command).await?)
    }

    /// What a script on the page returns.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        Ok(self.client.execute(script, arguments).await?)
    }

    /// What a script on the page returns that may `await`.
    pub async fn run_async(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        let script = format!(
            "const done = [...arguments].pop(); (async () => {{ {script} }})().then(done, error => done(String(error)))"
        );
        Ok(self.client.execute_async(&script, arguments).await?)
    }

    /// The only element of that CSS selector.
    pub async fn one(&self, selector: &str) -> Result<Element> {
        let mut found = self.client.find_all(Locator::Css(selector)).await?;
        if let (Some(element), 0) = (found.pop(), found.len()) {
            return Ok(element);
        }
        let page = self.client.source().await?;
        Err(format!(
            "not one {selector}, but {} more than that in {page}",
            found.len()
        )
        .into())
    }

    /// What people read in the element of that CSS selector.
    pub async fn text(&self, selector: &str) -> Result<String> {
        Ok(self.one(selector).await?.text().await?)
    }

    /// Presses the first link or button whose text begins so, which leads to another page, and waits for that.
    pub async fn press(&self, text: &str) -> Result<()> {
        self.run("window.isLeft = true", vec![]).await?;
        self.click(text).await?;
        let is_there = "return !window.isLeft && document.readyState === 'complete'";
        for _ in 0..600 {
            // Between two pages there is nothing to run a script on.
            if self.run(is_there, vec![]).await.is_ok_and(|is| is == true) {
                return Ok(());
            }
            sleep(Duration::from_millis(50)).await;
        }
        Err(format!("“{text}” leads nowhere").into())
    }

    /// Clicks the first link or button whose text begins so.
    pub async fn click(&self, text: &str) -> Result<()> {
        let begins = format!("starts-with(normalize-space(), '{text}')");
        let path = format!("//a[{begins}] | //button[{begins}]");
        Ok(self
            .client
            .find(Locator::XPath(&path))
            .await?
            .click()
            .await?)
    }

    /// Types into, or chooses in, the field with that label.
    pub async fn fill(&self, label: &str, value: &str) -> Result<()> {
        let id = format!("//label[normalize-space()='{label}']");
        let label = self.client.find(Locator::XPath(&id)).await?;
        let field = match label.attr("for").await? {
            Some(id) => self.client.find(Locator::Id(&id)).await?,
            None => label.find(Locator::Css("input, textarea")).await?,
        };
        if field.tag_name().await? == "select" {
            return Ok(field.select_by_label(value).await?);
        }
        field.clear().await?;
        Ok(field.send_keys(value).await?)
    }

    /// Ends it.
    pub async fn close(self) -> Result<()> {
        Ok(self.client.close().await?)
    }
}

/// The port that the driver chose.
async fn port(output: &mut Lines<BufReader<ChildStdout>>) -> Result<u16> {
    while let Some(line) = output.next_line().await? {
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            return Ok(port.trim_end_matches('.').parse()?);
        }
    }
    Err("the driver did not start".into())
}

fn capabilities(folder: &Path) -> Result<serde_json::Map<String, Value>> {
    let mut flags: Vec<String> = FLAGS.map(str::to_owned).to_vec();
    flags.push(format!(
        "--user-data-dir={}",
        folder.join("profile").display()
    ));
    let options = json!({
        "args": flags,
        "binary": env::var(CHROMIUM)?,
        "prefs": {"download.default_directory": folder},
    });
    let capabilities = json!({
        "goog:chromeOptions": options,
        // A dialogue that nobody expects fails the next command.
        "unhandledPromptBehavior": "dismiss and notify",
        // A busy machine takes its time.
        "timeouts": {"script": 300_000},
    });
    Ok(serde_json::from_value(capabilities)?)
}

/// A command of Chromium's own protocol.
#[derive(Debug)]
struct Told(Value);

impl WebDriverCompatibleCommand for Told {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> std::result::Result<Url, ParseError> {
        base.join(&format!(
            "session/{}/goog/cdp/execute",
            session.unwrap_or_default()
        ))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.0.to_string()))
    }
}
