//! Somebody at the bakery, in a browser.

use audit_tests::{Outcome, suite::bakery::shop::Shop};
use fantoccini::Locator;

use crate::{Result, chromium::Browser};

/// Somebody at the bakery, in a browser.
#[derive(Debug)]
pub struct Person {
    /// What they look at.
    pub browser: Browser,
    shop: String,
}

impl Person {
    /// Whoever logs in by that name.
    pub async fn log_in(shop: &Shop, username: &str) -> Result<Self> {
        let person = Self {
            browser: Browser::start().await?,
            shop: format!("http://{}", shop.address),
        };
        person.log_in_as(username).await?;
        Ok(person)
    }

    /// Logs in, with the password of that name.
    pub async fn log_in_as(&self, username: &str) -> Outcome {
        let account = bakery::ACCOUNTS.iter().find(|(name, ..)| *name == username);
        let (_, _, password) = account.ok_or("an account")?;
        // Who is not logged in is sent there.
        self.open("/audit").await?;
        self.browser.fill("User name", username).await?;
        self.browser.fill("Password", password).await?;
        self.browser.press("Log in").await?;
        assert_eq!(self.browser.text("h1").await?, "Cakes");
        Ok(())
    }

    /// Opens a page of the shop.
    pub async fn open(&self, path: &str) -> Outcome {
        self.browser.open(&format!("{}{path}", self.shop)).await
    }

    /// The path of the page with its query.
    pub async fn path(&self) -> Result<String> {
        let url = self.browser.client.current_url().await?;
        Ok(url.as_str().replacen(&self.shop, "", 1))
    }

    /// What people read in each of a list's rows.
    pub async fn rows(&self) -> Result<Vec<String>> {
        let rows = Locator::Css("table.list tbody tr");
        let mut texts = Vec::new();
        for row in self.browser.client.find_all(rows).await? {
            texts.push(row.text().await?);
        }
        Ok(texts)
    }

    /// Ticks the box of a row.
    pub async fn choose(&self, kind: &str, id: i64) -> Outcome {
        let tick = format!("[aria-label='Choose {kind} {id}']");
        Ok(self.browser.one(&tick).await?.click().await?)
    }
}
